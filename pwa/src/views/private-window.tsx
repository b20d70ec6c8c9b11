import { t } from '../i18n';
import { isInstalled } from './installed';

/** Browsers do not tell a page that its window is private, so everybody in one is told beforehand. */
export function PrivateWindow() {
  if (isInstalled()) return null;
  return <p>{t('Do not use a private window: it forgets your diary when you close it.')}</p>;
}

import { catalogue, t } from '../i18n';
import { Notice } from './notice';

/** Only in a language whose words no clinician has checked: says so. */
export function NotReviewed() {
  if (catalogue.value.reviewed) return null;
  return (
    <Notice tone="attention">
      <p>{t('These words were translated from English. No clinician has checked them yet. If something is not clear, ask your clinic.')}</p>
    </Notice>
  );
}

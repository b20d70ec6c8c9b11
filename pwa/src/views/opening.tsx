import { t } from '../i18n';
import { Screen } from './screen';

/** While the store is read; mostly too short to be seen. */
export function Opening() {
  return <Screen title={t('Opening your diary…')} />;
}

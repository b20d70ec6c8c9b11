import { t } from '../i18n';
import { IntendedUse } from './intended-use';
import { LanguageRow } from './language-row';
import { Screen } from './screen';

/** What was agreed to at the start, to read again. */
export function About() {
  return (
    <Screen title={t('About this diary')}>
      <IntendedUse />
      <LanguageRow />
    </Screen>
  );
}

import { signal } from '@preact/signals';
import { t } from '../i18n';
import { Button } from './button';
import { IntendedUse } from './intended-use';
import { LanguageRow } from './language-row';
import { open } from './route';
import { Screen } from './screen';

/** Pressed in this visit; the clinic keeps it with the enrolment, which cannot happen without it. */
export const consented = signal(false);

export function Welcome() {
  return (
    <Screen
      title={t('Your pain diary around the injection')}
      actions={
        <Button
          onPress={() => {
            consented.value = true;
            open('enrol');
          }}
        >
          {t('I have read this and agree')}
        </Button>
      }
    >
      <LanguageRow />
      <IntendedUse />
    </Screen>
  );
}

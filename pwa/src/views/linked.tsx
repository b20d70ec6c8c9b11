import { t } from '../i18n';
import { useDiary } from '../state';
import { Button } from './button';
import { CallClinic } from './call-clinic';
import { isInstalled } from './installed';
import { replaceBy } from './route';
import { Screen } from './screen';

/** The check word: a wrong sheet is noticed here, before anything is entered. */
export function Linked() {
  const enrolment = useDiary().diary.enrolment.value;
  if (enrolment === null) return null;
  const { clinicName: clinic, checkWord } = enrolment;
  return (
    <Screen
      above={t('This phone is linked to {clinic}', { clinic })}
      title={t('Is this your check word?')}
      actions={
        <Button onPress={() => replaceBy(isInstalled() ? 'reminders' : 'install')}>
          {t('It is the same')}
        </Button>
      }
    >
      <div class="card">
        <p class="figure">{checkWord}</p>
      </div>
      <p>{t('Your clinic sees a word too. If theirs is different, you may hold another person’s sheet: tell them before you go on.')}</p>
      <CallClinic />
    </Screen>
  );
}

import { t } from '../i18n';
import { useDiary } from '../state';
import { Button } from './button';
import { Notice } from './notice';
import { replaceBy } from './route';
import { Screen } from './screen';

/** The way on for who cannot move the diary, after what it costs has been said. */
export function StayHere({ onBack }: { onBack: () => void }) {
  const { diary, actions } = useDiary();
  const stay = async () => {
    await actions.stayHere();
    replaceBy(diary.enrolment.value === null ? '' : 'reminders');
  };
  return (
    <Screen
      title={t('Keep the diary in this browser?')}
      actions={
        <>
          <Button look="secondary" onPress={stay}>
            {t('Keep it here')}
          </Button>
          <Button onPress={onBack}>{t('Show me the steps again')}</Button>
        </>
      }
    >
      <Notice tone="attention">
        <p>{t('Here this phone will not remind you. It may delete entries that wait too long to be sent.')}</p>
      </Notice>
      <p>{t('If you move the diary later, entries that were not sent stay behind.')}</p>
      <p>{t('Your clinic can help you with the steps.')}</p>
    </Screen>
  );
}

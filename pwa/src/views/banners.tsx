import { t, tn } from '../i18n';
import { useDiary } from '../state';
import { Button } from './button';
import { Notice } from './notice';
import { route, to } from './route';

/** What must be known on every screen: a wrong clock, a phone that lost its link. */
export function Banners() {
  const { diary, actions } = useDiary();
  const zone = diary.newZone.value;
  const off = diary.clockOffMinutes.value;
  const lost = diary.enrolment.value !== null && diary.sync.value.phase === 'not_enrolled';
  return (
    <>
      {off === null ? null : (
        <Notice tone="attention">
          <p>
            {off > 0
              ? tn('This phone’s clock is {count} minute fast.', 'This phone’s clock is {count} minutes fast.', off)
              : tn('This phone’s clock is {count} minute slow.', 'This phone’s clock is {count} minutes slow.', -off)}{' '}
            {t('Your entries still count. Please set the clock to automatic.')}
          </p>
        </Notice>
      )}
      {zone === null || diary.move.value || route.value.name !== '' || diary.due.value?.step === 'rate' ? null : (
        <Notice tone="attention">
          <p>
            {t('This phone’s clock is now that of {place}. Shall the daily reminders follow it?', {
              place: zone.replace(/.*\//, '').replace(/_/g, ' '),
            })}
          </p>
          <Button look="secondary" onPress={() => actions.followZone(true)}>
            {t('Yes, follow this phone')}
          </Button>
          <Button look="plain" onPress={() => actions.followZone(false)}>
            {t('No, stay as they are')}
          </Button>
        </Notice>
      )}
      {lost && route.value.name !== 'enrol' ? (
        <Notice tone="attention">
          <p>
            {t('This phone is no longer linked to your clinic. All you entered is kept here. Ask your clinic for a new code: {telephone}.', {
              telephone: diary.enrolment.value?.clinicTelephone ?? '',
            })}
          </p>
          <a href={to('enrol')}>{t('Enter a new code')}</a>
        </Notice>
      ) : null}
    </>
  );
}

import { dayAndClock, t } from '../i18n';
import { useDiary } from '../state';
import { ButtonLink } from './button';
import { onApple } from './this-browser';
import { Notice } from './notice';
import { Screen } from './screen';

/** What rings when reminders do not: said honestly for each kind of phone. */
export function Alarms() {
  const { diary } = useDiary();
  const now = diary.now.value;
  const toCome = diary.block.value?.assessments.filter(({ dueAt }) => dueAt > now) ?? [];
  return (
    <Screen title={t('If reminders fail')}>
      <p>{t('Reminders need internet, and some phones hold them back. Your entries do not need them: open the diary by yourself when it is time.')}</p>
      <section>
        <h2>{t('Backup alarms')}</h2>
        {toCome.length === 0 ? (
          <p>{t('Their times are known once your injection is done. Come back then.')}</p>
        ) : onApple() ? (
          <AppleAlarms />
        ) : (
          <>
            <p>{t('Calendars on this kind of phone mostly do not ring for a file like ours, so we offer none. Set alarms in your phone’s clock app for:')}</p>
            <ul class="plain">
              {toCome.map(({ id, dueAt }) => (
                <li key={id}>{dayAndClock(dueAt, now)}</li>
              ))}
            </ul>
            <p>{t('Try it: set one for the next minute and lock the phone. Did it ring?')}</p>
          </>
        )}
      </section>
      {onApple() ? null : <BatteryHelp />}
    </Screen>
  );
}

function AppleAlarms() {
  return (
    <>
      <ol class="steps">
        <li>{t('Tap the button. It needs internet once.')}</li>
        <li>{t('Tap “Add All” in the calendar that opens. If it asks, keep the alerts.')}</li>
        <li>{t('Open the first “Diary” event and look for its alert. If there is none, set alarms in the Clock app.')}</li>
      </ol>
      {navigator.onLine ? (
        <ButtonLink look="secondary" href="/alarms">
          {t('Add alarms to the calendar')}
        </ButtonLink>
      ) : (
        <Notice tone="attention">
          <p>{t('There is no internet right now. Come back when you have a signal.')}</p>
        </Notice>
      )}
      <p>{t('They ring also for what you have answered meanwhile. If your clinic changes the time of your injection, add them again. Later, delete the “Diary” events in your calendar.')}</p>
    </>
  );
}

/** Where makers hide it; the names differ from one version to the next. */
function BatteryHelp() {
  const makers: [string, string][] = [
    [t('Every phone'), t('Settings, Apps, your browser (such as Chrome), Battery: choose “Unrestricted”. Do the same for the diary, if it is listed.')],
    ['Samsung', t('Settings, Battery, Background usage limits, Never sleeping apps: add your browser and the diary.')],
    ['Xiaomi, Redmi, POCO', t('Settings, Apps, Manage apps, your browser: turn on Autostart, and choose “No restrictions” for the battery saver.')],
    ['Huawei, Honor', t('Settings, Battery, App launch, your browser: choose to manage it by hand, and turn on all three.')],
    ['OnePlus, Oppo, Realme', t('Settings, Apps, your browser, Battery usage: allow background activity and auto launch.')],
  ];
  return (
    <section>
      <h2>{t('If reminders come late')}</h2>
      <p>{t('Saving battery may hold them back. The names below differ from phone to phone.')}</p>
      <dl class="facts">
        {makers.map(([maker, where]) => (
          <>
            <dt>{maker}</dt>
            <dd>{where}</dd>
          </>
        ))}
      </dl>
    </section>
  );
}

import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { t } from '../i18n';
import { useDiary, type ReminderStatus } from '../state';
import { Button } from './button';
import { Notice } from './notice';
import { replaceBy, to } from './route';
import { Row } from './row';
import { Screen } from './screen';
import { isInstalled } from './installed';
import { onApple } from './this-browser';
import { TrialReminder } from './trial-reminder';

/** Explains before it asks, since a phone asks only once; then says what came of it. */
export function Reminders() {
  const { diary, actions } = useDiary();
  const status = diary.reminders.value;
  const mayAsk = status.phase === 'off' || status.phase === 'failed';
  const kept = diary.quietHours.value;
  const [[start, end], setQuiet] = useState(kept);
  const [problem, setProblem] = useState<string | null>(null);
  const done = async () => {
    if (!start || !end) return setProblem(t('Fill in both times.'));
    try {
      if (start !== kept[0] || end !== kept[1]) {
        await actions.setQuietHours(start, end);
      }
      replaceBy('');
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <Screen
      title={status.phase === 'on' ? t('Reminders are on') : t('Shall the diary remind you?')}
      actions={
        <>
          {mayAsk || status.phase === 'asking' ? (
            <Button onPress={() => actions.remindersOn()}>
              {status.phase === 'asking'
                ? t('Answer your phone’s question…')
                : status.phase === 'failed'
                  ? t('Try again')
                  : t('Turn on reminders')}
            </Button>
          ) : null}
          <Button look={mayAsk || status.phase === 'asking' ? 'plain' : 'primary'} onPress={done}>
            {status.phase === 'on' ? t('Done') : t('Go on without reminders')}
          </Button>
        </>
      }
    >
      <Outcome status={status} />
      <p>{t('They come every hour at first, then once a day. This is all they say:')}</p>
      <figure class="card message">
        <b>{t('Diary')}</b>
        <span>{t('Time for your entry.')}</span>
      </figure>
      {status.phase === 'on' ? <TrialReminder /> : null}
      {status.phase === 'on' ? (
        <fieldset class="field">
          <legend>{t('Quiet hours')}</legend>
          <p class="quiet">{t('In the first 8 hours every reminder rings. Later ones are silent between these times:')}</p>
          <label class="labelled">
            {t('From')}
            <input type="time" value={start} onInput={(event) => setQuiet([event.currentTarget.value, end])} />
          </label>
          <label class="labelled">
            {t('Until')}
            <input type="time" value={end} onInput={(event) => setQuiet([start, event.currentTarget.value])} />
          </label>
        </fieldset>
      ) : null}
      {problem === null ? null : (
        <Notice tone="danger">
          <p>{t('Not saved.')} {problem}</p>
        </Notice>
      )}
      <p class="quiet">{t('Reminders need internet. Your entries do not: without reminders, open the diary by yourself each hour.')}</p>
      <nav class="rows" aria-label={t('More')}>
        <Row href={to('alarms')}>{t('If reminders fail')}</Row>
      </nav>
    </Screen>
  );
}

function Outcome({ status }: { status: ReminderStatus }): ComponentChildren {
  switch (status.phase) {
    case 'on':
      return (
        <Notice tone="ok">
          <p>{t('This phone will remind you.')}</p>
        </Notice>
      );
    case 'denied':
      return (
        <Notice tone="attention">
          <p>{t('This phone does not allow notifications from the diary. Open your phone’s settings, find the diary or your browser under Notifications, allow them, and come back.')}</p>
        </Notice>
      );
    case 'unsupported':
      return (
        <Notice tone="attention">
          <p>
            {onApple() && !isInstalled()
              ? t('This phone reminds you only if the diary is on its home screen.')
              : t('This browser cannot remind you. Chrome or Firefox on this phone may.')}
          </p>
          {onApple() && !isInstalled() ? <a href={to('install')}>{t('Put it on the home screen')}</a> : null}
        </Notice>
      );
    case 'failed':
      return (
        <Notice tone="danger">
          <p>
            {t('Reminders could not be turned on.')} {status.message ?? t('Check the internet and try again.')}
          </p>
        </Notice>
      );
    case 'unknown':
    case 'off':
    case 'asking':
      return null;
  }
}

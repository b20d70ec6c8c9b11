import { useState } from 'preact/hooks';
import { dayAndClock, t } from '../i18n';
import { useDiary } from '../state';
import { announce } from './announce';
import { Button } from './button';
import { lastTime } from './clock-time';
import { useUnsaved } from './draft';
import { Home } from './home';
import { Notice } from './notice';
import { replaceBy } from './route';
import { Screen } from './screen';

/** Longer ago than this, the clinic has to set the time. */
const WITHIN_HOURS = 12;

/** "My injection is done": now or at a time, confirmed before it starts the clock of the diary. */
export function InjectionDone() {
  const { diary, actions } = useDiary();
  const now = diary.now.value;
  const [justNow, setJustNow] = useState<boolean | null>(null);
  const [clock, setClock] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  useUnsaved(justNow !== null);
  if (!diary.block.value || diary.block.value.performedAt !== null) return <Home />;
  const picked = justNow === false ? lastTime(clock, now, WITHIN_HOURS) : null;
  const choose = (value: boolean) => {
    setJustNow(value);
    setProblem(null);
  };
  const confirm = async () => {
    const performedAt = justNow ? Date.now() : picked;
    if (performedAt === null) {
      setProblem(
        justNow === null
          ? t('Choose when it was.')
          : t('Give a time in the last {hours} hours. If it was earlier, call your clinic.', {
              hours: WITHIN_HOURS,
            }),
      );
      return;
    }
    try {
      await actions.injectionDone(performedAt);
      announce(t('Noted: your injection is done.'));
      replaceBy('');
    } catch (error) {
      setProblem(`${t('Not saved.')} ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  return (
    <Screen
      title={t('When was your injection?')}
      actions={
        <Button onPress={confirm} busyWords={t('Saving…')}>
          {picked === null
            ? t('Confirm')
            : t('Confirm: {time}', { time: dayAndClock(picked, now) })}
        </Button>
      }
    >
      <fieldset class="choices">
        <legend class="unseen">{t('When was your injection?')}</legend>
        <label class="check">
          <input type="radio" name="when" checked={justNow === true} onChange={() => choose(true)} />
          <span>{t('Just now')}</span>
        </label>
        <label class="check">
          <input type="radio" name="when" checked={justNow === false} onChange={() => choose(false)} />
          <span>{t('At another time')}</span>
        </label>
        {justNow === false ? (
          <label class="labelled">
            {t('Time')}
            <input
              type="time"
              value={clock}
              onInput={(event) => {
                setClock(event.currentTarget.value);
                setProblem(null);
              }}
            />
          </label>
        ) : null}
      </fieldset>
      <p class="quiet">{t('If your clinic writes down another time, theirs counts.')}</p>
      {problem === null ? null : (
        <Notice tone="danger">
          <p>{problem}</p>
        </Notice>
      )}
    </Screen>
  );
}

import { useEffect, useState } from 'preact/hooks';
import { dayAndClock, fromNow, t } from '../i18n';
import { useDiary } from '../state';
import { announce } from './announce';
import { Button } from './button';
import { Home } from './home';
import { Icon } from './icon';
import { NotSaved } from './rating-form';
import { replaceBy, to } from './route';
import { Row } from './row';
import { Screen } from './screen';
import { scoreWords, stateWords } from './words';

const UNDO_SECONDS = 5;

/** What was kept and where it is now; for a few seconds, one tap takes it back. */
export function Saved({ about }: { about: string | null }) {
  const { diary, actions } = useDiary();
  const kept = diary.entries.value.find(({ entry }) => entry.id === about);
  const now = diary.now.value;
  const due = diary.due.value;
  const words = kept ? stateWords(kept, now) : null;
  const mayUndo = useSecondsPassed(UNDO_SECONDS) === false;
  const [failure, setFailure] = useState<string | null>(null);
  useEffect(() => {
    if (words !== null) announce(words);
  }, [words]);
  if (!kept || words === null) return <Home />;

  const undo = async () => {
    try {
      await actions.withdraw(kept.entry.id);
      announce(t('Taken back.'));
      replaceBy('');
    } catch (error) {
      setFailure(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <Screen
      above={
        <>
          <Icon name={kept.state === 'sent' ? 'tick' : kept.state === 'saved' ? 'phone' : 'attention'} />
          {t('Noted')}
        </>
      }
      title={words}
      large
      actions={
        <>
          {mayUndo && !kept.replaced && (kept.state === 'saved' || kept.state === 'sent') ? (
            <Button look="secondary" onPress={undo}>
              {t('Undo')}
            </Button>
          ) : null}
          <Button onPress={() => replaceBy('')}>{t('Done')}</Button>
        </>
      }
    >
      <div class="card settled">
        <p class="quiet">{t('Your answer')}</p>
        <p class="figure">{scoreWords(kept.entry)}</p>
        {kept.message === null ? null : <p dir="auto">{kept.message}</p>}
      </div>
      {due?.step === 'later' ? (
        <p>
          {t('Next: {time}, {ahead}.', {
            time: dayAndClock(due.next.dueAt, now),
            ahead: fromNow(due.next.dueAt, now),
          })}
        </p>
      ) : null}
      <nav class="rows" aria-label={t('More')}>
        <Row href={to('entries')}>{t('Correct it or take it back')}</Row>
      </nav>
      {failure === null ? null : <NotSaved why={failure} />}
    </Screen>
  );
}

function useSecondsPassed(seconds: number): boolean {
  const [passed, setPassed] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setPassed(true), seconds * 1000);
    return () => clearTimeout(timer);
  }, []);
  return passed;
}

import { useEffect, useRef, useState } from 'preact/hooks';
import { dayAndClock, t } from '../i18n';
import { useDiary } from '../state';
import { announce } from './announce';
import { Button, ButtonLink } from './button';
import { CallClinic } from './call-clinic';
import { withdrawnIds } from './entries';
import { Home } from './home';
import { Notice } from './notice';
import { NotSaved } from './rating-form';
import { to } from './route';
import { Screen } from './screen';
import { activityNames, afterEffectNames, kindWords, medicineWords, percentWords, scoreWords, stateWords } from './words';

/** One entry, to correct or to take back; what was refused says why. */
export function OneEntry({ about }: { about: string | null }) {
  const { diary, actions } = useDiary();
  const [asking, setAsking] = useState(false);
  const question = useRef<HTMLParagraphElement>(null);
  useEffect(() => {
    if (asking) question.current?.focus();
  }, [asking]);
  const [failure, setFailure] = useState<string | null>(null);
  const entries = diary.entries.value;
  const now = diary.now.value;
  const kept = entries.find(({ entry }) => entry.id === about);
  if (!kept) return <Home />;
  const { entry, state, replaced } = kept;
  const settled = !replaced && (state === 'saved' || state === 'sent');
  const takeBack = async () => {
    try {
      await actions.withdraw(entry.id);
      announce(t('Taken back.'));
      history.back();
    } catch (error) {
      setFailure(error instanceof Error ? error.message : String(error));
    }
  };
  const details: [string, string | null][] = [
    [t('Kind'), kindWords(entry)],
    [t('Doing'), entry.activities.length > 0 ? activityNames(entry.activities) : null],
    [t('Medicine'), entry.rescue_at === null ? null : medicineWords(entry.rescue_at, now)],
    [t('Relief as you put it'), entry.stated_percent === null ? null : percentWords(entry.stated_percent)],
    [t('Where the needle went in'), entry.after_effects.length > 0 ? afterEffectNames(entry.after_effects) : null],
    [t('Note'), entry.note],
    [t('Answered by'), entry.answered_by === 'helper' ? t('Someone else') : null],
    [t('Written'), dayAndClock(Date.parse(entry.recorded_at), now)],
    [t('Where it is'), stateWords(kept, now)],
  ];
  return (
    <Screen
      above={dayAndClock(Date.parse(entry.felt_at), now)}
      title={entry.kind === 'unable' ? scoreWords(entry) : t('Your pain: {score}', { score: scoreWords(entry) })}
      large
      crossedOut={replaced}
      actions={
        settled && !asking && entry.kind !== 'unable' ? (
          <ButtonLink look="secondary" href={to('correct', entry.id)}>
            {t('Correct it')}
          </ButtonLink>
        ) : null
      }
    >
      {replaced ? (
        <p>
          <b>{withdrawnIds(entries).has(entry.id) ? t('Taken back.') : t('Corrected by a later entry.')}</b>{' '}
          {t('It stays here, crossed out, and does not count.')}
        </p>
      ) : null}
      {state === 'conflict' || state === 'rejected' ? (
        <>
          <Notice tone="attention">
            <p dir="auto">{kept.message ?? t('Your clinic has another answer under the same number and must look at both.')}</p>
            <p>{t('Nothing is lost: it is kept on this phone.')}</p>
          </Notice>
          <CallClinic />
        </>
      ) : null}
      <dl class="details-list">
        {details.map(([name, value]) =>
          value === null ? null : (
            <div key={name}>
              <dt>{name}</dt>
              <dd dir="auto">{value}</dd>
            </div>
          ),
        )}
      </dl>
      {failure === null ? null : <NotSaved why={failure} />}
      {settled && !asking ? (
        <Button look="plain" onPress={() => setAsking(true)}>
          {t('Take it back')}
        </Button>
      ) : null}
      {settled && asking ? (
        <div class="ask">
          <p ref={question} tabIndex={-1}>
            {t('Take this entry back? It stays in the list, crossed out, and no longer counts.')}
          </p>
          <Button look="danger" onPress={takeBack}>
            {t('Yes, take it back')}
          </Button>
          <Button look="plain" onPress={() => setAsking(false)}>
            {t('No, keep it')}
          </Button>
        </div>
      ) : null}
    </Screen>
  );
}

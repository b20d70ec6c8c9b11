import { isWithdrawal } from '../domain/corrections';
import { clock, dayAndClock, fromNow, otherDay, t } from '../i18n';
import { useDiary } from '../state';
import { ButtonLink } from './button';
import { Cautions } from './cautions';
import { EntryRow } from './entry-row';
import { RemindersLine } from './reminders-line';
import { to } from './route';
import { Row } from './row';
import { Screen } from './screen';
import { SyncLine } from './sync-line';
import { addWords, afterInjection } from './words';

/** Nothing is open now: when the next one comes, what passed, and what was kept. */
export function Now() {
  const { diary } = useDiary();
  const due = diary.due.value;
  const now = diary.now.value;
  if (due?.step !== 'later') return null;
  const { next, missed } = due;
  const performedAt = diary.block.value?.performedAt ?? null;
  const last = diary.entries.value.find(
    ({ entry, replaced }) => !replaced && entry.kind !== 'baseline' && !isWithdrawal(entry),
  );
  const time = dayAndClock(next.dueAt, now);
  const ahead = fromNow(next.dueAt, now);
  return (
    <Screen
      above={missed ? afterInjection(missed, performedAt) : afterInjection(next, performedAt)}
      title={
        missed
          ? passedWords(missed.dueAt, now)
          : t('Next: {time}', { time })
      }
      large
      actions={
        <>
          {missed ? (
            <ButtonLink look="plain" href={to('memory', missed.id)}>
              {addWords(missed.dueAt, now)}
            </ButtonLink>
          ) : null}
          <ButtonLink look={missed ? 'primary' : 'secondary'} href={to('rate')}>
            {t('Rate now')}
          </ButtonLink>
        </>
      }
    >
      <p class="lead">{missed ? t('Next: {time}, {ahead}.', { time, ahead }) : ahead}</p>
      <p class="quiet">{t('You can rate at any time, above all when the pain changes.')}</p>
      {last ? (
        <section class="card">
          <h2>{t('Your last entry')}</h2>
          <EntryRow kept={last} now={now} />
        </section>
      ) : null}
      {next.daily ? null : (
        <section>
          <p>{t('Until then, do what usually brings on your pain: walk, stand, bend, twist, do chores.')}</p>
          <Cautions />
        </section>
      )}
      <nav class="rows" aria-label={t('More')}>
        <Row href={to('picture')}>{t('Your picture')}</Row>
        <RemindersLine status={diary.reminders.value} />
      </nav>
      <SyncLine unsentOnly={last !== undefined} />
    </Screen>
  );
}

function passedWords(at: number, now: number): string {
  const time = clock(at);
  const day = otherDay(at, now);
  return day === null
    ? t('{time} passed. How is it now?', { time })
    : t('{time} {day} passed. How is it now?', { day, time });
}

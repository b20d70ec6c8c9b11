import { dayAndClock, t } from '../i18n';
import type { KeptEntry } from '../state';
import { Icon } from './icon';
import { to } from './route';
import { activityNames, kindWords, medicineWords, scoreWords, stateWords } from './words';

/** One entry in a list, as a whole a link to it: when, how strong, where it is. */
export function EntryRow({ kept, now, takenBack = false }: { kept: KeptEntry; now: number; takenBack?: boolean }) {
  const { entry, state, replaced } = kept;
  const details = [
    kindWords(entry),
    entry.answered_by === 'helper' ? t('Answered by someone else') : null,
    entry.activities.length > 0 ? activityNames(entry.activities) : null,
    entry.rescue_at === null ? null : medicineWords(entry.rescue_at, now),
  ].filter(Boolean);
  return (
    <a class={replaced ? 'entry struck' : 'entry'} href={to('entry', entry.id)}>
      <span class="when">{dayAndClock(Date.parse(entry.felt_at), now)}</span>
      <Score crossedOut={replaced}>{scoreWords(entry)}</Score>
      <span class="details">
        {details.length > 0 ? <span>{details.join(' · ')}</span> : null}
        {entry.note === null ? null : <span class="note" dir="auto">{entry.note}</span>}
        {replaced ? <b>{takenBack ? t('Taken back') : t('Corrected')}</b> : null}
        <span class={`where ${state}`}>
          <Icon name={state === 'sent' ? 'tick' : state === 'saved' ? 'phone' : 'attention'} />
          {stateWords(kept, now)}
        </span>
      </span>
    </a>
  );
}

function Score({ crossedOut, children }: { crossedOut: boolean; children: string }) {
  return crossedOut ? <del class="score">{children}</del> : <span class="score">{children}</span>;
}

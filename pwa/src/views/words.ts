/** What the diary calls things, to a patient. */
import { clock, dayAndClock, digits, language, list, otherDay, t, tn } from '../i18n';
import type { AfterEffect, Assessment, Entry, KeptEntry } from '../state';

/** "1 hour after your injection": how a person tells one assessment from another. */
export function afterInjection(assessment: Assessment, performedAt: string | null): string {
  if (performedAt === null) return t('After your injection');
  const minutes = Math.round((assessment.dueAt - Date.parse(performedAt)) / 60_000);
  if (minutes < 60) {
    return tn('{count} minute after your injection', '{count} minutes after your injection', minutes);
  }
  const hours = Math.round(minutes / 60);
  if (!assessment.daily) {
    return tn('{count} hour after your injection', '{count} hours after your injection', hours);
  }
  const days = Math.max(1, Math.round(hours / 24));
  return tn('{count} day after your injection', '{count} days after your injection', days);
}

/** The name of a pain site; null for the only one of a block, which needs none. */
export function siteName(site: string): string | null {
  if (site === 'main') return null;
  if (site === 'left') return t('Left side');
  if (site === 'right') return t('Right side');
  return site;
}

/** "4", "Left side 4, Right side 2", or why there is none. */
export function scoreWords(entry: Entry): string {
  if (entry.unable_reason === 'asleep') return t('Asleep');
  if (entry.unable_reason === 'cannot_rate') return t('Could not rate');
  const scores = Object.entries(entry.scores)
    .map(([site, score]) => [siteName(site), digits(score)].filter(Boolean).join('\u00a0'));
  return list(scores);
}

/** Which kind of entry it is, where that is not plain from its time. */
export function kindWords(entry: Entry): string | null {
  if (entry.kind === 'baseline') return t('Before the injection');
  if (entry.kind === 'rating' && isFromMemory(entry)) return t('From memory');
  return null;
}

/** Where the entry is, and since when. */
export function stateWords(kept: KeptEntry, now: number): string {
  switch (kept.state) {
    case 'sent':
      return kept.receivedAt === null
        ? t('At your clinic')
        : t('At your clinic, {time}', { time: dayAndClock(Date.parse(kept.receivedAt), now) });
    case 'saved':
      return t('Saved on this phone, {time}', {
        time: dayAndClock(Date.parse(kept.entry.recorded_at), now),
      });
    case 'conflict':
      return t('At your clinic, to be checked');
    case 'rejected':
      return t('Kept on this phone; your clinic could not take it');
  }
}

/** The activities to choose from, as they are stored and as they are said. */
export function activities(): [id: string, name: string][] {
  return [
    ['walking', t('Walking')],
    ['standing', t('Standing')],
    ['bending', t('Bending')],
    ['twisting', t('Twisting')],
    ['chores', t('Chores')],
    ['sitting', t('Sitting')],
    ['resting', t('Resting')],
  ];
}

export function activityNames(ids: readonly string[]): string {
  const names = new Map(activities());
  return list(ids.map((id) => names.get(id) ?? id));
}

export function medicineWords(rescueAt: string, now: number): string {
  const at = Date.parse(rescueAt);
  const time = clock(at);
  const day = otherDay(at, now);
  return day === null
    ? t('Extra pain medicine at {time}', { time })
    : t('Extra pain medicine {day} at {time}', { day, time });
}

/** Asks about an earlier moment: one of another day is not taken for today's. */
export function painThenWords(at: number, now: number): string {
  const time = clock(at);
  const day = otherDay(at, now);
  return day === null
    ? t('How strong was your pain at {time}?', { time })
    : t('How strong was your pain {day} at {time}?', { day, time });
}

/** Offers to add a time that passed. */
export function addWords(at: number, now: number): string {
  const time = clock(at);
  const day = otherDay(at, now);
  return day === null
    ? t('Add {time} from memory', { time })
    : t('Add {day} at {time} from memory', { day, time });
}

/** What may be told of the injection's place, as it is stored and as it is said. */
export function afterEffects(): [id: AfterEffect, name: string][] {
  return [
    ['soreness', t('Soreness')],
    ['bleeding', t('Bleeding')],
    ['infection', t('Fever, redness, swelling or fluid')],
  ];
}

export function afterEffectNames(ids: readonly AfterEffect[]): string {
  const names = new Map(afterEffects());
  return ids.map((id) => names.get(id)).join(', ');
}

/** "80%", as the language writes it. */
export function percentWords(percent: number): string {
  return new Intl.NumberFormat(language.value, { style: 'percent' }).format(percent / 100);
}

function isFromMemory(entry: Entry): boolean {
  return Date.parse(entry.recorded_at) - Date.parse(entry.felt_at) > 5 * 60_000;
}

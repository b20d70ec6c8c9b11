/**
 * A rating that is being given: it outlives a look at another screen, and is cleared once it is
 * saved or when its score has grown too old to stand for "now".
 */
import { signal, type Signal } from '@preact/signals';
import { useLayoutEffect } from 'preact/hooks';
import { useDiary, type AfterEffect, type Entry, type Scores } from '../state';

export interface Draft {
  scores: Scores;
  /** When a score was last tapped, epoch ms. */
  tappedAt: number | null;
  activities: string[];
  /** Pain medicine beyond the regular. */
  tookMedicine: boolean;
  /** Its time as the clock shows it, "HH:MM"; '' until given. */
  medicineClock: string;
  note: string;
  /** Relief as the person puts it, 0-100; null when not said. */
  statedPercent: number | null;
  afterEffects: AfterEffect[];
  answeredBy: 'patient' | 'helper';
  /** Whether the person gave any of this here; else it came from the entry that is corrected. */
  given: boolean;
}

/** A score about "now" is forgotten after this long; older, it would answer another hour's question. */
const FRESH_MINUTES = 10;

const drafts = new Map<string, Signal<Draft>>();

/** The draft for a purpose, such as "now" or "correct <id>"; begun from an entry if one is given. */
export function draftFor(purpose: string, from?: Entry): Signal<Draft> {
  let draft = drafts.get(purpose);
  if (!draft) {
    draft = signal(begun(from));
    drafts.set(purpose, draft);
  }
  return draft;
}

export function discard(purpose: string): void {
  drafts.delete(purpose);
}

/** Keeps a new version of the app away while this screen or a draft holds what is not saved. */
export function useUnsaved(unsaved: boolean): void {
  const { actions } = useDiary();
  useLayoutEffect(() => {
    const inDrafts = () => [...drafts.values()].some(({ value }) => fresh(value, Date.now()).given);
    actions.answering(unsaved || inDrafts());
    return () => actions.answering(inDrafts());
  }, [unsaved]);
}

/** The same draft without scores that were tapped too long ago; what was written stays. */
export function fresh(draft: Draft, now: number): Draft {
  const stale = draft.tappedAt !== null && now - draft.tappedAt > FRESH_MINUTES * 60_000;
  return stale ? { ...draft, scores: {}, tappedAt: null, given: draft.note !== '' } : draft;
}

function begun(from?: Entry): Draft {
  return {
    scores: {},
    tappedAt: null,
    activities: from?.activities ?? [],
    tookMedicine: Boolean(from?.rescue_at),
    medicineClock: from?.rescue_at ? clockOf(new Date(from.rescue_at)) : '',
    note: from?.note ?? '',
    statedPercent: from?.stated_percent ?? null,
    afterEffects: from?.after_effects ?? [],
    answeredBy: from?.answered_by ?? 'patient',
    given: false,
  };
}

function clockOf(at: Date): string {
  return [at.getHours(), at.getMinutes()].map((part) => String(part).padStart(2, '0')).join(':');
}

import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { t } from '../i18n';
import { useDiary, type Entry, type KeptEntry } from '../state';
import { announce } from './announce';
import { AfterEffects } from './after-effects';
import { Button } from './button';
import { lastTime } from './clock-time';
import { discard, draftFor, fresh, useUnsaved, type Draft } from './draft';
import { MedicineField } from './medicine-field';
import { MoreFields } from './more-fields';
import { Notice } from './notice';
import { replaceBy } from './route';
import { Scale } from './scale';
import { Screen } from './screen';
import { SyncLine } from './sync-line';
import { siteName, stateWords } from './words';

interface Problems {
  /** Sites without a score. */
  sites: string[];
  medicine: string | null;
  /** Why it is not kept. */
  save: string | null;
}

const NONE: Problems = { sites: [], medicine: null, save: null };

/** Asks for a score of each pain site and keeps it: a rating now, from memory, a baseline, a correction. */
export function RatingForm(props: {
  /** Names the draft: two questions never share an answer. */
  purpose: string;
  kind: 'rating' | 'baseline';
  above?: string | undefined;
  title: string;
  question: string;
  /** The moment it is about, epoch ms; null means now. */
  feltAt: number | null;
  corrects?: Entry;
  /** Asked once a day: with a place to tell of after-effects. */
  daily?: boolean;
  /** Below the question. */
  children?: ComponentChildren;
  /** Below the fields. */
  after?: ComponentChildren;
}) {
  const { purpose, kind, feltAt, corrects } = props;
  const { diary, actions } = useDiary();
  const sites = diary.block.value?.sites ?? [];
  const now = diary.now.value;
  const held = draftFor(purpose, corrects);
  const draft = feltAt === null ? fresh(held.value, now) : held.value;
  const [problems, setProblems] = useState(NONE);
  const form = useRef<HTMLDivElement>(null);

  useUnsaved(draft.given);
  useLayoutEffect(() => holdInPlace(form.current?.querySelector('.answer')), []);

  const change = (changes: Partial<Draft>) => {
    held.value = { ...draft, ...changes, given: true };
    setProblems(NONE);
  };

  const show = (found: Problems) => {
    setProblems(found);
    requestAnimationFrame(() => {
      const first = form.current?.querySelector('.scale[aria-describedby] input, [aria-invalid=true]');
      if (first instanceof HTMLElement) first.focus();
    });
  };

  const save = async () => {
    const missing = sites.filter((site) => draft.scores[site] === undefined);
    const hours = kind === 'baseline' ? 6 : 24;
    const rescueAt = draft.tookMedicine ? lastTime(draft.medicineClock, Date.now(), hours) : null;
    const medicine = draft.tookMedicine && rescueAt === null ? medicineProblem(draft, kind) : null;
    if (missing.length > 0 || draft.tappedAt === null || medicine !== null) {
      show({ sites: missing, medicine, save: null });
      return;
    }
    try {
      const kept = await actions.save({
        kind,
        scores: draft.scores,
        tappedAt: draft.tappedAt,
        feltAt,
        activities: draft.activities,
        rescueAt,
        note: draft.note.trim() || null,
        statedPercent: draft.statedPercent,
        afterEffects: draft.afterEffects,
        answeredBy: draft.answeredBy,
        unableReason: null,
        replaces: corrects?.id ?? null,
      });
      finish(purpose, kept);
    } catch (error) {
      setProblems({ ...NONE, save: error instanceof Error ? error.message : String(error) });
    }
  };

  return (
    <div class="screen" ref={form}>
      <Screen
        above={props.above}
        title={props.title}
        actions={
          <Button onPress={save} busyWords={t('Saving…')}>
            {problems.save === null ? t('Save') : t('Try again to save')}
          </Button>
        }
      >
        <p class="question">{props.question}</p>
        {props.children}
        <div class="answer">
          {sites.map((site, place) => (
            <Scale
              key={site}
              name={`score-${place}`}
              site={siteName(site)}
              score={draft.scores[site]}
              missing={problems.sites.includes(site)}
              onTap={(score) =>
                change({ scores: { ...draft.scores, [site]: score }, tappedAt: Date.now() })
              }
            />
          ))}
          {kind === 'baseline' ? (
            <MedicineField
              question={t('I took extra pain medicine in the last 6 hours')}
              draft={draft}
              problem={problems.medicine}
              onChange={change}
            />
          ) : (
            <>
              {props.daily ? <AfterEffects draft={draft} onChange={change} /> : null}
              <MoreFields
                draft={draft}
                opened={corrects !== undefined || problems.medicine !== null}
                medicineProblem={problems.medicine}
                mayBeUnable={feltAt === null}
                withAfterEffects={!props.daily}
                onChange={change}
              />
            </>
          )}
          {props.after}
          <SyncLine unsentOnly />
          {problems.save === null ? null : <NotSaved why={problems.save} />}
        </div>
      </Screen>
    </div>
  );
}

/** The scale lies low; it stays under the thumb when lines below it come and go. */
function holdInPlace(answer: HTMLElement | null | undefined) {
  if (!answer) return;
  const hold = () => {
    answer.style.marginBlockStart = '';
    answer.style.marginBlockStart = getComputedStyle(answer).marginBlockStart;
  };
  hold();
  addEventListener('resize', hold);
  return () => removeEventListener('resize', hold);
}

/** The answer is on disk: forgets the draft, and shows what was kept. */
export function finish(purpose: string, kept: KeptEntry): void {
  discard(purpose);
  announce(stateWords(kept, Date.now()));
  replaceBy('saved', kept.entry.id);
}

/** Said in red, above the button that was pressed; the answer stays on the screen. */
export function NotSaved({ why }: { why: string }) {
  return (
    <Notice tone="danger">
      <p>
        <b>{t('Not saved.')}</b> {t('Your answer is still here.')} {why}
      </p>
    </Notice>
  );
}

function medicineProblem(draft: Draft, kind: 'rating' | 'baseline'): string {
  if (draft.medicineClock === '') return t('Give the time, or untick the medicine.');
  return kind === 'baseline'
    ? t('That is not in the last 6 hours. Correct the time, or untick the medicine.')
    : t('Give the time as hours and minutes.');
}

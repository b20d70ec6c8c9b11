/** Keeps the rating screen where the next start finds it before its first paint: see first/first.ts. */
import { effect } from '@preact/signals';
import type { RunningDiary } from './diary';
import { KEY, sketch, type FirstScreen } from './first/sketch';
import { catalogue } from './i18n';
import { draftFor } from './views/draft';
import { route } from './views/route';
import { afterInjection } from './views/words';

/** Leaves the screen to whoever opened it. */
const KEEP_AFTER_MILLISECONDS = 1000;
/** What may be another at the next start, and what is not seen before a press. */
const PASSING = '.notice, details > :not(summary), .point .icon';

/** @param root where the screens are shown */
export function keepFirstScreen(root: Element, { diary, toAsk }: RunningDiary): void {
  let kept: Partial<FirstScreen> = {};
  const keep = (changes: Partial<FirstScreen>): void => {
    kept = { ...kept, ...changes };
    unlessForbidden(() => localStorage.setItem(KEY, JSON.stringify(kept)));
  };
  unlessForbidden(() => Object.assign(kept, JSON.parse(localStorage.getItem(KEY) ?? '{}')));

  effect(() => {
    if (!diary.ready.value) return;
    const block = diary.block.value;
    if (!block || !diary.enrolment.value) return unlessForbidden(() => localStorage.removeItem(KEY));
    const { language: lang, dir } = catalogue.value;
    const of = [block.id, ...block.sites, lang].join();
    const windows: FirstScreen['windows'] = toAsk.value
      .filter(({ daily }) => !daily)
      .map((one) => [one.opensAt, one.closesAt, afterInjection(one, block.performedAt)]);
    keep({ of, lang, dir, windows, screen: kept.of === of ? (kept.screen ?? null) : null });
  });

  effect(() => {
    const due = diary.due.value;
    const isAsking = route.value.name === '' && due?.step === 'rate' && !due.assessment.daily;
    if (!isAsking || draftFor('now').value.given || kept.lang !== catalogue.value.language) return;
    const later = setTimeout(() => {
      const app = root.querySelector(':scope > :has(> .view-rate)');
      const isBegun = root.querySelector('input:checked, .problem, [role=alert], [open]');
      if (app && !isBegun) keep({ screen: sketch(app, PASSING) });
    }, KEEP_AFTER_MILLISECONDS);
    return () => clearTimeout(later);
  });
}

/** Without it the next start only shows the screen a moment later. */
function unlessForbidden(work: () => void): void {
  try {
    work();
  } catch {
    // cookies and site data are blocked, or the phone is full
  }
}

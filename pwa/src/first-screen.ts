/** Keeps the rating screen where the next start finds it before its first paint: see first/first.ts. */
import { effect } from '@preact/signals';
import type { RunningDiary } from './diary';
import type { Block } from './domain/block';
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
  effect(() => {
    if (!diary.ready.value) return;
    const block = diary.block.value;
    if (!block || !diary.enrolment.value) return void whereAllowed(() => localStorage.removeItem(KEY));
    const { language: lang, dir } = catalogue.value;
    const of = screenOf(block);
    const windows: FirstScreen['windows'] = toAsk.value
      .filter(({ daily }) => !daily)
      .map((one) => [one.opensAt, one.closesAt, afterInjection(one, block.performedAt)]);
    const before = kept();
    keep({ of, lang, dir, windows, screen: before?.of === of ? before.screen : null });
  });

  effect(() => {
    const due = diary.due.value;
    const isAsking = route.value.name === '' && due?.step === 'rate' && !due.assessment.daily;
    const block = diary.block.value;
    if (!isAsking || !block || draftFor('now').value.given) return;
    const of = screenOf(block);
    const later = setTimeout(() => {
      const app = root.querySelector(':scope > :has(> .view-rate)');
      const isBegun = root.querySelector('input:checked, .problem, [role=alert], [open]');
      const before = kept();
      if (app && !isBegun && before?.of === of) keep({ ...before, screen: sketch(app, PASSING) });
    }, KEEP_AFTER_MILLISECONDS);
    return () => clearTimeout(later);
  });
}

/** What a screen is kept for: never for another block, site or language than it shows. */
function screenOf({ id, sites }: Block): string {
  return [id, ...sites, catalogue.value.language].join();
}

/** As it is now: another page of this phone keeps it too. */
function kept(): FirstScreen | null | undefined {
  return whereAllowed(() => JSON.parse(localStorage.getItem(KEY) ?? 'null') as FirstScreen | null);
}

function keep(screen: FirstScreen): void {
  whereAllowed(() => localStorage.setItem(KEY, JSON.stringify(screen)));
}

/** Without it the next start only shows the screen a moment later. */
function whereAllowed<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined; // cookies and site data are blocked, the phone is full, or what is kept is spoilt
  }
}

/** Every screen by the name in its address. The gallery and the tests show what stands here. */
import type { ComponentType } from 'preact';
import { About } from './about';
import { Baseline } from './baseline';
import { Complete } from './complete';
import { Correct } from './correct';
import { Enrol } from './enrol';
import { Entries } from './entries';
import { OneEntry } from './one-entry';
import { Help } from './help';
import { InjectionDone } from './injection-done';
import { Install } from './install';
import { Language } from './language';
import { Linked } from './linked';
import { Memory } from './memory';
import { NoBlock } from './no-block';
import { Now } from './now';
import { Opening } from './opening';
import { Rate } from './rate';
import { Reminders } from './reminders';
import { Saved } from './saved';
import { StoreFailure } from './store-failure';
import { Unable } from './unable';
import { Waiting } from './waiting';
import { Welcome } from './welcome';

export type ScreenView = ComponentType<{ about: string | null }>;

export const screens = {
  opening: Opening,
  'store-failure': StoreFailure,
  welcome: Welcome,
  enrol: Enrol,
  linked: Linked,
  install: Install,
  reminders: Reminders,
  'no-block': NoBlock,
  baseline: Baseline,
  waiting: Waiting,
  'injection-done': InjectionDone,
  now: Now,
  rate: Rate,
  memory: Memory,
  unable: Unable,
  saved: Saved,
  entries: Entries,
  entry: OneEntry,
  correct: Correct,
  complete: Complete,
  help: Help,
  about: About,
  language: Language,
} satisfies Record<string, ScreenView>;

export type ScreenName = keyof typeof screens;

/** What an address may open before the phone is linked to a clinic. */
const OPEN_TO_ALL: ReadonlySet<string> = new Set(['enrol', 'help', 'about', 'language']);

/** What an address may open on a linked phone; the rest is shown by home when it is due. */
const OPEN_WHEN_LINKED: ReadonlySet<string> = new Set([
  'enrol', 'linked', 'install', 'reminders', 'baseline', 'injection-done', 'rate', 'memory',
  'unable', 'saved', 'entries', 'entry', 'correct', 'help', 'about', 'language',
]);

export function mayOpen(name: string, linked: boolean): name is ScreenName {
  return (linked ? OPEN_WHEN_LINKED : OPEN_TO_ALL).has(name);
}

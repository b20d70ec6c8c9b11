/** Every screen by the name in its address. The gallery and the tests show what stands here. */
import type { Move } from '../domain/browser';
import { Baseline } from './baseline';
import { Now } from './now';
import { NotHere } from './not-here';
import { Opening } from './opening';
import { Rate } from './rate';
import { Saved } from './saved';
import { second, type ScreenView } from './second';
import { StoreFailure } from './store-failure';
import { Welcome } from './welcome';

export const screens = {
  opening: Opening,
  'not-here': NotHere,
  'store-failure': StoreFailure,
  welcome: Welcome,
  enrol: second('Enrol'),
  linked: second('Linked'),
  leave: second('Leave'),
  install: second('Install'),
  reminders: second('Reminders'),
  'no-block': second('NoBlock'),
  baseline: Baseline,
  waiting: second('Waiting'),
  'injection-done': second('InjectionDone'),
  now: Now,
  rate: Rate,
  memory: second('Memory'),
  unable: second('Unable'),
  saved: Saved,
  entries: second('Entries'),
  entry: second('OneEntry'),
  correct: second('Correct'),
  picture: second('Picture'),
  'your-data': second('OwnData'),
  alarms: second('Alarms'),
  complete: second('Complete'),
  help: second('Help'),
  learn: second('Learn'),
  about: second('About'),
  language: second('Language'),
} satisfies Record<string, ScreenView>;

export type ScreenName = keyof typeof screens;

/** What an address may open before the phone is linked to a clinic. */
const OPEN_TO_ALL: ReadonlySet<string> = new Set(['enrol', 'help', 'learn', 'about', 'language']);

/** What an address may open on a linked phone; the rest is shown by home when it is due. */
const OPEN_WHEN_LINKED: ReadonlySet<string> = new Set([
  'enrol', 'linked', 'install', 'reminders', 'baseline', 'injection-done', 'rate', 'memory',
  'unable', 'saved', 'entries', 'entry', 'picture', 'your-data', 'alarms', 'correct', 'help',
  'learn', 'about', 'language',
]);

/** What would record something, or lead to it. */
const RECORDS: ReadonlySet<string> = new Set([
  'reminders', 'baseline', 'injection-done', 'rate', 'memory', 'unable', 'entry', 'correct',
]);

export function mayOpen(name: string, linked: boolean, move: Move): name is ScreenName {
  if (move && (RECORDS.has(name) || (name === 'enrol' && move !== 'install'))) return false;
  return (linked ? OPEN_WHEN_LINKED : OPEN_TO_ALL).has(name);
}

/** The screens without which a rating can be given: they come in a script of their own (see second.ts). */
export { About } from './about';
export { Alarms } from './alarms';
export { Complete } from './complete';
export { Entries } from './entries';
export { Help } from './help';
export { InjectionDone } from './injection-done';
export { Install } from './install';
export { Language } from './language';
export { Learn } from './learn';
export { Leave } from './leave';
export { Linked } from './linked';
export { NoBlock } from './no-block';
export { OneEntry } from './one-entry';
export { OwnData } from './own-data';
export { Picture } from './picture';
export { Reminders } from './reminders';
export { Unable } from './unable';

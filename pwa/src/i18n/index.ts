/**
 * The words on the phone. English is the source: a message's own text is its name in a catalogue.
 * Values stand in braces, so that a translation may put them where its language does.
 */

import { language } from './language';
import { digits } from './times';

export type Values = Record<string, string | number>;

const plurals = new Intl.PluralRules(language);

/** A message, with its {values} filled in; numbers take the reader's digits. */
export function t(message: string, values: Values = {}): string {
  return message.replace(/\{(\w+)\}/g, (brace, name: string) => {
    const value = values[name];
    return typeof value === 'number' ? digits(value) : (value ?? brace);
  });
}

/** A message that depends on a count, given as {count}: one form per plural of English. */
export function tn(one: string, other: string, count: number, values: Values = {}): string {
  return t(plurals.select(count) === 'one' ? one : other, { ...values, count });
}

export { language };
export { clock, dateAndClock, dayAndClock, digits, fromNow, weekday } from './times';

/**
 * The words on the phone. English is the source: a message's own text is its name in a catalogue.
 * Values stand in braces, so that a translation may put them where its language does.
 */
import { computed } from '@preact/signals';
import { catalogue, language } from './language';
import { digits } from './times';

export type Values = Record<string, string | number>;

const plurals = computed(() => new Intl.PluralRules(language.value));

/** A message, with its {values} filled in; numbers take the reader's digits. */
export function t(message: string, values: Values = {}): string {
  const words = catalogue.value.words[message];
  return filled(typeof words === 'string' ? words : message, values);
}

/** A message that depends on a count, given as {count}; other languages have more forms than two. */
export function tn(one: string, other: string, count: number, values: Values = {}): string {
  const forms = catalogue.value.words[one] ?? [one, other];
  const form = catalogue.value.plurals.indexOf(plurals.value.select(count));
  return filled(forms[form] ?? forms[forms.length - 1] ?? one, { ...values, count });
}

function filled(text: string, values: Values): string {
  return text.replace(/\{(\w+)\}/g, (brace, name: string) => {
    const value = values[name];
    if (value === undefined) return brace;
    if (typeof value === 'number') return digits(value);
    // What runs from left to right, such as a telephone number, keeps its own order.
    return catalogue.value.dir === 'rtl' ? `\u2068${value}\u2069` : value;
  });
}

export { catalogue, ENGLISH, language, type Catalogue } from './language';
export { clock, dateAndClock, dayAndClock, digits, fromNow, list, noticeZone, otherDay, weekday } from './times';

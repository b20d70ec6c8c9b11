/** Instants as people say them, by the conventions and in the time zone of this phone. */
import { computed } from '@preact/signals';
import { language } from './language';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** The app's words with this phone's customs: 24-hour clock, order of day and month, digits. */
const formats = computed(() => {
  const locale = customs(language.value, navigator.language);
  return {
    clock: new Intl.DateTimeFormat(locale, { timeStyle: 'short', ...hours() }),
    shortDay: new Intl.DateTimeFormat(locale, { weekday: 'short' }),
    full: new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeStyle: 'short', ...hours() }),
    weekday: new Intl.DateTimeFormat(locale, { weekday: 'long' }),
    date: new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'long' }),
    relative: new Intl.RelativeTimeFormat(locale, { numeric: 'always' }),
    day: new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }),
    number: new Intl.NumberFormat(locale),
    list: new Intl.ListFormat(locale, { type: 'unit', style: 'short' }),
  };
});

export function digits(value: number): string {
  return formats.value.number.format(value);
}

/** "Walking, Chores" */
export function list(items: readonly string[]): string {
  return formats.value.list.format(items);
}

/** "11:00" */
export function clock(at: number): string {
  return formats.value.clock.format(at);
}

/** "Wed" */
export function weekday(at: number): string {
  return formats.value.shortDay.format(at);
}

/** "2 March 2026 at 11:00" */
export function dateAndClock(at: number): string {
  return formats.value.full.format(at);
}

/** "11:00" today, else with the day: "yesterday 23:10", "Wednesday 09:00", "3 November 09:00". */
export function dayAndClock(at: number, now: number): string {
  const days = daysBetween(now, at);
  if (days === 0) return clock(at);
  if (Math.abs(days) === 1) return `${formats.value.day.format(days, 'day')} ${clock(at)}`;
  const day = days > 1 && days < 7 ? formats.value.weekday.format(at) : formats.value.date.format(at);
  return `${day} ${clock(at)}`;
}

/** "in 38 minutes", "in 2 hours", "in 3 days"; less than a minute ahead counts as one. */
export function fromNow(at: number, now: number): string {
  const { relative } = formats.value;
  const ahead = Math.max(at - now, MINUTE);
  if (ahead < 90 * MINUTE) return relative.format(Math.ceil(ahead / MINUTE), 'minute');
  if (ahead < 36 * HOUR) return relative.format(Math.round(ahead / HOUR), 'hour');
  return relative.format(daysBetween(now, at), 'day');
}

/** Calendar days from one instant to another, where the phone is; DST days count as one. */
function daysBetween(from: number, to: number): number {
  return Math.round((midnight(to) - midnight(from)) / (24 * HOUR));
}

function midnight(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0);
}

/** Hours to 12 or to 24, as this phone counts them whatever language is read here. */
function hours(): Intl.DateTimeFormatOptions {
  const format = new Intl.DateTimeFormat(known(navigator.language), { hour: 'numeric' });
  const { hourCycle } = format.resolvedOptions();
  return hourCycle ? { hourCycle } : {};
}

function customs(words: string, phone: string): string {
  const region = known(phone)?.maximize().region;
  return region ? `${words}-${region}` : words;
}

/** undefined for a phone that names its language in an unknown way, such as "C". */
function known(locale: string): Intl.Locale | undefined {
  try {
    return new Intl.Locale(locale);
  } catch {
    return undefined;
  }
}

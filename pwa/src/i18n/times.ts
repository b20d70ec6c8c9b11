/** Instants as people say them, by the conventions and in the time zone of this phone. */
import { computed, signal } from '@preact/signals';
import { language } from './language';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** In which zone times are shown; none: the one in which the app was opened. */
const timeZone = signal<string | undefined>(undefined);

/** The phone may have travelled: times are shown by its clock from now on. */
export function noticeZone(): void {
  timeZone.value = Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** The app's words with this phone's customs: 24-hour clock, order of day and month, digits. */
const locale = computed(() => customs(language.value, navigator.language));

const here = () => ({ timeZone: timeZone.value });

/** Made when first needed: a start on a slow phone waits for each. */
function format<T>(make: (locale: string) => T) {
  return computed(() => make(locale.value));
}

const formats = {
  clock: format((where) => new Intl.DateTimeFormat(where, { timeStyle: 'short', ...here(), ...hours() })),
  shortDay: format((where) => new Intl.DateTimeFormat(where, { weekday: 'short', ...here() })),
  full: format((where) => new Intl.DateTimeFormat(where, { dateStyle: 'long', timeStyle: 'short', ...here(), ...hours() })),
  weekday: format((where) => new Intl.DateTimeFormat(where, { weekday: 'long', ...here() })),
  date: format((where) => new Intl.DateTimeFormat(where, { day: 'numeric', month: 'long', ...here() })),
  relative: format((where) => new Intl.RelativeTimeFormat(where, { numeric: 'always' })),
  day: format((where) => new Intl.RelativeTimeFormat(where, { numeric: 'auto' })),
  number: format((where) => new Intl.NumberFormat(where)),
  list: format((where) => new Intl.ListFormat(where, { type: 'unit', style: 'short' })),
};

export function digits(value: number): string {
  return formats.number.value.format(value);
}

/** "Walking, Chores" */
export function list(items: readonly string[]): string {
  return formats.list.value.format(items);
}

/** "11:00" */
export function clock(at: number): string {
  return formats.clock.value.format(at);
}

/** "Wed" */
export function weekday(at: number): string {
  return formats.shortDay.value.format(at);
}

/** "2 March 2026 at 11:00" */
export function dateAndClock(at: number): string {
  return formats.full.value.format(at);
}

/** "11:00" today, else with the day: "yesterday 23:10", "Wednesday 09:00", "3 November 09:00". */
export function dayAndClock(at: number, now: number): string {
  const days = daysBetween(now, at);
  if (days === 0) return clock(at);
  if (Math.abs(days) === 1) return `${formats.day.value.format(days, 'day')} ${clock(at)}`;
  const day = days > 1 && days < 7 ? formats.weekday.value.format(at) : formats.date.value.format(at);
  return `${day} ${clock(at)}`;
}

/** "yesterday", "2 days ago"; null for today. */
export function otherDay(at: number, now: number): string | null {
  const days = daysBetween(now, at);
  return days === 0 ? null : formats.day.value.format(days, 'day');
}

/** "in 38 minutes", "in 2 hours", "in 3 days"; less than a minute ahead counts as one. */
export function fromNow(at: number, now: number): string {
  const relative = formats.relative.value;
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

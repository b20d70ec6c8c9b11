/** Instants as people say them, by the conventions and in the time zone of this phone. */
import { computed, signal } from '@preact/signals';
import { language } from './language';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const zoneHere = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;
const timeZone = signal(zoneHere());

/** The phone may have travelled: times are shown by its clock from now on. */
export function noticeZone(): void {
  timeZone.value = zoneHere();
}

/** The app's words with this phone's customs: 24-hour clock, order of day and month, digits. */
const formats = computed(() => {
  const locale = customs(language.value, navigator.language);
  const here = { timeZone: timeZone.value };
  return {
    clock: new Intl.DateTimeFormat(locale, { timeStyle: 'short', ...here, ...hours() }),
    shortDay: new Intl.DateTimeFormat(locale, { weekday: 'short', ...here }),
    full: new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeStyle: 'short', ...here, ...hours() }),
    weekday: new Intl.DateTimeFormat(locale, { weekday: 'long', ...here }),
    date: new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'long', ...here }),
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
  const { hourCycle } = new Intl.DateTimeFormat(navigator.language, { hour: 'numeric' }).resolvedOptions();
  return hourCycle ? { hourCycle } : {};
}

function customs(words: string, phone: string): string {
  try {
    const { region } = new Intl.Locale(phone).maximize();
    return region ? `${words}-${region}` : words;
  } catch {
    return words; // a phone that names its language in an unknown way
  }
}

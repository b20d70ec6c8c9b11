/** Instants as people say them, by the conventions and in the time zone of this phone. */
import { language } from './language';

/** The app's words with this phone's customs: 24-hour clock, order of day and month, digits. */
const locale = customs(language, navigator.language);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const clockFormat = new Intl.DateTimeFormat(locale, { timeStyle: 'short' });
const weekdayFormat = new Intl.DateTimeFormat(locale, { weekday: 'long' });
const shortDayFormat = new Intl.DateTimeFormat(locale, { weekday: 'short' });
const dateFormat = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'long' });
const fullFormat = new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeStyle: 'short' });
const relativeFormat = new Intl.RelativeTimeFormat(locale, { numeric: 'always' });
const dayFormat = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
const numberFormat = new Intl.NumberFormat(locale);

export function digits(value: number): string {
  return numberFormat.format(value);
}

/** "11:00" */
export function clock(at: number): string {
  return clockFormat.format(at);
}

/** "Wed" */
export function weekday(at: number): string {
  return shortDayFormat.format(at);
}

/** "2 March 2026 at 11:00" */
export function dateAndClock(at: number): string {
  return fullFormat.format(at);
}

/** "11:00" today, else with the day: "yesterday 23:10", "Wednesday 09:00", "3 November 09:00". */
export function dayAndClock(at: number, now: number): string {
  const days = daysBetween(now, at);
  if (days === 0) return clock(at);
  if (Math.abs(days) === 1) return `${dayFormat.format(days, 'day')} ${clock(at)}`;
  const day = days > 1 && days < 7 ? weekdayFormat.format(at) : dateFormat.format(at);
  return `${day} ${clock(at)}`;
}

/** "in 38 minutes", "in 2 hours", "in 3 days"; less than a minute ahead counts as one. */
export function fromNow(at: number, now: number): string {
  const ahead = Math.max(at - now, MINUTE);
  if (ahead < 90 * MINUTE) return relativeFormat.format(Math.ceil(ahead / MINUTE), 'minute');
  if (ahead < 36 * HOUR) return relativeFormat.format(Math.round(ahead / HOUR), 'hour');
  return relativeFormat.format(daysBetween(now, at), 'day');
}

/** Calendar days from one instant to another, where the phone is; DST days count as one. */
function daysBetween(from: number, to: number): number {
  return Math.round((midnight(to) - midnight(from)) / (24 * HOUR));
}

function midnight(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0);
}

function customs(words: string, phone: string): string {
  try {
    const { region } = new Intl.Locale(phone).maximize();
    return region ? `${words}-${region}` : words;
  } catch {
    return words; // a phone that names its language in an unknown way
  }
}

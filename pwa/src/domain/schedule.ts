/**
 * When each assessment of a block is due, and from when to when it can be answered.
 * The same rules as the server's; both run tests/vectors/schedule.json.
 * Source: report.md, Protocols and rule 12.
 */

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** One scheduled time point; it can be answered in [opensAt, closesAt). Epoch milliseconds. */
export interface Assessment {
  id: string;
  dueAt: number;
  opensAt: number;
  closesAt: number;
  daily: boolean;
  /** Answered to staff, who wrote it down: the phone has no entry of it. */
  told?: boolean | undefined;
}

/** As in a protocol: so many minutes after the block, or `day` local dates later at HH:MM. */
export type PlannedAssessment =
  | { id: string; after_minutes: number }
  | { id: string; day: number; at: string };

/**
 * The assessments of a block, in order of due time.
 *
 * A bound that falls between two milliseconds is given as the later one, which changes no
 * comparison with a stamp in milliseconds.
 *
 * @param performedAt t0, epoch milliseconds
 * @param timezone IANA name of the zone in which the daily assessments are asked
 * @throws RangeError a daily assessment would not be due after the block
 */
export function assessments(
  planned: readonly PlannedAssessment[],
  performedAt: number,
  timezone: string,
): Assessment[] {
  const due = planned
    .map((one) => {
      const daily = 'day' in one;
      const dueAt = daily
        ? dailyDue(one.day, one.at, performedAt, timezone)
        : performedAt + Math.round(one.after_minutes * 60e6) / 1000;
      if (dueAt <= performedAt) throw new RangeError(`${one.id} is due no later than the block`);
      return { id: one.id, dueAt, daily };
    })
    .sort((a, b) => a.dueAt - b.dueAt);
  return due.map(({ id, dueAt, daily }, place) => {
    let opensAt = dueAt - (daily ? 3 * 60 : 15) * MINUTE;
    let closesAt = dueAt + (daily ? 6 * 60 : 30) * MINUTE;
    const before = due[place - 1];
    const after = due[place + 1];
    if (before) opensAt = Math.max(opensAt, (before.dueAt + dueAt) / 2);
    if (after) closesAt = Math.min(closesAt, (dueAt + after.dueAt) / 2);
    return {
      id,
      dueAt: Math.ceil(dueAt),
      opensAt: Math.ceil(Math.max(opensAt, performedAt)),
      closesAt: Math.ceil(closesAt),
      daily,
    };
  });
}

function dailyDue(day: number, at: string, performedAt: number, timezone: string): number {
  const midnight = Math.floor(wallTime(performedAt, timezone) / DAY) * DAY;
  const [hours = 0, minutes = 0] = at.split(':').map(Number);
  return instantOf(midnight + day * DAY + (hours * 60 + minutes) * MINUTE, timezone);
}

/**
 * The instant at which clocks in a zone show a wall time. One that does not exist that night moves
 * forward by the gap; of one that occurs twice, the first: both are what the offset in force before
 * the change gives.
 */
function instantOf(wall: number, timezone: string): number {
  const [before, after] = [wall - DAY, wall + DAY].map(
    (near) => wall - (wallTime(near, timezone) - near),
  ) as [number, number];
  const shows = (instant: number) => wallTime(instant, timezone) === wall;
  return shows(before) || !shows(after) ? before : after;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** What clocks in a zone show at an instant, as if that were UTC: epoch milliseconds, whole seconds. */
export function wallTime(instant: number, timezone: string): number {
  let format = formats.get(timezone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: timezone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formats.set(timezone, format);
  }
  const at: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {};
  for (const { type, value } of format.formatToParts(instant)) at[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = at;
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/** Whether clocks show another time there; a zone that this phone does not know is no other. */
export function showsAnotherTime(zone: string, other: string, at: number): boolean {
  try {
    return wallTime(at, zone) !== wallTime(at, other);
  } catch {
    return false;
  }
}

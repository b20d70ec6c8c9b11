/**
 * The last instant at which a clock here showed "HH:MM", as epoch ms; null if that is longer ago
 * than `withinHours`, or the text is not a time. Where the clock was set back, the later of the two.
 */
export function lastTime(clock: string, now: number, withinHours: number): number | null {
  const [, hours, minutes] = /^(\d{1,2}):(\d{2})/.exec(clock) ?? [];
  if (hours === undefined || minutes === undefined) return null;
  const at = new Date(now);
  at.setHours(Number(hours), Number(minutes), 0, 0);
  if (at.getTime() > now) at.setDate(at.getDate() - 1);
  return now - at.getTime() <= withinHours * 3_600_000 ? at.getTime() : null;
}

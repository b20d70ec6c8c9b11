/**
 * The phone's clock against the server's. Differences are server minus phone, in seconds.
 * Source: design, "Time": a difference counts only beyond 60 s.
 */

export interface ClockMeasurement {
  differenceSeconds: number;
  /** By the phone's clock, epoch milliseconds. */
  measuredAt: number;
}

/** A measurement from one round trip: the server's stamp is taken to be of its middle. */
export function measureClock(
  sentAt: number,
  receivedAt: number,
  serverAt: number,
): ClockMeasurement {
  const middle = (sentAt + receivedAt) / 2;
  return { differenceSeconds: (serverAt - middle) / 1000, measuredAt: receivedAt };
}

/**
 * Milliseconds to add to a stamp of the phone to get the true instant: 0 without a measurement and
 * up to 60 s, which the round trip may explain.
 */
export function correctionOf(differenceSeconds: number | null): number {
  return differenceSeconds !== null && Math.abs(differenceSeconds) > 60
    ? Math.round(differenceSeconds * 1000)
    : 0;
}

/**
 * The same for the present. A measurement "made in the future" is not used: the clock was moved
 * back since.
 */
export function correctionNow(measurement: ClockMeasurement | null, now: number): number {
  return measurement && measurement.measuredAt <= now
    ? correctionOf(measurement.differenceSeconds)
    : 0;
}

/** Whole minutes by which the phone's clock is ahead (behind: negative); null up to 5 minutes. */
export function clockOffMinutes(measurement: ClockMeasurement | null, now: number): number | null {
  const off = -correctionNow(measurement, now);
  return Math.abs(off) > 5 * 60_000 ? Math.round(off / 60_000) : null;
}

const FIRST_SECONDS = 5;
const LONGEST_SECONDS = 300;

/**
 * How long to wait after so many failures in a row (1 or more), milliseconds: twice as long each
 * time up to five minutes, spread by a half either way so that phones do not come back together.
 *
 * @param random in [0, 1)
 */
export function retryDelay(failures: number, random: number): number {
  const seconds = Math.min(FIRST_SECONDS * 2 ** (failures - 1), LONGEST_SECONDS);
  return seconds * 1000 * (0.5 + random);
}

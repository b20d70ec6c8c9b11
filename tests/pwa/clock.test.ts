import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clockOffMinutes, correctionNow, correctionOf, measureClock } from '../../pwa/src/domain/clock';
import { MINUTE, T0 } from './builders';

const measured = (differenceSeconds: number) => ({ differenceSeconds, measuredAt: T0 });

test("the server's stamp is taken to be of the middle of the round trip", () => {
  assert.deepEqual(measureClock(T0, T0 + 400, T0 + 5200), {
    differenceSeconds: 5, measuredAt: T0 + 400,
  });
});

test('a difference counts only beyond 60 s', () => {
  assert.deepEqual([60, -60, 60.001, -61, 0].map(correctionOf), [0, 0, 60001, -61000, 0]);
  assert.equal(correctionOf(null), 0);
});

test('the clock is called wrong only beyond 5 minutes', () => {
  assert.equal(clockOffMinutes(null, T0), null);
  assert.equal(clockOffMinutes(measured(300), T0), null);
  assert.equal(clockOffMinutes(measured(300.001), T0), -5);
  assert.equal(clockOffMinutes(measured(-3600), T0), 60);
});

test('a measurement from the future is not used: the clock was moved back since', () => {
  assert.equal(correctionNow(measured(-3600), T0), -60 * MINUTE);
  assert.equal(correctionNow(measured(-3600), T0 - 1), 0);
});

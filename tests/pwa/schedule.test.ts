import { readFileSync } from 'node:fs';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assessments, type PlannedAssessment } from '../../pwa/src/domain/schedule';
import { HOUR, MINUTE, T0, at } from './builders';

declare const VECTORS: string; // their folder

const dueOf = (day: number, wall: string, performedAt: string, zone: string): string =>
  new Date(
    assessments([{ id: 'x', day, at: wall }], Date.parse(performedAt), zone)[0]!.dueAt,
  ).toISOString();

test('a window runs from 15 min before to 30 min after, a daily one from 3 h before to 6 h after', () => {
  const [hour, day] = assessments(
    [{ id: '2h', after_minutes: 120 }, { id: 'day1', day: 1, at: '18:00' }], T0, 'Etc/UTC',
  );
  assert.deepEqual(hour, {
    id: '2h', dueAt: at(120), opensAt: at(105), closesAt: at(150), daily: false,
  });
  const evening = Date.parse('2026-03-03T18:00:00Z');
  assert.deepEqual(day, {
    id: 'day1', dueAt: evening, opensAt: evening - 3 * HOUR, closesAt: evening + 6 * HOUR, daily: true,
  });
});

test('windows are clipped at the midpoints between neighbours and at the block', () => {
  const [first, second] = assessments(
    [{ id: 'b', after_minutes: 30 }, { id: 'a', after_minutes: 10 }], T0, 'Etc/UTC',
  );
  assert.deepEqual([first!.id, first!.opensAt, first!.closesAt], ['a', T0, at(20)]);
  assert.deepEqual([second!.id, second!.opensAt, second!.closesAt], ['b', at(20), at(60)]);
});

test('a bound between two milliseconds is the later one', () => {
  const [first] = assessments(
    [{ id: 'a', after_minutes: 10 }, { id: 'b', after_minutes: 20 }], T0 + 0.123, 'Etc/UTC',
  );
  assert.deepEqual(
    [first!.opensAt, first!.dueAt, first!.closesAt], [T0 + 1, at(10) + 1, at(15) + 1],
  );
  const tenth = assessments([{ id: 'a', after_minutes: 7.1 }], T0, 'Etc/UTC')[0]!;
  assert.equal(tenth.dueAt, T0 + 7.1 * MINUTE);
});

test('a daily time keeps to the clock on the wall when summer time begins', () => {
  assert.equal(dueOf(0, '18:00', '2026-03-07T15:00:00Z', 'America/New_York'), '2026-03-07T23:00:00.000Z');
  assert.equal(dueOf(1, '18:00', '2026-03-07T15:00:00Z', 'America/New_York'), '2026-03-08T22:00:00.000Z');
});

test('a wall-clock time that does not exist moves forward by the gap', () => {
  assert.equal(dueOf(1, '01:59', '2026-03-07T15:00:00Z', 'America/New_York'), '2026-03-08T06:59:00.000Z');
  assert.equal(dueOf(1, '02:30', '2026-03-07T15:00:00Z', 'America/New_York'), '2026-03-08T07:30:00.000Z');
  assert.equal(dueOf(1, '03:00', '2026-03-07T15:00:00Z', 'America/New_York'), '2026-03-08T07:00:00.000Z');
  assert.equal(dueOf(1, '02:15', '2026-10-03T03:00:00Z', 'Australia/Lord_Howe'), '2026-10-03T15:45:00.000Z');
});

test('a wall-clock time that occurs twice means the first', () => {
  assert.equal(dueOf(1, '00:59', '2026-10-31T15:00:00Z', 'America/New_York'), '2026-11-01T04:59:00.000Z');
  assert.equal(dueOf(1, '01:30', '2026-10-31T15:00:00Z', 'America/New_York'), '2026-11-01T05:30:00.000Z');
  assert.equal(dueOf(1, '02:00', '2026-10-31T15:00:00Z', 'America/New_York'), '2026-11-01T07:00:00.000Z');
});

test('a day that a zone skips is the next one', () => {
  assert.equal(dueOf(1, '18:00', '2011-12-29T20:00:00Z', 'Pacific/Apia'), '2011-12-31T04:00:00.000Z');
  assert.equal(dueOf(2, '18:00', '2011-12-29T20:00:00Z', 'Pacific/Apia'), '2011-12-31T04:00:00.000Z');
});

test('the day is counted from the local date of the block', () => {
  assert.equal(dueOf(1, '18:00', '2026-03-02T23:59:59Z', 'Asia/Tokyo'), '2026-03-04T09:00:00.000Z');
  assert.equal(dueOf(1, '18:00', '2026-03-02T14:59:59Z', 'Asia/Tokyo'), '2026-03-03T09:00:00.000Z');
  assert.equal(dueOf(0, '18:00', '2026-03-02T15:00:00Z', 'Asia/Tokyo'), '2026-03-03T09:00:00.000Z');
});

test('a daily assessment must be due after the block', () => {
  assert.equal(dueOf(0, '10:01', '2026-03-02T10:00:00Z', 'Etc/UTC'), '2026-03-02T10:01:00.000Z');
  assert.throws(() => dueOf(0, '10:00', '2026-03-02T10:00:00Z', 'Etc/UTC'), RangeError);
  assert.throws(() => dueOf(0, '09:59', '2026-03-02T10:00:00Z', 'Etc/UTC'), RangeError);
});

test('a protocol may be empty', () => {
  assert.deepEqual(assessments([], T0, 'Etc/UTC'), []);
});

interface Vector {
  name: string;
  protocol: 'standard' | { assessments: PlannedAssessment[] };
  performed_at: string;
  timezone: string;
  assessments: { id: string; due_at: string; opens_at: string; closes_at: string; daily: boolean }[];
}

const STANDARD: PlannedAssessment[] = [
  { id: '15min', after_minutes: 15 },
  { id: '30min', after_minutes: 30 },
  ...[1, 2, 3, 4, 5, 6, 7, 8, 12].map((hours) => ({ id: `${hours}h`, after_minutes: hours * 60 })),
  ...[1, 2, 3].map((day) => ({ id: `day${day}`, day, at: '18:00' })),
];

/** Epoch milliseconds with the microseconds as a fraction. */
function instant(text: string): number {
  const digits = /\.(\d+)/.exec(text)?.[1] ?? '';
  return Date.parse(text) + Number(digits.padEnd(6, '0').slice(3)) / 1000;
}

const vectors = JSON.parse(readFileSync(`${VECTORS}/schedule.json`, 'utf8')) as Vector[];

test('there are vectors that the server runs too', () => {
  assert.ok(vectors.length >= 40);
});

for (const vector of vectors) {
  test(`as on the server: ${vector.name}`, () => {
    const planned = vector.protocol === 'standard' ? STANDARD : vector.protocol.assessments;
    const expected = vector.assessments.map(({ id, due_at, opens_at, closes_at, daily }) => ({
      id,
      dueAt: Math.ceil(instant(due_at)),
      opensAt: Math.ceil(instant(opens_at)),
      closesAt: Math.ceil(instant(closes_at)),
      daily,
    }));
    assert.deepEqual(
      assessments(planned, instant(vector.performed_at), vector.timezone), expected,
    );
  });
}

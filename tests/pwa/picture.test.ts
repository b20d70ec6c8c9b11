import './browser';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { baselines, medicineTimes, moments, readings, runs } from '../../pwa/src/domain/picture';
import { axisOf, LEFT, RIGHT, y } from '../../pwa/src/views/axis';
import { at, block, entry, iso } from './builders';

const days = [1, 2, 3].map((day) => ({ id: `day${day}`, day, at: '09:00' }));
const minutesOf = (found: { at: number }[][]) =>
  found.map((run) => run.map((one) => (one.at - at(0)) / 60_000));

test('scores up to 90 minutes apart are joined, and not across a longer gap', () => {
  const given = readings(block(), [60, 150, 241, 242].map((minutes) => entry(minutes)));
  assert.deepEqual(minutesOf(runs('left', given, [])), [[60, 150], [241, 242]]);
});

test('medicine between two scores ends the line, from the first of them on', () => {
  const given = readings(block(), [60, 90, 120].map((minutes) => entry(minutes)));
  assert.deepEqual(minutesOf(runs('left', given, [at(90)])), [[60, 90], [120]]);
  assert.deepEqual(minutesOf(runs('left', given, [at(120)])), [[60, 90, 120]]);
});

test('what is from memory is marked and joined to nothing', () => {
  const given = readings(block(), [
    entry(60), entry(75, { felt_at: iso(at(69)) }), entry(80, { felt_at: iso(at(75)) }), entry(90),
  ]);
  assert.deepEqual(given.map(({ isRecalled }) => isRecalled), [false, true, false, false]);
  assert.deepEqual(minutesOf(runs('left', given, [])), [[60, 75, 90]]);
});

test('a site that was not scored has no point and no line through it', () => {
  const given = readings(block(), [entry(60), entry(90, { scores: { right: 4 } }), entry(120)]);
  assert.deepEqual(minutesOf(runs('left', given, [])), [[60, 120]]);
  assert.deepEqual(minutesOf(runs('right', given, [])), [[90]]);
});

test('corrected, taken back and unable entries are not in the picture', () => {
  const wrong = entry(60, { scores: { left: 9 } });
  const back = entry(90);
  const given = readings(block(), [
    wrong, entry(61, { felt_at: wrong.felt_at, replaces: wrong.id }), back,
    entry(91, { scores: {}, replaces: back.id }),
    entry(100, { kind: 'unable', scores: {}, unable_reason: 'asleep' }), entry(-10, { kind: 'baseline' }),
  ]);
  assert.deepEqual(given.map(({ scores }) => scores), [{ left: 3 }]);
});

test('the baseline is the last standing one, to 5 minutes after the block and 4 hours old', () => {
  const base = (minutes: number, left: number) =>
    entry(minutes, { kind: 'baseline', scores: { left } });
  assert.deepEqual(baselines(block(), [base(5, 8), base(-60, 6)]), { left: 8 });
  assert.deepEqual(baselines(block(), [base(6, 8), base(-60, 6)]), { left: 6 });
  assert.deepEqual(baselines(block(), [base(-240, 5)]), { left: 5 });
  assert.deepEqual(baselines(block(), [base(-241, 5)]), {});
});

test('a wrong clock that the phone knew of moves scores and medicine to their true times', () => {
  const slow = entry(30, { clock_difference_seconds: 1800, rescue_at: iso(at(10)) });
  assert.deepEqual(readings(block(), [slow]).map((one) => one.at), [at(60)]);
  assert.deepEqual(medicineTimes(block(), [slow]), [at(40)]);
});

test('the day lists what was given, what passed, what is open and what is to come', () => {
  const found = moments(block(), [entry(62), entry(75)], at(120));
  assert.deepEqual(found.map(({ kind }) => kind), ['scored', 'scored', 'open', 'to come']);
  assert.deepEqual(
    found.map((one) => (one.kind === 'scored' ? one.answers?.id : one.assessment.id)),
    ['1h', '1h', '2h', '4h'],
  );
  const later = moments(block(), [entry(100)], at(150));
  assert.deepEqual(later.map(({ kind }) => kind), ['passed', 'scored', 'passed', 'to come']);
  assert.equal(moments(block(), [entry(100, { felt_at: iso(at(60)) })], at(150))[0]!.kind, 'scored');
});

test('less pain lies lower, and time runs from the block to the last hour', () => {
  assert.ok(y(0) > y(10));
  const axis = axisOf(block(), [at(60)]);
  assert.deepEqual([axis.x(at(0)), axis.x(at(240)), axis.x(at(-1)), axis.x(at(241))], [LEFT, RIGHT, null, null]);
  assert.deepEqual([axis.parts.length, axis.days], [1, []]);
});

test('scores of the days after have a part of their own, and no line leads into it', () => {
  const long = block({ assessments: [...[60, 240].map((m) => ({ id: `${m}`, after_minutes: m })), ...days] });
  const axis = axisOf(long, [at(300), at(301), at(23 * 60)]);
  assert.equal(axis.parts.length, 2);
  assert.deepEqual([axis.crosses(at(300), at(301)), axis.crosses(at(60), at(300))], [true, false]);
  assert.equal(axis.days.length, 3);
  for (const moment of [at(0), at(300), at(301), at(23 * 60)]) {
    const x = axis.x(moment)!;
    assert.ok(LEFT <= x && x <= RIGHT, `${x}`);
  }
});

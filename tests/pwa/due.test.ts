import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blockOf, currentBlock, onPhoneClock } from '../../pwa/src/domain/block';
import { due, isAnswered } from '../../pwa/src/domain/due';
import { MINUTE, T0, at, block, entry, iso, planned, uuid } from './builders';

const MS = 1 / MINUTE;
const waiting = block({ performed_at: null, performed_at_source: null, sites: ['left', 'right'] });
const baseline = (minutes: number, scores = { left: 6, right: 5 }) =>
  entry(minutes, { kind: 'baseline', scores });
const step = (minutes: number, ...entries: Parameters<typeof due>[1]) =>
  due(block(), entries, at(minutes));
const summary = (found: ReturnType<typeof due>) =>
  found.step === 'rate' ? `rate ${found.assessment.id}`
    : found.step === 'later' ? `later ${found.next.id}, missed ${found.missed?.id ?? 'none'}`
      : found.step;

test('the baseline is asked until every site has one', () => {
  assert.equal(due(waiting, [], at(-30)).step, 'baseline');
  assert.equal(due(waiting, [baseline(-40, { left: 6 } as never)], at(-30)).step, 'baseline');
  const both = [baseline(-40, { left: 6 } as never), baseline(-35, { right: 5 } as never)];
  assert.equal(due(waiting, both, at(-30)).step, 'waiting');
});

test('a baseline is asked again once it is older than the protocol allows', () => {
  const given = [baseline(-300)];
  assert.equal(due(waiting, given, at(-60 - MS)).step, 'waiting');
  assert.equal(due(waiting, given, at(-60)).step, 'waiting');
  assert.equal(due(waiting, given, at(-60 + MS)).step, 'baseline');
});

test('a withdrawn baseline is asked again', () => {
  const given = baseline(-40);
  const withdrawn = entry(-39, { kind: 'baseline', scores: {}, replaces: given.id });
  assert.equal(due(waiting, [given, withdrawn], at(-30)).step, 'baseline');
});

test('a block that begins later waits until it has begun', () => {
  const given = [entry(-10, { kind: 'baseline' })];
  assert.equal(due(block(), given, T0 - 1).step, 'waiting');
  assert.equal(summary(due(block(), given, T0)), 'later 1h, missed none');
});

test('after the block the baseline is not asked any more', () => {
  assert.equal(summary(step(1)), 'later 1h, missed none');
});

test('an assessment is asked from its opening up to, not at, its close', () => {
  assert.equal(summary(step(45 - MS)), 'later 1h, missed none');
  assert.equal(summary(step(45)), 'rate 1h');
  assert.equal(summary(step(90 - MS)), 'rate 1h');
  assert.equal(summary(step(90)), 'later 2h, missed 1h');
  assert.equal(summary(step(105)), 'rate 2h');
});

test('an answered assessment is not asked, and not called missed', () => {
  assert.equal(summary(step(60, entry(50))), 'later 2h, missed none');
  assert.equal(summary(step(95, entry(50))), 'later 2h, missed none');
});

test('a rating answers exactly the window its moment is in', () => {
  const [first] = block().assessments;
  assert.ok(!isAnswered(first!, [entry(45 - MS)]));
  assert.ok(isAnswered(first!, [entry(45)]));
  assert.ok(isAnswered(first!, [entry(90 - MS)]));
  assert.ok(!isAnswered(first!, [entry(90)]));
});

test('only a standing rating with a score answers', () => {
  const [first] = block().assessments;
  const rated = entry(60);
  assert.ok(!isAnswered(first!, [entry(60, { kind: 'baseline' })]));
  assert.ok(!isAnswered(first!, [entry(60, { kind: 'unable', scores: {}, unable_reason: 'asleep' })]));
  assert.ok(!isAnswered(first!, [entry(60, { scores: {} })]));
  assert.ok(!isAnswered(first!, [rated, entry(61, { felt_at: rated.felt_at, scores: {}, replaces: rated.id })]));
  assert.ok(isAnswered(first!, [entry(60, { scores: { left: 0 } })]));
});

test('an entry from memory settles a missed assessment but answers no open one', () => {
  const recalled = entry(95, { felt_at: iso(at(60)) });
  assert.equal(summary(step(95, recalled)), 'later 2h, missed none');
  const early = entry(70, { felt_at: iso(at(60)) });
  assert.equal(summary(step(70, early)), 'rate 1h');
});

test('the diary is complete when the last window has closed or is answered', () => {
  assert.equal(summary(step(270 - MS)), 'rate 4h');
  assert.equal(summary(step(270)), 'complete');
  assert.equal(summary(step(240, entry(240))), 'complete');
  assert.equal(due(block({ assessments: [] }), [], at(1)).step, 'complete');
});

test('an entry made by a clock known to be wrong counts at its true time', () => {
  const [first] = block().assessments;
  const offBy = (seconds: number) => entry(120, { clock_difference_seconds: seconds });
  assert.ok(isAnswered(first!, [offBy(-3600)]));
  assert.ok(!isAnswered(first!, [offBy(null as never)]));
  const edge = (seconds: number) =>
    isAnswered(first!, [entry(90, { clock_difference_seconds: seconds })]);
  assert.ok(!edge(-60), 'up to 60 s is not corrected');
  assert.ok(edge(-61));
});

test("the phone's own time of the injection counts until the clinic has said one", () => {
  const done = {
    id: uuid(), block_id: 'block-1', performed_at: iso(at(5)), recorded_at: iso(at(6)),
    utc_offset_minutes: 0, zone: 'Etc/UTC', clock_difference_seconds: null, clock_measured_at: null,
  };
  const shown = (changes: Parameters<typeof planned>[0], ...said: (typeof done)[]) => {
    const found = blockOf(planned(changes), said);
    return [found.performedAt, found.performedAtSource];
  };
  const none = { performed_at: null, performed_at_source: null };
  assert.deepEqual(shown(none), [null, null]);
  assert.deepEqual(shown(none, done), [iso(at(5)), 'waiting']);
  assert.deepEqual(shown({}, done), [iso(T0), 'clinic']);
  assert.deepEqual(shown({ performed_at_source: 'phone' }, done), [iso(at(5)), 'waiting']);
  assert.deepEqual(shown(none, { ...done, block_id: 'another' }), [null, null]);
  const wrongClock = { ...done, clock_difference_seconds: -3600 };
  assert.deepEqual(shown(none, wrongClock), [iso(at(-55)), 'waiting']);
});

test('an assessment that cannot be placed does not take the others down', () => {
  const odd = block({
    timezone: 'Mars/Olympus',
    assessments: [{ id: '1h', after_minutes: 60 }, { id: 'day1', day: 1, at: '18:00' }],
  });
  assert.deepEqual(odd.assessments.map(({ id }) => id), ['1h']);
  const late = block({ assessments: [{ id: '1h', after_minutes: 60 }, { id: 'd', day: 0, at: '09:00' }] });
  assert.deepEqual(late.assessments.map(({ id }) => id), ['1h']);
});

test('the microseconds of a time count', () => {
  const [first] = block({ performed_at: '2026-03-02T10:00:00.000001Z' }).assessments;
  assert.equal(first!.opensAt, at(45) + 1);
});

test('the block is the latest whose day has come, else the next; never a cancelled one', () => {
  const now = Date.parse('2026-03-20T12:00:00Z');
  const none = { performed_at: null, performed_at_source: null };
  const first = planned({ id: 'first' });
  const second = planned({ id: 'second', number: 2, planned_on: '2026-03-20', ...none });
  const third = planned({ id: 'third', number: 3, planned_on: '2026-04-20', ...none });
  const chosen = (...blocks: (typeof first)[]) => currentBlock(blocks, now)?.id ?? null;
  assert.equal(chosen(), null);
  assert.equal(chosen(third, second, first), 'second');
  assert.equal(chosen(third, first), 'first');
  assert.equal(chosen(third), 'third');
  assert.equal(chosen(first, { ...second, cancelled: true }), 'first');
  assert.equal(chosen({ ...first, cancelled: true }), null);
});

test('a block shown by a wrong clock moves as a whole', () => {
  const moved = onPhoneClock(block(), 10 * MINUTE);
  assert.equal(moved.performedAt, iso(at(-10)));
  assert.equal(moved.assessments[0]!.dueAt, at(50));
  assert.equal(moved.assessments[0]!.closesAt, at(80));
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isMomentary, replacedIds } from '../../pwa/src/domain/corrections';
import type { Entry } from '../../pwa/src/domain/entry';
import { at, entry, iso } from './builders';

const SECOND = 1 / 60;
const momentary = (subject: Entry, ...others: Entry[]): boolean =>
  isMomentary(subject, new Map([subject, ...others].map((one) => [one.id, one])));

test('a corrected entry is replaced, and stays out when its correction is itself replaced', () => {
  const first = entry(60);
  const second = entry(61, { replaces: first.id });
  const third = entry(62, { replaces: second.id });
  assert.deepEqual(replacedIds([first, second]), new Set([first.id]));
  assert.deepEqual(replacedIds([third, first, second]), new Set([first.id, second.id]));
});

test('of two corrections of one entry the later stands, and the chain of the other falls with it', () => {
  const first = entry(60);
  const early = entry(61, { replaces: first.id });
  const earlyAgain = entry(70, { replaces: early.id });
  const late = entry(62, { replaces: first.id });
  const all = [first, early, earlyAgain, late];
  assert.deepEqual(replacedIds(all), new Set([first.id, early.id, earlyAgain.id]));
  assert.deepEqual(replacedIds(all.reverse()), new Set([first.id, early.id, earlyAgain.id]));
});

test('of two corrections recorded together the greater id stands', () => {
  const first = entry(60);
  const [a, b] = [entry(61, { replaces: first.id }), entry(61, { replaces: first.id })];
  assert.ok(a.id < b.id);
  assert.deepEqual(replacedIds([b, first, a]), new Set([first.id, a.id]));
});

test('a correction of an entry that is not on this phone stands', () => {
  assert.deepEqual(replacedIds([entry(60, { replaces: 'elsewhere' })]), new Set());
});

test('an entry is momentary up to 5 minutes from the moment it is about', () => {
  const felt = (minutes: number) => entry(60, { felt_at: iso(at(minutes)) });
  assert.ok(momentary(felt(55 + SECOND)));
  assert.ok(momentary(felt(55)));
  assert.ok(!momentary(felt(55 - SECOND)));
  assert.ok(momentary(felt(65)));
  assert.ok(!momentary(felt(65 + SECOND)));
});

test('a correction about the same moment within an hour is what the first entry was', () => {
  const first = entry(60);
  const correction = (minutes: number) =>
    entry(minutes, { felt_at: first.felt_at, replaces: first.id });
  assert.ok(momentary(correction(120 - SECOND), first));
  assert.ok(momentary(correction(120), first));
  assert.ok(!momentary(correction(120 + SECOND), first));
  const recalled = entry(90, { felt_at: iso(at(60)) });
  assert.ok(!momentary(entry(62, { felt_at: iso(at(60)), replaces: recalled.id }), recalled));
});

test('a correction that moves the moment is judged by its own stamps', () => {
  const first = entry(60);
  const moved = entry(70, { felt_at: iso(at(50)), replaces: first.id });
  assert.ok(!momentary(moved, first));
  assert.ok(momentary(entry(70, { replaces: first.id }), first));
});

test('a longer chain is judged by its first entry', () => {
  const first = entry(60);
  const second = entry(80, { felt_at: first.felt_at, replaces: first.id });
  const third = entry(119, { felt_at: first.felt_at, replaces: second.id });
  assert.ok(momentary(third, second, first));
});

import './browser';
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { catalogue, ENGLISH, t, tn, type Catalogue } from '../../pwa/src/i18n';
import { speaking } from '../../pwa/src/speaking';

const ARABIC: Catalogue = {
  language: 'ar', dir: 'rtl', scale: 'ltr', reviewed: false,
  plurals: ['zero', 'one', 'two', 'few', 'many', 'other'],
  words: { 'Call {clinic}': 'اتصل {clinic}', '{count} day': ['zero', 'one', 'two', 'few', 'many', 'other of {count}'] },
};
const ADDRESSES = { en: null, fr: '/words-fr.json', ar: '/words-ar.json' };
const PAGE = JSON.stringify({
  languages: Object.entries(ADDRESSES).map(([code, url]) => ({ code, name: code, url })),
  words: { Save: 'Save' },
});
const load = async (url: string): Promise<Catalogue> => ({ ...ARABIC, language: url.slice(7, 9) });
let kept: Map<string, string>;

beforeEach(() => {
  kept = new Map();
  const value = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, text: string) => void kept.set(key, text),
  };
  Object.defineProperty(globalThis, 'localStorage', { value, configurable: true });
});
afterEach(() => {
  catalogue.value = ENGLISH;
});

test('a message without a translation is its own English', () => {
  assert.equal(t('Call {clinic}', { clinic: 'Elm' }), 'Call Elm');
  assert.deepEqual([1, 2].map((days) => tn('{count} day', '{count} days', days)), ['1 day', '2 days']);
  catalogue.value = { ...ARABIC, words: {} };
  assert.equal(t('Save'), 'Save');
});

test('a count takes the form of its language, and its digits', () => {
  catalogue.value = ARABIC;
  const said = [0, 1, 2, 3, 11, 100].map((days) => tn('{count} day', '{count} days', days));
  const hundred = new Intl.NumberFormat('ar-GB').format(100);
  assert.deepEqual(said, ['zero', 'one', 'two', 'few', 'many', `other of ${hundred}`]);
});

test('from right to left, a value from outside keeps its own order', () => {
  catalogue.value = ARABIC;
  assert.equal(t('Call {clinic}', { clinic: '555-0100' }), 'اتصل \u2068555-0100\u2069');
});

test('the first start speaks the browser’s language, if there is one of its languages', async () => {
  for (const [preferred, expected] of [
    [['fr-CA', 'en'], 'fr'], [['pt-BR', 'ar-EG'], 'ar'], [['pt'], 'en'], [[], 'en'], [['en-GB', 'fr'], 'en'],
  ] as const) {
    kept.clear();
    await speaking(PAGE, preferred, load).speak(null);
    assert.equal(catalogue.value.language, expected, preferred.join());
  }
});

test('the next start speaks as the last did, before anything else is known', async () => {
  await speaking(PAGE, ['en'], load).speak('ar');
  await speaking(PAGE, ['en'], load).speak(null);
  assert.equal(catalogue.value.language, 'ar');
});

test('words that cannot be had leave the language as it is, and are asked for again', async () => {
  let fails = true;
  const { speak } = speaking(PAGE, ['en'], (url) => (fails ? Promise.reject(new Error('offline')) : load(url)));
  await speak('ar');
  assert.equal(catalogue.value.language, 'en');
  fails = false;
  await speak('ar');
  assert.equal(catalogue.value.language, 'ar');
  await speak('en');
  assert.equal(catalogue.value.words.Save, 'Save');
});

test('the language that was asked for last is spoken, in whichever order the words come', async () => {
  let arrive = (): void => {};
  const slow = new Promise<void>((resolve) => (arrive = resolve));
  const { speak } = speaking(PAGE, ['en'], async (url) => {
    if (url.includes('fr')) await slow;
    return load(url);
  });
  const french = speak('fr');
  await speak('ar');
  arrive();
  await french;
  assert.equal(catalogue.value.language, 'ar');
});

test('a language that this build does not have is the usual one', async () => {
  await speaking(PAGE, ['fr'], load).speak('xx');
  assert.equal(catalogue.value.language, 'fr');
});

test('where nothing may be remembered, or there is no room, it speaks all the same', async () => {
  const forbidden = { get: () => { throw new DOMException('', 'SecurityError'); }, configurable: true };
  Object.defineProperty(globalThis, 'localStorage', forbidden);
  await speaking(PAGE, ['fr-CA'], load).speak(null);
  assert.equal(catalogue.value.language, 'fr');
  const setItem = () => { throw new DOMException('', 'QuotaExceededError'); };
  Object.defineProperty(globalThis, 'localStorage', { value: { getItem: () => null, setItem }, configurable: true });
  await speaking(PAGE, [], load).speak('ar');
  assert.equal(catalogue.value.language, 'ar');
});

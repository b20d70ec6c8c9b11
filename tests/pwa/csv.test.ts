import assert from 'node:assert/strict';
import { test } from 'node:test';
import { csv } from '../../pwa/src/domain/csv';

test('a table is UTF-8 with a mark, a row per line, each line ended', () => {
  assert.equal(csv([['Time', 'Pain'], ['10:00', '4']]), '\ufeffTime,Pain\r\n10:00,4\r\n');
});

test('commas, quotes and line ends stay within their cell', () => {
  assert.equal(csv([['a,b', 'say "so"', 'one\ntwo', 'plain']]), '\ufeff"a,b","say ""so""","one\ntwo",plain\r\n');
});

test('a note that looks like a formula is text to a spreadsheet', () => {
  for (const note of ['=1+1', '+49', '-3', '@x', '\t=1']) {
    assert.equal(csv([[note]]), `\ufeff'${note}\r\n`);
  }
  assert.equal(csv([['=A1,"x"']]), '\ufeff"\'=A1,""x"""\r\n');
});

// SPDX-License-Identifier: Apache-2.0
// Text that comes out on terminals: what may be in it, in the world's scripts and against its tricks.

import { describe, expect, test } from 'vitest';
import { isName, isPlain, label, plainText } from '../../../base/label.ts';
import { limits } from '../../../base/limits.ts';

test.each(['cellar-1', 'Größe 3 ½', '变压器', 'می‌خواهم', 'ट्रांसफार्मर', '⚡️', ' '])(
  '"%s" is plain',
  (written) => {
    expect(isPlain(written)).toBe(true);
    expect(isName(written)).toBe(true);
  },
);

describe.each([
  ['an escape', '\u001b[2J'],
  ['a newline', 'a\nb'],
  ['a carriage return', 'a\rb'],
  ['a tab', 'a\tb'],
  ['a nul', 'a\0'],
  ['a delete', '\u007f'],
  ['a C1 control', '\u009b31m'],
  ['a line separator', 'a\u2028b'],
  ['a paragraph separator', 'a\u2029b'],
  ['an override of direction', '\u202egnp.exe'],
  ['an isolate', '\u2066a'],
  ['a mark of direction', 'a\u200f'],
])('%s', (_, written) => {
  test('is not plain', () => {
    expect(isPlain(written)).toBe(false);
    expect(label(100).read(written, 'x')).toMatchObject({ ok: false, code: 'form' });
    expect(plainText(100).read(written, 'x').ok).toBe(false);
  });
});

test('a label is not empty and not too long; plain text may be empty', () => {
  expect(label(3).read('', 'x').ok).toBe(false);
  expect(plainText(3).read('', 'x').ok).toBe(true);
  expect(label(3).read('abc', 'x').ok).toBe(true);
  expect(label(3).read('abcd', 'x').ok).toBe(false);
  expect(isName('a'.repeat(limits.nameMax))).toBe(true);
  expect(isName('a'.repeat(limits.nameMax + 1))).toBe(false);
});

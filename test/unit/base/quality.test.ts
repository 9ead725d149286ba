// SPDX-License-Identifier: Apache-2.0
// Quality codes: the signed numbers, their words, and OpenADR's words for them.

import { expect, test } from 'vitest';
import {
  hasValue,
  isQualityCode,
  openAdrQuality,
  quality,
  qualityCode,
  qualityName,
} from '../../../base/quality.ts';

test('the signed codes are these for ever', () => {
  const table = Object.values(quality).map((code) => [
    code,
    qualityName(code),
    hasValue(code),
    openAdrQuality(code),
  ]);
  expect(table).toEqual([
    [0, 'good', true, 'OK'],
    [1, 'after-bus-error', true, 'OK'],
    [2, 'out-of-range', true, 'BAD'],
    [3, 'spike', true, 'BAD'],
    [4, 'stale', true, 'BAD'],
    [5, 'device-flagged', true, 'BAD'],
    [6, 'inconsistent', true, 'BAD'],
    [7, 'unchecked', true, 'OK'],
    [16, 'time-out', false, 'MISSING'],
    [17, 'line-closed', false, 'MISSING'],
    [18, 'device-exception', false, 'MISSING'],
    [19, 'malformed-answer', false, 'MISSING'],
    [20, 'not-implemented', false, 'MISSING'],
    [21, 'not-a-number', false, 'MISSING'],
    [22, 'not-representable', false, 'MISSING'],
    [23, 'not-read', false, 'MISSING'],
  ]);
});

test('each word leads back to its code, no other word to any', () => {
  for (const code of Object.values(quality)) expect(qualityCode(qualityName(code))).toBe(code);
  expect(qualityCode('Good')).toBeUndefined();
  expect(qualityCode('toString')).toBeUndefined();
});

test.each([8, 15, 24, -1, 0.5, '0', null])('%j is no code', (value) => {
  expect(isQualityCode(value)).toBe(false);
});

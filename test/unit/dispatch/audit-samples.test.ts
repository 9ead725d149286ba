// SPDX-License-Identifier: Apache-2.0
// Samples of an audit: drawn where a summary counts readings, and judged by what is proven.

import { describe, expect, test } from 'vitest';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import type { Summary } from '../../../contracts/summary.ts';
import { drawInstant } from '../../../dispatch/audit/draw-samples.ts';
import { judgeSample, type Sample } from '../../../dispatch/audit/judge-sample.ts';
import { readingBundle, summaryBundle, trustedKeys } from '../chain/bundle-maker.ts';
import { schema, startMs } from '../chain/fixture.ts';

/** Of the reading in the bundle: 11 Wh at second 2. */
const summary: Summary = {
  kind: 'summary',
  device: schema.device,
  ...{ obis: '1-0:1.8.0*255', unit: 'Wh', exponent: 0 },
  ...{ windowStartMs: startMs, windowMs: 10_000, revision: 0, count: 3, expectedCount: 10 },
  missing: [],
  ...{ first: 10, last: 12, min: 10, max: 12, mean: 11, meanExponent: 0, delta: 2 },
  ...{ quality: 'validated', reason: '', screened: [0, 0, 0, 0], events: [], definition: 'm' },
};
const sample: Sample = { summaryId: '3-0', summary, timeMs: startMs + 2_500 };
const bundle = readingBundle();
const found = { kind: 'reading', bundle } as const;
const trusted = trustedKeys();

function judge(
  changed: Partial<Sample> = {},
  given: Parameters<typeof judgeSample>[2]['found'] = found,
) {
  return judgeSample(suite, { ...sample, ...changed }, { found: given, trusted });
}

describe('the instant', () => {
  const at = (missing: Summary['missing'], random: number) =>
    drawInstant({ ...summary, missing }, () => random) - startMs;

  test('lies in the window, after its first reading', () => {
    expect(at([], 0)).toBe(1_000);
    expect(at([], 0.999_9)).toBe(9_999);
  });

  test('lies where readings are counted, not where they are missing', () => {
    const missing: Summary['missing'] = [
      [startMs, startMs + 3_000],
      [startMs + 5_000, startMs + 9_000],
    ];
    for (let i = 0; i < 100; i++) {
      const ms = at(missing, i / 100);
      expect((ms >= 3_000 && ms < 5_000) || (ms >= 9_000 && ms < 10_000)).toBe(true);
    }
  });

  test('is the end of a window that counts nothing whole', () => {
    expect(at([[startMs, startMs + 10_000]], 0.5)).toBe(9_999);
  });
});

describe('a sample', () => {
  test('that is proven and within its summary is sound', () => {
    expect(judge()).toMatchObject({ status: 'sound', timeMs: startMs + 2_000 });
  });

  test('without an answer, or with the reason why there is none, says so', () => {
    const silent = judgeSample(suite, sample, { found: undefined, trusted });
    expect(silent).toMatchObject({ status: 'unanswered', detail: 'no answer in time' });
    const none = judge({}, { kind: 'none', reason: 'carried away' });
    expect(none).toEqual({ status: 'unanswered', detail: 'carried away' });
  });

  test('whose proof is none, is of something else, or was altered is invalid', () => {
    const of = (bytes: Uint8Array) => judge({}, { kind: 'reading', bundle: bytes }).status;
    expect(of(new Uint8Array([1]))).toBe('invalid');
    expect(of(summaryBundle())).toBe('invalid');
    expect(of(bundle.with(-9, (bundle.at(-9) as number) ^ 1))).toBe('invalid');
  });

  test('signed by keys that nobody trusts is told apart', () => {
    const { status } = judgeSample(suite, sample, { found, trusted: [] });
    expect(status).toBe('unknown-signer');
  });

  test.each<[string, Partial<Summary>, Partial<Sample>]>([
    ['another device', { device: 'another' }, {}],
    ['a register that it lacks', { obis: '1-0:2.8.0*255' }, {}],
    ['a value above the greatest', { max: 10 }, {}],
    ['a value below the least', { min: 12 }, {}],
    ['a reading from later', {}, { timeMs: startMs + 1_999 }],
    ['one that is too old', {}, { timeMs: startMs + 9_000 }],
  ])('of %s contradicts its summary', (_, changed, moved) => {
    const { status } = judge({ summary: { ...summary, ...changed }, ...moved });
    expect(status).toBe('contradicts');
  });

  test('may lie outside where the summary has screened some, and be old where it misses some', () => {
    const screened = { ...summary, max: 10, screened: [1, 0, 0, 0] } as const;
    expect(judge({ summary: screened }).status).toBe('sound');
    const missing: Summary['missing'] = [[startMs + 3_000, startMs + 9_000]];
    const late = { summary: { ...summary, missing }, timeMs: startMs + 9_000 };
    expect(judge(late).status).toBe('sound');
  });
});

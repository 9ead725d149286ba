// SPDX-License-Identifier: Apache-2.0
// Who rests after a fault, and for how long the line is silent: a late answer must find nobody whom
// it could pass for.

import { describe, expect, test } from 'vitest';
import { type Outcome, Silences } from '../../../../drivers/bus/silences.ts';

const settings = { gapMs: 4, settleMs: 1_000, deviceGapMs: 0 };
const outcome = (kind: Outcome['kind'], more: Partial<Outcome> = {}): Outcome => ({
  peer: 'unit 1',
  kind,
  atMs: 5_000,
  timeoutMs: 120,
  answerMs: 60,
  ...more,
});
const noted = (...outcomes: readonly Outcome[]) => {
  const silences = new Silences(settings);
  for (const one of outcomes) silences.noted(one);
  return silences;
};
const silent = (peer = 'unit 1') => outcome('silent', { peer });

test('after an answer nobody waits for more than the gap', () => {
  const silences = noted(outcome('answered'));
  expect(silences.silenceMs).toBe(4);
  expect(silences.restUntilMs('unit 1')).toBe(5_000);
});

test('a device that wishes it is left alone after each answer', () => {
  const silences = new Silences({ ...settings, deviceGapMs: 150 });
  silences.noted(outcome('answered'));
  expect(silences.restUntilMs('unit 1')).toBe(5_150);
  expect(silences.restUntilMs('unit 2')).toBe(0);
});

describe('a device that did not answer', () => {
  test('rests longer than any answer is late; the others as long as it was given', () => {
    const silences = noted(silent());
    expect(silences.restUntilMs('unit 1')).toBe(6_000);
    expect(silences.restUntilMs('unit 2')).toBe(0);
    expect(silences.silenceMs).toBe(120);
  });

  test('and never does costs the others nothing more', () => {
    expect(noted(silent(), silent(), silent()).silenceMs).toBe(4);
  });

  test('and was late once is waited for again', () => {
    const silences = noted(silent(), silent());
    silences.stray();
    silences.noted(silent());
    expect(silences.silenceMs).toBe(120);
    silences.noted(outcome('answered'));
    expect(silences.silenceMs).toBe(4);
  });

  test('and whose answer spoils that of another was late, too', () => {
    const spoilt = outcome('bad', { peer: 'unit 2' });
    expect(noted(silent(), silent(), spoilt, silent()).silenceMs).toBe(120);
  });
});

test('after something that is no answer all wait for the buffers, its device for the true one', () => {
  const silences = noted(outcome('bad'));
  expect(silences.silenceMs).toBe(50);
  expect(silences.restUntilMs('unit 1')).toBe(5_180);
  expect(silences.restUntilMs('unit 2')).toBe(0);
});

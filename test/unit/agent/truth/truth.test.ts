// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Truth } from '../../../../agent/truth/truth.ts';
import { quality } from '../../../../base/quality.ts';
import type { DeviceValue, ReadValue } from '../../../../drivers/device.ts';
import { measurands } from '../../../../drivers/measurand.ts';
import { contradictions } from '../../../../drivers/physics.ts';

const names = ['voltageL1', 'currentL1', 'activePowerL1', 'activePower', 'powerFactor'] as const;
const values: readonly DeviceValue[] = names.map((name) => ({
  ...measurands[name],
  register: name,
  min: null,
  max: null,
  maxStepPerSecond: null,
}));

/** V, A, W, W, factor. */
function reading(amounts: readonly number[]): readonly ReadValue[] {
  return amounts.map((amount, i) => ({
    mantissa: Math.round(amount / 10 ** (values[i]?.exponent ?? 0)),
    quality: quality.good,
  }));
}

const sound = reading([230.1, 4.35, 951, 951, 0.95]);

describe('what the values of one reading say of each other', () => {
  it('finds nothing in any reading that is physically so', () => {
    const volts = fc.double({ min: 200, max: 260, noNaN: true });
    const amperes = fc.double({ min: 0, max: 100, noNaN: true });
    const factor = fc.double({ min: -1, max: 1, noNaN: true });
    fc.assert(
      fc.property(volts, amperes, factor, (u, i, pf) => {
        const watts = u * i * pf;
        expect([...contradictions(values, reading([u, i, watts, watts, pf]))]).toEqual([]);
      }),
      { seed: 7, numRuns: 500 },
    );
  });

  it.each([
    ['a power that volts and amperes do not make', [230, 4, 2_000, 2_000, 0.9], [0, 1, 2, 3, 4]],
    ['a total that is not the sum of the phases', [230, 10, 2_000, 900, 0.9], [2, 3]],
    ['a power factor above one', [230, 10, 2_200, 2_200, 9.5], [4]],
    ['a power that the factor forbids', [230, 10, 2_200, 2_200, 0.1], [3, 4]],
    ['kilowatts that were read as watts', [230, 10, 2.2, 2.2, 0.96], [3, 4]],
  ])('names %s', (_, amounts, places) => {
    expect([...contradictions(values, reading(amounts))].toSorted()).toEqual(places);
  });

  it('judges nothing from what was not read', () => {
    const silent = values.map(() => ({ mantissa: null, quality: quality.timeOut }) as const);
    expect([...contradictions(values, silent)]).toEqual([]);
  });
});

describe('marks on values', () => {
  it('come with the third contradictory reading in a row, and go with a sound one', () => {
    const truth = new Truth(values);
    const wrong = reading([230, 4, 2_000, 2_000, 0.9]);
    const codes = [wrong, wrong, wrong, sound, wrong].map(
      (one, i) => truth.judge(one, i * 1_000)[2]?.quality,
    );
    const { good, inconsistent } = quality;
    expect(codes).toEqual([good, good, inconsistent, good, good]);
  });

  it('never alter a value, and never better the word of the driver', () => {
    const truth = new Truth(values);
    const flagged = reading([230, 4, 2_000, 2_000, 0.9]).map((value) => ({
      ...value,
      quality: quality.outOfRange,
    })) as readonly ReadValue[];
    for (let i = 0; i < 5; i++) expect(truth.judge(flagged, i)).toEqual(flagged);
  });

  it('call values stale that have stood still for ten minutes under voltage', () => {
    const truth = new Truth(values);
    const codeAt = (seconds: number) => truth.judge(sound, seconds * 1_000)[0]?.quality;
    for (let seconds = 0; seconds < 600; seconds += 10) expect(codeAt(seconds)).toBe(quality.good);
    expect(codeAt(600)).toBe(quality.stale);
    expect(truth.judge(reading([230.2, 4.35, 951, 951, 0.95]), 601_000)[0]?.quality).toBe(
      quality.good,
    );
  });

  it('leave a meter without voltage alone', () => {
    const truth = new Truth(values);
    const off = reading([0, 0, 0, 0, 0]);
    for (let seconds = 0; seconds < 2_000; seconds += 10) {
      expect(truth.judge(off, seconds * 1_000)[0]?.quality).toBe(quality.good);
    }
  });
});

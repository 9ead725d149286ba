// SPDX-License-Identifier: Apache-2.0
// Usage against a slow twin: whatever windows are there, every one of the stretch is counted once or
// named, and the total is the plain sum.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { billed, Usage, type UsageWindow } from '../../../contracts/usage.ts';

const windowMs = 900_000;
const toMs = 20 * windowMs;

const windowArbitrary = fc.record({
  place: fc.integer({ min: 0, max: 19 }),
  delta: fc.option(fc.integer({ min: -1_000, max: 1_000 }), { nil: null }),
  exponent: fc.integer({ min: -3, max: 3 }),
  quality: fc.constantFrom('validated', 'estimated', 'edited', 'missing'),
});

function windowOf({
  place,
  delta,
  exponent,
  quality,
}: {
  readonly place: number;
  readonly delta: number | null;
  readonly exponent: number;
  readonly quality: string;
}): UsageWindow {
  return {
    startMs: place * windowMs,
    windowMs,
    revision: 0,
    quality: quality as UsageWindow['quality'],
    reason: quality === 'validated' ? '' : 'why',
    delta: delta === null ? null : { mantissa: BigInt(delta), exponent },
    last: null,
    events: [],
  };
}

test('every window is counted once or named, and nothing is rounded', () => {
  fc.assert(
    fc.property(fc.uniqueArray(windowArbitrary, { selector: ({ place }) => place }), (made) => {
      const windows = made.toSorted((a, b) => a.place - b.place);
      const usage = new Usage({ fromMs: 0, toMs });
      for (const window of windows) usage.add(windowOf(window));
      const result = usage.result();
      const milli = windows.reduce(
        (sum, { delta, exponent }) => sum + BigInt(delta ?? 0) * 10n ** BigInt(exponent + 3),
        0n,
      );
      const total = result.total ?? { mantissa: 0n, exponent: 0 };
      expect(total.mantissa * 10n ** BigInt(total.exponent + 3)).toBe(milli);
      for (let place = 0; place < 20; place++) {
        const window = windows.find((one) => one.place === place);
        const isGood = window?.quality === 'validated' && window.delta !== null;
        const isNamed = result.stretches.some(
          (one) => one.fromMs <= place * windowMs && one.toMs >= (place + 1) * windowMs,
        );
        expect(isNamed).toBe(!isGood);
      }
    }),
    { seed: 7, numRuns: 300 },
  );
});

test('a window that comes twice counts once, and is named', () => {
  const usage = new Usage({ fromMs: 0, toMs: windowMs });
  const window = windowOf({ place: 0, delta: 5, exponent: 0, quality: 'validated' });
  usage.add(window);
  usage.add(window);
  expect(usage.result()).toMatchObject({
    total: { mantissa: 5n },
    stretches: [{ kind: 'ambiguous' }],
  });
});

test('a stretch that begins in the midst of a window lacks nothing before the next', () => {
  const usage = new Usage({ fromMs: windowMs / 2, toMs: 2 * windowMs });
  usage.add(windowOf({ place: 1, delta: 5, exponent: 0, quality: 'validated' }));
  expect(usage.result()).toMatchObject({ expectedCount: 1, stretches: [] });
});

test('energy is billed in thousands, all else as it is', () => {
  const value = { mantissa: 5n, exponent: 0 };
  expect(billed(value, 'Wh')).toEqual({ value: { mantissa: 5n, exponent: -3 }, unit: 'kWh' });
  expect(billed(value, 'm3')).toEqual({ value, unit: 'm3' });
});

// SPDX-License-Identifier: Apache-2.0
// The summary contract against its slow twin, over random streams of a meter that is read each
// second by a gateway that fails in every way: late, double and lost packs, nulls, spikes,
// rollovers, resets.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { quality } from '../../../base/quality.ts';
import type { Summary } from '../../../contracts/summary.ts';
import { batch, energy, type Given, Ledger, pack, power, schemaEntry, schemaOf } from './ledger.ts';
import { Twin } from './twin.ts';

const seed = 61_968;
const windows = { windowMs: 10_000, graceMs: 5_000 };
const start = 1_763_683_200_000;

const schema = schemaOf([
  { ...power, min: -1_000, max: 1_000, maxStepPerSecond: 300 },
  { ...energy, max: 999, maxStepPerSecond: 20 },
  { ...energy, obis: '1-0:2.8.0*255', max: 4_999 },
  { ...energy, obis: '1-0:1.8.1*255' },
]);
const meter = schemaEntry(1, schema);

const often = <T>(usual: fc.Arbitrary<T>, rare: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 9, arbitrary: usual }, { weight: 1, arbitrary: rare });

const poll = fc.record({
  sinceLastMs: often(fc.integer({ min: 900, max: 1_100 }), fc.integer({ min: 1, max: 25_000 })),
  delayMs: often(fc.constant(0), fc.integer({ min: 0, max: 60_000 })),
  copies: often(fc.constant(1), fc.integer({ min: 0, max: 3 })),
  power: often(fc.integer({ min: 0, max: 200 }), fc.integer({ min: -1_200, max: 1_200 })),
  counted: often(fc.integer({ min: 0, max: 15 }), fc.integer({ min: 0, max: 600 })),
  glitch: often(fc.constant(null), fc.constantFrom('zero', 'reset', 'random')),
  code: often(
    fc.constant(quality.good),
    fc.constantFrom(quality.timeOut, quality.notANumber, quality.stale, quality.spike),
  ),
});

type Poll = typeof poll extends fc.Arbitrary<infer T> ? T : never;
type Delivery = { readonly atMs: number; readonly pack: ReturnType<typeof pack> };

/** A meter's life as the packs that arrive. */
function deliveriesOf(polls: readonly Poll[]): readonly Delivery[] {
  let timeMs = start;
  let counter = 900;
  const deliveries: Delivery[] = [];
  for (const one of polls) {
    timeMs += one.sinceLastMs;
    counter = one.glitch === 'reset' ? 0 : counter + one.counted;
    const shown =
      one.glitch === 'zero' ? 0 : one.glitch === 'random' ? (counter * 7_919) % 5_000 : counter;
    const given = (mantissa: number): Given =>
      one.code >= quality.timeOut
        ? [one.code as typeof quality.timeOut]
        : [mantissa, one.code as typeof quality.good];
    const taken = pack(
      meter,
      timeMs,
      given(one.power),
      given(shown % 1_000),
      given(shown % 5_000),
      given(shown),
    );
    for (let copy = 0; copy < one.copies; copy++) {
      deliveries.push({ atMs: timeMs + one.delayMs * (copy + 1), pack: taken });
    }
  }
  return deliveries.toSorted((a, b) => a.atMs - b.atMs);
}

test('the last revision of each summary is what the whole list of readings says', () => {
  fc.assert(
    fc.property(
      fc.array(poll, { minLength: 1, maxLength: 80 }),
      fc.integer({ min: 500, max: 7_000 }),
      (polls, blockEveryMs) => {
        const ledger = new Ledger(windows);
        const twin = new Twin(schema, windows.windowMs);
        ledger.block(start, meter);
        const latest = new Map<string, Summary>();
        const take = (summaries: readonly Summary[]) => {
          for (const summary of summaries) {
            const key = `${summary.windowStartMs} ${summary.obis}`;
            expect(summary.revision).toBe((latest.get(key)?.revision ?? -1) + 1);
            latest.set(key, summary);
          }
        };
        const waiting = [...deliveriesOf(polls)];
        const endMs = (waiting.at(-1)?.atMs ?? start) + 20_000;
        for (let timeMs = start; timeMs < endMs + blockEveryMs; timeMs += blockEveryMs) {
          const after = waiting.findIndex(({ atMs }) => atMs > timeMs);
          const packs = waiting.splice(0, after === -1 ? waiting.length : after);
          for (const delivery of packs) twin.take(delivery.pack);
          take(ledger.summaries(timeMs, batch(...packs.map((delivery) => delivery.pack))));
        }
        expect(latest.size).toBeGreaterThan(0);
        for (const summary of latest.values()) {
          const i = schema.values.findIndex(({ obis }) => obis === summary.obis);
          const expected = twin.summary(summary.windowStartMs / windows.windowMs, i);
          expect(summary).toMatchObject({
            ...expected,
            expectedCount: 10,
            meanExponent: summary.exponent - 3,
          });
          expect(summary.quality).toBe(
            summary.count === 0 ? 'missing' : summary.reason === '' ? 'validated' : 'estimated',
          );
          if (summary.delta !== null) expect(summary.delta).toBeGreaterThanOrEqual(0);
        }
        // Each window that is due has its summaries, and each pack lies in one that has.
        for (const number of twin.windows.keys()) {
          for (const { obis } of schema.values) {
            expect(latest.has(`${number * windows.windowMs} ${obis}`)).toBe(true);
          }
        }
      },
    ),
    { seed, numRuns: 300 },
  );
});

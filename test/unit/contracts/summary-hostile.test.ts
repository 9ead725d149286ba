// SPDX-License-Identifier: Apache-2.0
// The summary contract under members that send anything a ledger lets through: it must never
// throw, for then every member would stop at that block, and its state must stay small.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decode } from '../../../base/cbor.ts';
import { toSequence } from '../../../base/ids.ts';
import { limits } from '../../../base/limits.ts';
import type { LedgerEntry } from '../../../base/machine.ts';
import { hasValue, type QualityCode, quality } from '../../../base/quality.ts';
import { decodeSchema, encodeSchema, type Schema } from '../../../base/schema.ts';
import { decodeSummary } from '../../../contracts/summary.ts';
import {
  batch,
  energy,
  gateway,
  Ledger,
  pack,
  power,
  schemaEntry,
  schemaOf,
  start,
  summariesIn,
  windows,
} from './ledger.ts';

const seed = 666;

const mantissa = fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -9, max: 9 }));
const value = fc.record({
  kind: fc.constantFrom('counter' as const, 'instantaneous' as const),
  class: fc.constantFrom('tradable' as const, 'tradable' as const, 'local' as const),
  obis: fc.constantFrom(energy.obis, power.obis, '1-0:2.8.0*255'),
  unit: fc.constantFrom('W', 'Wh'),
  exponent: fc.constantFrom(-limits.valueExponentMax, 0, limits.valueExponentMax),
  min: fc.option(mantissa),
  max: fc.option(mantissa),
  maxStepPerSecond: fc.option(fc.maxSafeNat()),
});

const schema = fc.record({
  device: fc.constantFrom('a', 'b/1', ''.padEnd(128, 'ü')),
  line: fc.constantFrom('tcp', 'rtu'),
  periodMs: fc.constantFrom(1, 10, 1_000, 86_400_000),
  values: fc.uniqueArray(value, { minLength: 1, maxLength: 3, selector: ({ obis }) => obis }),
});

type Made = typeof schema extends fc.Arbitrary<infer T> ? T : never;
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** As the ledger would let it through. */
function schemaFrom({ values, ...rest }: Made): Schema {
  const ordered = values.map(({ min, max, ...one }) => {
    const swapped = min !== null && max !== null && min > max;
    return { ...one, register: 'r', ...(swapped ? { min: max, max: min } : { min, max }) };
  });
  const decoded = decodeSchema(encodeSchema(schemaOf(ordered, rest)));
  if (!decoded.ok) throw new Error(decoded.detail);
  return decoded.value;
}

const near = fc.integer({ min: start - 2_000_000, max: start + 2_000_000 });
const timeMs = fc.oneof(near, near, fc.maxSafeNat());
const code = fc.constantFrom<QualityCode>(quality.good, ...Object.values(quality));
const readings = fc.array(fc.tuple(mantissa, code), { minLength: 3, maxLength: 3 });

const step = fc.record({
  schema: fc.nat({ max: 5 }),
  leapMs: fc.constantFrom(0, 0, 1, 1_000, 15_000, 600_000),
  packs: fc.array(fc.record({ timeMs, readings }), { maxLength: 12 }),
  gap: fc.option(fc.tuple(timeMs, timeMs)),
});

function entriesOf(one: Step, entry: ReturnType<typeof schemaEntry>): readonly LedgerEntry[] {
  const packs = one.packs.map((given) => {
    const values = given.readings.slice(0, entry.schema.values.length);
    const pairs = values.map(([m, c]) => (hasValue(c) ? ([m, c] as const) : ([c] as const)));
    return pack(entry, given.timeMs, ...pairs);
  });
  if (one.gap === null) return [batch(...packs)];
  const [fromMs, toMs] = one.gap;
  const { device } = entry.schema;
  const stated = { gateway, sequence: toSequence(1), reason: 'x'.repeat(256), packCount: 1 };
  return [batch(...packs), { kind: 'gap', device, fromMs, toMs, ...stated }];
}

function check(outputs: readonly Uint8Array[]): void {
  const summaries = summariesIn(outputs);
  const notices = outputs.filter((output) => !decodeSummary(output).ok).map(decodedKind);
  expect(notices.every((kind) => kind === 'unplaced' || kind === 'skipped')).toBe(true);
  for (const output of outputs) expect(output.length).toBeLessThanOrEqual(limits.outputBytesMax);
  for (const { delta, first, last, min, max } of summaries) {
    expect(delta ?? 0).toBeGreaterThanOrEqual(0);
    expect(min ?? 0).toBeLessThanOrEqual(Math.min(first ?? 0, last ?? 0));
    expect(max ?? 0).toBeGreaterThanOrEqual(Math.max(first ?? 0, last ?? 0));
  }
}

function decodedKind(output: Uint8Array): unknown {
  const decoded = decode(output);
  return decoded.ok && decoded.value instanceof Map ? decoded.value.get(1) : undefined;
}

test('nothing throws, all that is put out can be read, and state stays small', () => {
  const schemas = fc.array(schema, { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(schemas, fc.array(step, { maxLength: 25 }), (made, steps) => {
      const ledger = new Ledger(windows);
      const entries = made.map((one, i) => schemaEntry(i, schemaFrom(one)));
      const known = new Set<LedgerEntry>();
      let blockMs = start;
      for (const one of steps) {
        blockMs += one.leapMs;
        const entry = entries[one.schema % entries.length] as (typeof entries)[number];
        const first = known.has(entry) ? [] : [entry];
        known.add(entry);
        check(ledger.block(blockMs, ...first, ...entriesOf(one, entry)));
      }
      const aheadWindows = Math.ceil(limits.summaryAheadMsMax / windows.windowMs);
      const held = [...ledger.state.bytes.keys()].filter((key) => key.startsWith('window/'));
      const devices = new Set(entries.map(({ schema: { device } }) => device)).size;
      const bound = devices * (limits.summaryWindowsKept + aheadWindows + 4);
      expect(held.length).toBeLessThanOrEqual(bound);
    }),
    { seed, numRuns: 200 },
  );
});

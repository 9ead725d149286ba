// SPDX-License-Identifier: Apache-2.0
// No body stops a chain: whatever the bytes are that a leader or a member puts into the log, a
// block is made of them, alike on all members, or they are no body at all. With the contracts that
// gateways run.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toHex } from '../../../base/bytes.ts';
import { encode } from '../../../base/cbor.ts';
import { limits } from '../../../base/limits.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { encodePack } from '../../../base/pack.ts';
import { encodeSchema, type Schema, schemaId } from '../../../base/schema.ts';
import { summaryContract } from '../../../contracts/summary-contract.ts';
import {
  type BlockBody,
  type BlockEntry,
  decodeBlock,
  encodeBlock,
} from '../../../sidechain/chain/block.ts';
import { entryKinds } from '../../../sidechain/chain/entry.ts';
import { encodeReceiptMessage } from '../../../sidechain/chain/receipt-message.ts';
import { cborValue } from '../base/cbor-values.ts';
import { diary } from './diary.ts';
import { packAt, schema, schemaPayload, startMs } from './fixture.ts';
import { Group } from './group.ts';
import { mutated } from './mutate.ts';

const contracts = [diary, summaryContract({ windowMs: 900_000, graceMs: 30_000 })];
const seed = 66;
const text = (maxLength: number) => fc.string({ unit: 'binary', maxLength });

const unixMs = fc.oneof(
  fc.integer({ min: startMs - 1_000_000, max: startMs + 1_000_000 }),
  fc.nat({ max: limits.unixMsMax }),
  fc.constantFrom(0, limits.unixMsMax),
);
const clock = fc.record({
  state: fc.constantFrom('synchronised' as const, 'free-running' as const, 'unset' as const),
  errorMs: fc.option(fc.maxSafeNat()),
});
const blockEntry: fc.Arbitrary<BlockEntry> = fc.record(
  {
    entry: fc.uint8Array({ maxLength: 200 }),
    packs: fc.record({
      secret: fc.uint8Array({ minLength: 32, maxLength: 32 }),
      packs: fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 4 }),
    }),
  },
  { requiredKeys: ['entry'] },
);

/** Applies it to two members, who must agree; and the chain goes on. */
function applyToBoth(members: readonly [Group, Group], body: BlockBody): void {
  const [a, b] = members.map((member) => member.apply(body.entries, body.timeMs));
  expect(toHex(a?.headerBytes ?? new Uint8Array())).toBe(toHex(b?.headerBytes ?? Uint8Array.of(1)));
  expect((a?.accepted.length ?? 0) + (a?.refused.length ?? 0)).toBe(body.entries.length);
}

const pair = (): [Group, Group] => [new Group({ contracts }), new Group({ contracts })];

test('random bytes are no body, or make a block', () => {
  const members = pair();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const decoded = decodeBlock(bytes);
      if (decoded.ok) applyToBoth(members, decoded.value);
    }),
    { seed, numRuns: 2_000 },
  );
});

test('bodies of the right form and any content make a block', () => {
  const members = pair();
  const body = fc.record({
    timeMs: unixMs,
    clock,
    secret: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    entries: fc.array(blockEntry, { maxLength: 6 }),
  });
  fc.assert(
    fc.property(body, (given) => {
      const decoded = decodeBlock(encodeBlock(given));
      expect(decoded).toEqual({ ok: true, value: given });
      applyToBoth(members, given);
    }),
    { seed, numRuns: 300 },
  );
});

test('a good body with a few bytes changed is none, or makes a block', () => {
  const members = pair();
  const [group] = members;
  const entries = [group.schema(), group.batch(1, [packAt(startMs, 1), packAt(startMs, 2)])];
  const anchor = group.anchor();
  const index = group.mainLog.append(anchor);
  const message = encodeReceiptMessage(group.mainLog.message({ anchor, index }));
  const good = [
    encodeBlock(group.body([...entries, group.gap(2)])),
    encodeBlock(group.body([group.sign('receipt', message)])),
  ];
  let applied = 0;
  fc.assert(
    fc.property(mutated(...good), (bytes) => {
      const decoded = decodeBlock(bytes);
      if (!decoded.ok) return;
      applied += 1;
      applyToBoth(members, decoded.value);
    }),
    { seed, numRuns: 3_000 },
  );
  expect(applied).toBeGreaterThan(100);
});

describe('a member who signs anything', () => {
  test('signs payloads of every kind that are almost right', () => {
    const members = pair();
    const [group] = members;
    group.apply([]);
    members[1].apply([]);
    const anchor = group.anchor();
    const index = group.mainLog.append(anchor);
    const message = encodeReceiptMessage(group.mainLog.message({ anchor, index }));
    const batch = encode([group.signer(0).keyId, 1]);
    const payload = fc.oneof(
      fc.uint8Array({ maxLength: 100 }),
      cborValue.map(encode),
      mutated(schemaPayload, message, batch),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...entryKinds),
        payload,
        fc.boolean(),
        fc.nat({ max: 3 }),
        (kind, bytes, withPacks, by) => {
          const packs = { secret: new Uint8Array(32), packs: [bytes] };
          const entry = { ...group.sign(kind, bytes, by), ...(withPacks && { packs }) };
          applyToBoth(members, group.body([entry]));
        },
      ),
      { seed, numRuns: 400 },
    );
  });

  /** Mantissas and bounds at the edges of what a field may hold. */
  const mantissa = fc.oneof(
    fc.integer({ min: -10, max: 10 }),
    fc.maxSafeInteger(),
    fc.constantFrom(Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 0),
  );
  const value = fc
    .record({
      unit: fc.constantFrom('Wh', 'V', ''),
      exponent: fc.constantFrom(-limits.valueExponentMax, -2, 0, limits.valueExponentMax),
      class: fc.constantFrom('tradable' as const, 'local' as const),
      kind: fc.constantFrom('counter' as const, 'instantaneous' as const),
      bounds: fc.option(fc.tuple(mantissa, mantissa)),
      maxStepPerSecond: fc.option(fc.maxSafeNat()),
    })
    .map(({ bounds, ...given }) => ({
      ...given,
      min: bounds && Math.min(...bounds),
      max: bounds && Math.max(...bounds),
    }));
  const schemas = fc
    .record({
      device: fc.constantFrom('a', 'b'),
      line: fc.constantFrom('1', '2'),
      periodMs: fc.constantFrom(1, 7, 1_000, 86_400_000),
      values: fc.array(value, { minLength: 1, maxLength: 3 }),
    })
    .map(({ values, ...given }): Schema => {
      const registers = values.map((one, i) => {
        return { ...one, obis: `1-0:${i}.8.0*255`, register: `input ${i}` };
      });
      return { ...schema, ...given, values: registers };
    });
  const reading = fc.record({ timeMs: unixMs, clock, mantissas: fc.array(fc.option(mantissa)) });
  const gap = fc.record({ times: fc.tuple(unixMs, unixMs), packCount: fc.maxSafeNat() });
  const blockOf = fc.record({
    schema: schemas,
    readings: fc.array(reading, { maxLength: 5 }),
    gap: fc.option(gap),
    batchTimeMs: unixMs,
    leaderMs: unixMs,
  });

  test('signs schemas, packs and gaps of every value and time that has a form', () => {
    fc.assert(
      fc.property(fc.array(blockOf, { minLength: 1, maxLength: 6 }), (given) => {
        const members = pair();
        const [group] = members;
        let sequence = 0;
        for (const { schema: stated, readings, gap: lost, batchTimeMs, leaderMs } of given) {
          const payload = encodeSchema(stated);
          const packs = readings.map(({ mantissas, ...rest }) => {
            const values = stated.values.map((_, i) => mantissas[i] ?? null);
            const qualities = values.map((one) => (one === null ? 16 : 0));
            const id = schemaId(suite, payload);
            return encodePack({ schemaId: id, ...rest, mantissas: values, qualities });
          });
          sequence += 1;
          const entries = [
            group.sign('schema', payload),
            group.batch(sequence, packs, { timeMs: batchTimeMs }),
          ];
          if (lost !== null) {
            sequence += 1;
            const { times, packCount } = lost;
            const [fromMs, toMs] = [Math.min(...times), Math.max(...times)];
            entries.push(group.gap(sequence, { device: stated.device, fromMs, toMs, packCount }));
          }
          applyToBoth(members, { ...group.body(entries), timeMs: leaderMs });
        }
      }),
      { seed, numRuns: 12 },
    );
  });
});

test('names of any text come out as they went in, or are refused', () => {
  const members = pair();
  const [group] = members;
  let sequence = 0;
  fc.assert(
    fc.property(text(20), text(20), (device, reason) => {
      const payload = encode(
        new Map<number, string | number | Uint8Array>([
          [1, group.signer(0).keyId],
          [2, sequence + 1],
          [3, `x${device.toWellFormed()}`],
          [4, 0],
          [5, 0],
          [6, `x${reason.toWellFormed()}`],
          [7, 0],
        ]),
      );
      applyToBoth(members, group.body([group.sign('gap', payload)]));
      ({ sequence } = group.ledger.registry.sequence(group.signer(0).keyId));
    }),
    { seed, numRuns: 100 },
  );
  expect(sequence).toBeGreaterThan(10);
});

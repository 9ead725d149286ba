// SPDX-License-Identifier: Apache-2.0
// Who falls silent is said once, and once that it is heard again; against a twin that looks at
// everything anew, on random stories.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toHex } from '../../../base/bytes.ts';
import type { CborValue } from '../../../base/cbor.ts';
import { toKeyId, toSequence } from '../../../base/ids.ts';
import type { LedgerEntry, StateView } from '../../../base/machine.ts';
import { decodeSilence, encodeSilence } from '../../../contracts/silence.ts';
import { silenceContract, silentAfterMs } from '../../../contracts/silence-contract.ts';
import { mutated } from '../chain/mutate.ts';

const startMs = 1_767_225_600_000;

function gatewayOf(number: number) {
  return toKeyId(new Uint8Array(8).fill(number));
}

function memoryState(): StateView & { readonly values: Map<string, CborValue> } {
  const values = new Map<string, CborValue>();
  return {
    values,
    get: (key) => values.get(key),
    put: (key, value) => void values.set(key, value),
    delete: (key) => void values.delete(key),
  };
}

function batchOf(number: number): LedgerEntry {
  return { kind: 'batch', gateway: gatewayOf(number), sequence: toSequence(1), packs: [] };
}

type Block = { readonly afterMs: number; readonly speakers: readonly number[] };

/** What the contract says, block after block. */
function told(blocks: readonly Block[]): readonly string[] {
  const contract = silenceContract();
  const state = memoryState();
  let timeMs = startMs;
  return blocks.flatMap(({ afterMs, speakers }, height) => {
    timeMs += afterMs;
    const entries: LedgerEntry[] = [...speakers.map(batchOf), { kind: 'block-end' }];
    const outputs = entries.flatMap((entry) => {
      return contract.apply(state, entry, { height, timeMs }).outputs;
    });
    return outputs.map((bytes) => {
      const read = decodeSilence(bytes);
      if (!read.ok) throw new Error(read.detail);
      const { kind, gateway, sinceMs } = read.value;
      return `${height} ${kind} ${gateway[0]} ${sinceMs - startMs}`;
    });
  });
}

test('silence is said once, and its end once', () => {
  const minute = 60_000;
  const blocks = [
    { afterMs: 0, speakers: [1, 2] },
    { afterMs: minute, speakers: [1] },
    { afterMs: minute, speakers: [1] },
    { afterMs: minute, speakers: [1] },
    { afterMs: minute, speakers: [1] },
    { afterMs: minute, speakers: [2, 1] },
    { afterMs: silentAfterMs - 1, speakers: [] },
    { afterMs: 1, speakers: [] },
  ];
  const end = 5 * minute;
  expect(told(blocks)).toEqual([
    '3 silent 2 0',
    '5 heard 2 0',
    `7 silent 1 ${end}`,
    `7 silent 2 ${end}`,
  ]);
});

test('a gap is a word, a schema is none, and who never spoke is not missed', () => {
  const contract = silenceContract();
  const state = memoryState();
  const at = (timeMs: number) => ({ height: 1, timeMs });
  const end: LedgerEntry = { kind: 'block-end' };
  expect(contract.apply(state, end, at(startMs)).outputs).toEqual([]);
  expect(state.values.size).toBe(0);
  const gap: LedgerEntry = {
    ...{ kind: 'gap', gateway: gatewayOf(3), sequence: toSequence(1), device: 'd' },
    ...{ fromMs: startMs, toMs: startMs, reason: 'outbox', packCount: 1 },
  };
  contract.apply(state, gap, at(startMs));
  const { outputs } = contract.apply(state, end, at(startMs + silentAfterMs));
  expect(outputs).toHaveLength(1);
});

test('any story is told as a twin tells it', () => {
  const block = fc.record({
    afterMs: fc.integer({ min: 0, max: 2 * silentAfterMs }),
    speakers: fc.uniqueArray(fc.integer({ min: 1, max: 4 })),
  });
  fc.assert(
    fc.property(fc.array(block, { maxLength: 30 }), (blocks) => {
      const heard = new Map<number, number>();
      const silent = new Set<number>();
      let now = 0;
      const expected = blocks.flatMap(({ afterMs, speakers }, height) => {
        now += afterMs;
        const said: string[] = [];
        for (const one of speakers) {
          if (silent.delete(one)) said.push(`${height} heard ${one} ${heard.get(one)}`);
          heard.set(one, now);
        }
        for (const [one, at] of heard) {
          if (silent.has(one) || now - at < silentAfterMs) continue;
          silent.add(one);
          said.push(`${height} silent ${one} ${at}`);
        }
        return said;
      });
      expect(told(blocks)).toEqual(expected);
    }),
    { seed: 5, numRuns: 300 },
  );
});

test('no bytes make the reader throw, and a value has one form', () => {
  const good = encodeSilence({
    ...{ kind: 'silent', gateway: gatewayOf(1) },
    ...{ sinceMs: startMs, timeMs: startMs + silentAfterMs },
  });
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 64 }), mutated(good)), (bytes) => {
      const read = decodeSilence(bytes);
      if (read.ok) expect(toHex(encodeSilence(read.value))).toBe(toHex(bytes));
    }),
    { seed: 6, numRuns: 500 },
  );
});

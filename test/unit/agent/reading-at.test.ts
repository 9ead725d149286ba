// SPDX-License-Identifier: Apache-2.0
// The newest pack of a device up to an instant, wherever it stands: beside those of others, after
// gaps, and in blocks that hold several batches or none.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findReadingAt } from '../../../agent/reading-at.ts';
import type { BlockSource } from '../../../agent/readings.ts';
import { equal } from '../../../base/bytes.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { decodePack } from '../../../base/pack.ts';
import { acceptedEntries } from '../../../sidechain/chain/prove.ts';
import { packAt, schemaId, startMs } from '../chain/fixture.ts';
import { Group } from '../chain/group.ts';

/** Blocks of batches of packs, by the second in which each pack was read. */
function chainOf(blocks: readonly (readonly (readonly number[])[])[]) {
  const group = new Group();
  group.apply([group.schema()]);
  let sequence = 0;
  let signedAt = 0;
  for (const batches of blocks) {
    group.apply([
      ...batches.map((seconds) => {
        sequence += 1;
        signedAt = Math.max(signedAt, ...seconds);
        const packs = seconds.map((second) => packAt(startMs + 1_000 * second, second));
        return group.batch(sequence, packs, { timeMs: startMs + 1_000 * signedAt + 500 });
      }),
    ]);
  }
  const source: BlockSource = async (height) => {
    const body = group.bodies[height];
    return body && { body, outputs: group.blocks[height]?.outputs as never };
  };
  return { group, source };
}

async function secondAt({ group, source }: ReturnType<typeof chainOf>, second: number) {
  const place = await findReadingAt(suite, source, {
    gateway: group.signer(0).keyId,
    isOfDevice: (id) => equal(id, schemaId),
    timeMs: startMs + 1_000 * second,
    size: group.blocks.length,
  });
  if (place === undefined) return undefined;
  const entry = acceptedEntries(place.body, place.outputs)[place.entryIndex];
  const pack = decodePack(entry?.packs?.packs[place.packIndex] ?? new Uint8Array());
  return pack.ok ? (pack.value.timeMs - startMs) / 1_000 : undefined;
}

test('the pack of that second, and in a gap the one before', async () => {
  const chain = chainOf([[[1], [2]], [], [[3, 4]], [[]], [[9]]]);
  for (const [second, expected] of [
    [0, undefined],
    [1, 1],
    [2, 2],
    [3, 3],
    [4, 4],
    [5, 4],
    [8, 4],
    [9, 9],
    [1_000, 9],
  ] as const) {
    expect(await secondAt(chain, second)).toBe(expected);
  }
});

test('of a gateway or device that never spoke there is none', async () => {
  const { group, source } = chainOf([[[1]]]);
  const wanted = { timeMs: startMs + 5_000, size: group.blocks.length };
  const isOfDevice = () => true;
  const other = { ...wanted, isOfDevice, gateway: group.signer(1).keyId };
  expect(await findReadingAt(suite, source, other)).toBeUndefined();
  const no = { ...wanted, isOfDevice: () => false, gateway: group.signer(0).keyId };
  expect(await findReadingAt(suite, source, no)).toBeUndefined();
});

test('whatever the blocks hold, it is the newest of all that are not later', async () => {
  const gaps = fc.array(fc.array(fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 3 })), {
    maxLength: 12,
  });
  await fc.assert(
    fc.asyncProperty(gaps, fc.integer({ min: 0, max: 60 }), async (steps, second) => {
      let now = 0;
      const blocks = steps.map((batches) =>
        batches.map((packs) =>
          packs.map((step) => {
            now += step;
            return now;
          }),
        ),
      );
      const all = blocks.flat(2).filter((one) => one <= second);
      const expected = all.length === 0 ? undefined : Math.max(...all);
      expect(await secondAt(chainOf(blocks), second)).toBe(expected);
    }),
    { numRuns: 40 },
  );
});

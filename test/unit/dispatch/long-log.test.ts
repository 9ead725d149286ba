// SPDX-License-Identifier: Apache-2.0
// A main log beyond its first groups of 256 leaves: receipts through old groups, read again after a
// start, and a disk that no longer holds what was signed.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { assert, InvariantError } from '../../../base/assert.ts';
import { limits } from '../../../base/limits.ts';
import { nodeSuite } from '../../../base/node-suite.ts';
import { groupSize } from '../../../base/tree.ts';
import { LeafGroups } from '../../../dispatch/store/leaf-groups.ts';
import {
  checkReceiptMessage,
  encodeReceiptMessage,
} from '../../../sidechain/chain/receipt-message.ts';
import { type FakeChain, makeChain } from './fake-chain.ts';
import { mainLog } from './fake-main-log.ts';
import { TestCentre } from './test-centre.ts';

describe('receipts', () => {
  const anchorCount = groupSize + 20;
  let centre: TestCentre;
  let chain: FakeChain;

  beforeAll(async () => {
    centre = await TestCentre.begin();
    chain = makeChain(mainLog, { seed: 5, members: 1 });
    await centre.enrol(chain);
    for (let size = 1; size <= anchorCount; size++) {
      if (size > 1) chain.addBlock();
      const [answer] = await centre.send(chain, 'anchor', chain.anchor({ from: size - 1 }));
      assert(answer?.kind === 'receipt', 'every anchor is taken');
    }
  });
  afterAll(() => centre.end());

  async function receipts(from: number): Promise<readonly Uint8Array[]> {
    const { ordering } = centre.centre;
    const encoded: Uint8Array[] = [];
    for (const logIndex of [1, 200, 254, 255, 256, 257, anchorCount]) {
      const message = await ordering.receipt(logIndex, { from });
      const root = from === 0 ? undefined : await rootAt(from);
      const previous = root && { size: from, root };
      const checked = checkReceiptMessage(nodeSuite, message, { mainLog, previous });
      expect(checked).toMatchObject({ ok: true, value: { index: logIndex } });
      encoded.push(encodeReceiptMessage(message));
    }
    return encoded;
  }

  /** The root that a gateway has from the receipt of that size. */
  async function rootAt(size: number): Promise<Uint8Array> {
    const message = await centre.centre.ordering.receipt(size - 1, { from: 0 });
    const checked = checkReceiptMessage(nodeSuite, message, { mainLog, previous: undefined });
    assert(checked.ok && checked.value.size === size, 'a receipt of just that size');
    return checked.value.root;
  }

  test.each([0, 2, 201])('of old and new leaves hold, and prove growth from %i', async (from) => {
    const before = await receipts(from);
    await centre.stop();
    await centre.start();
    expect(await receipts(from)).toEqual(before);
  });

  test.each([
    ['lacks a leaf', 'DELETE FROM leaf WHERE log_index = 276'],
    ['has another leaf', 'UPDATE leaf SET hash = zeroblob(32) WHERE log_index = 270'],
    ['has another group', 'UPDATE leaf_group SET hash = zeroblob(32)'],
    ['has another root', 'UPDATE log SET root = zeroblob(32)'],
    ['has another genesis', "UPDATE log SET genesis = x'00'"],
  ])('a log on disk that %s is not opened', async (_, sql) => {
    await centre.stop();
    const copy = await centre.copy();
    await copy.alter(sql);
    await expect(copy.start()).rejects.toMatchObject({ code: 'ledger-damaged', retry: 'fatal' });
    await copy.end();
    await centre.start();
  });
});

describe('leaf groups', () => {
  const leaf = (index: number) => new Uint8Array(32).fill(index % 251);
  const readGroup = (group: number) =>
    Array.from({ length: groupSize }, (_, i) => leaf(group * groupSize + i));

  test('are read once while they fit into memory, and again when they did not', async () => {
    const read: number[] = [];
    const groups = new LeafGroups(async (group) => {
      read.push(group);
      return readGroup(group);
    });
    const size = 1_000 * groupSize;
    const at = (group: number) =>
      groups.around([group * groupSize + 7], size, () => groups.leafHashAt(group * groupSize + 7));
    for (let round = 0; round < 2; round++) {
      for (let group = 0; group <= limits.leafGroupsMax; group++) {
        expect(await at(group)).toEqual(leaf(group * groupSize + 7));
        await at(group);
      }
    }
    expect(read).toHaveLength(2 * (limits.leafGroupsMax + 1));
  });

  test('are read once for all that ask at the same time, and again after a failure', async () => {
    const read: number[] = [];
    let fails = true;
    const groups = new LeafGroups(async (group) => {
      read.push(group);
      if (fails) throw new Error('the disk');
      return readGroup(group);
    });
    const ask = () =>
      Promise.allSettled(
        Array.from({ length: 20 }, (_, i) =>
          groups.around([i, groupSize + i], 3 * groupSize, () => groups.leafHashAt(groupSize + i)),
        ),
      );
    expect(new Set((await ask()).map(({ status }) => status))).toEqual(new Set(['rejected']));
    expect(read).toEqual([0]);
    fails = false;
    expect(await ask()).toEqual(
      Array.from({ length: 20 }, (_, i) => ({ status: 'fulfilled', value: leaf(groupSize + i) })),
    );
    expect(read).toEqual([0, 0, 1]);
  });

  test('an incomplete group is never read, and an unread leaf is a fault', async () => {
    const groups = new LeafGroups(() => Promise.reject(new Error('not to be read')));
    expect(await groups.around([3, -1], 200, () => 'proved')).toBe('proved');
    expect(() => groups.leafHashAt(3)).toThrow(InvariantError);
  });

  test('those just appended are at hand before they are written', async () => {
    const groups = new LeafGroups(() => Promise.reject(new Error('not to be read')));
    for (let index = 0; index < 2 * groupSize; index++) groups.append(index, leaf(index));
    const proved = await groups.around([0, 511], 512, () => groups.leafHashAt(300));
    expect(proved).toEqual(leaf(300));
  });
});

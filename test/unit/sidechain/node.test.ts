// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { limits } from '../../../base/limits.ts';
import type { NewBlock } from '../../../sidechain/store/applier.ts';
import { batchEntry, packAt, schemaEntry, startMs } from '../chain/fixture.ts';
import { eagerRules, newChain, settle, startNode } from './rig.ts';

test('an entry is on the chain when its promise says so', async () => {
  const { node } = await startNode(await newChain());
  expect(node.status()).toMatchObject({ role: 'leader', height: 0 });
  expect(await node.submit(schemaEntry())).toEqual({ kind: 'accepted', height: 1 });
  expect(node.nextSequence()).toBe(1);
  const batch = batchEntry(1, [packAt(startMs + 1_000, 10)]);
  expect(await node.submit(batch)).toEqual({ kind: 'accepted', height: 2 });
  expect(node.nextSequence()).toBe(2);
  expect(node.status().outbox.count).toBe(0);
});

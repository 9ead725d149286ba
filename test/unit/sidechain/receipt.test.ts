// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { auditChain } from '../../../sidechain/store/audit.ts';
import { batchEntry } from '../chain/fixture.ts';
import { receiptEntry } from './receipt-entry.ts';
import { newChain, startNode, TestDatabase } from './rig.ts';

test('a receipt is judged by a root whose headers are on disk only', async () => {
  const dataDir = await newChain();
  const { node } = await startNode(dataDir);
  const applied = Array.from({ length: 299 }, (_, i) => node.submit(batchEntry(i + 1, [])));
  await Promise.all(applied);
  const { note } = await node.cosign(200);
  await node.close();

  const { node: reopened } = await startNode(dataDir);
  const entry = receiptEntry(note);
  expect(await reopened.submit(entry)).toEqual({ kind: 'accepted', height: 300 });
  expect(await reopened.submit(entry)).toMatchObject({ kind: 'known' });
  expect(reopened.status()).toMatchObject({ receiptSize: 200, cosignedSize: 200 });
  await reopened.close();

  const database = new TestDatabase(dataDir, { readOnly: true });
  const report = await auditChain({ database, suite, contracts: [] });
  expect(report).toMatchObject({ ok: true, receiptSize: 200 });
  await database.close();
});

// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { auditChain } from '../../../sidechain/store/audit.ts';
import { batchEntry, startMs } from '../chain/fixture.ts';
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

test('who brings a receipt that another one has overtaken has done nothing wrong; who lies has', async () => {
  const elsewhere = await startNode(await newChain());
  await elsewhere.node.submit(batchEntry(1, []));
  const { note: foreign } = await elsewhere.node.cosign();
  await elsewhere.node.close();

  const { node } = await startNode(await newChain());
  const { note: first } = await node.cosign();
  await node.submit(batchEntry(1, [], { timeMs: startMs + 7 }));
  const { note: second } = await node.cosign();
  expect(await node.submit(receiptEntry(foreign))).toMatchObject({ reason: 'receipt' });
  const [lie] = node.status().refusals;
  expect(lie).toMatchObject({ reason: 'entry-receipt', count: 1 });

  expect(await node.submit(receiptEntry(first))).toMatchObject({ kind: 'accepted' });
  // Made before that one was known: its proof starts from nothing.
  expect(await node.submit(receiptEntry(second))).toMatchObject({ reason: 'receipt' });
  expect(node.status().refusals).toEqual([lie]);
  await node.close();
});

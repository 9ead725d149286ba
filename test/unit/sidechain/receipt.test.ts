// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { signReceipt } from '../../../base/cose-receipt.ts';
import { inclusionProof, leafHash, rootOf } from '../../../base/merkle.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { signAnchor } from '../../../sidechain/chain/anchor.ts';
import type { BlockEntry } from '../../../sidechain/chain/block.ts';
import { signEntry } from '../../../sidechain/chain/entry.ts';
import { chainOrigin } from '../../../sidechain/chain/names.ts';
import { encodeReceiptMessage, mainLeafHash } from '../../../sidechain/chain/receipt-message.ts';
import { auditChain } from '../../../sidechain/store/audit.ts';
import {
  batchEntry,
  chainId,
  gateway,
  mainGenesis,
  mainGenesisBytes,
  mainLogSigner,
} from '../chain/fixture.ts';
import { newChain, startNode, TestDatabase } from './rig.ts';

/** The main log's answer to the anchor of a checkpoint, as an entry of the sidechain. */
function receiptEntry(note: string): BlockEntry {
  const parts = { note, from: 0, consistency: [], receiptSize: 0 };
  const anchor = signAnchor(parts, chainId, gateway);
  const leaves = [leafHash(suite, mainGenesisBytes), mainLeafHash(suite, anchor)];
  const receipt = signReceipt(
    {
      issuer: mainGenesis.mainLog.origin,
      subject: chainOrigin(chainId),
      size: 2,
      index: 1,
      path: inclusionProof(suite, leaves, 1),
      root: rootOf(suite, leaves),
    },
    mainLogSigner,
  );
  const message = { anchor, receipts: [receipt], from: 0, consistency: [] };
  const payload = encodeReceiptMessage(message);
  return { entry: signEntry({ kind: 'receipt', payload, chainId }, gateway) };
}

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

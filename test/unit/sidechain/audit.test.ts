// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import type { Statement } from '../../../host/sqlite.ts';
import { decodeBlock, encodeBlock } from '../../../sidechain/chain/block.ts';
import { auditChain } from '../../../sidechain/store/audit.ts';
import { readBody } from '../../../sidechain/store/block-table.ts';
import { appendStatements } from '../../../sidechain/store/log-table.ts';
import { batchEntry, packAt, schemaEntry, startMs, TestChain } from '../chain/fixture.ts';
import { newChain, startNode, TestDatabase } from './rig.ts';
import { audit, contracts, smallChain } from './small-chain.ts';

test('a chain as it was written passes, and the report says what was looked at', async () => {
  expect(await audit(await smallChain())).toMatchObject({
    ok: true,
    height: 2,
    entryCount: 3,
    refusedCount: 1,
    outputCount: 2,
    cosignedSize: 3,
    receiptSize: 0,
  });
});

/** The body of a block with another block secret; all else in it is as signed. */
async function alteredBody(database: TestDatabase, height: number): Promise<Uint8Array> {
  const body = decodeBlock((await readBody(database, height)) ?? new Uint8Array());
  if (!body.ok) throw new Error(body.detail);
  return encodeBlock({ ...body.value, secret: new Uint8Array(32).fill(99) });
}

/** Puts a body into the log as if it had been written there, checksum and all. */
function rewriteLog(index: number, data: Uint8Array): Statement {
  const [, insert] = appendStatements(suite, [{ index, term: 1, kind: 'normal', data }]);
  return {
    sql: 'REPLACE INTO log (idx, term, kind, data, checksum) VALUES (?, ?, ?, ?, ?)',
    params: insert?.params ?? [],
  };
}

test('a body altered with its checksum made good names its block (S0-02)', async () => {
  const database = await smallChain();
  const body = await alteredBody(database, 1);
  await database.write([rewriteLog(2, body)]);
  expect(await audit(database)).toMatchObject({ ok: false, height: 1, reason: 'outputs' });
});

/** All that is stored of block `height`, made anew from an altered body. */
async function forge(database: TestDatabase, height: number): Promise<void> {
  const chain = new TestChain(contracts);
  for (let at = 1; at < height; at++) {
    const body = decodeBlock((await readBody(database, at)) ?? new Uint8Array());
    if (body.ok) chain.apply(body.value);
  }
  const data = await alteredBody(database, height);
  const body = decodeBlock(data);
  if (!body.ok) throw new Error(body.detail);
  const forged = chain.apply(body.value);
  await database.write([
    rewriteLog(height + 1, data),
    { sql: 'UPDATE block SET header = ? WHERE height = ?', params: [forged.headerBytes, height] },
    ...forged.outputs.map(({ salt, bytes }, position) => ({
      sql: 'UPDATE output SET salt = ?, bytes = ? WHERE height = ? AND position = ?',
      params: [salt, bytes, height, position],
    })),
  ]);
}

test('a block made anew names the next, whose link is broken (S0-02)', async () => {
  const database = await smallChain();
  await forge(database, 1);
  expect(await audit(database)).toMatchObject({ ok: false, height: 2, reason: 'previous' });
});

test('the last block made anew is found by the signed checkpoint', async () => {
  const database = await smallChain();
  await forge(database, 2);
  expect(await audit(database)).toMatchObject({ ok: false, height: 2, reason: 'cosigned' });
});

test.each([
  ['a block is gone', 'DELETE FROM block WHERE height = 1', 1, 'missing'],
  ['the newest block is gone', 'DELETE FROM block WHERE height = 2', 2, 'missing'],
  ['an entry is gone', 'DELETE FROM log WHERE idx = 2', 1, 'missing'],
  ['the newest entry is gone', 'DELETE FROM log WHERE idx = 3', 2, 'missing'],
  ['an output is gone', 'DELETE FROM output WHERE height = 1', 1, 'outputs'],
  ['an output is made up', "INSERT INTO output VALUES (2, 9, x'00', x'00')", 2, 'outputs'],
  ['a term is another', 'UPDATE log SET term = 9 WHERE idx = 3', 2, 'log'],
  ['an entry has another kind', 'UPDATE log SET kind = 1 WHERE idx = 3', 2, 'log'],
  ['a block points elsewhere', 'UPDATE block SET log_index = 3 WHERE height = 1', 1, 'log'],
  [
    'a state value is another',
    "UPDATE state SET value = x'05' WHERE key LIKE '%count'",
    2,
    'state',
  ],
  ['a state value is gone', "DELETE FROM state WHERE key LIKE '%count'", 2, 'state'],
  ['a state value is made up', "INSERT INTO state VALUES ('zzz', x'00')", 2, 'state'],
  ['the genesis is another', "UPDATE chain SET genesis = x'00'", 0, 'genesis'],
  ['the chain has another name', 'UPDATE chain SET chain_id = zeroblob(32)', 0, 'genesis'],
  ['the gateway is a stranger', 'UPDATE chain SET gateway = zeroblob(8)', 2, 'cosigned'],
  [
    'members of Raft are stored that no entry made',
    "INSERT INTO configuration VALUES (1, 2, x'8102', x'80')",
    2,
    'configuration',
  ],
  ['the signed root is another', 'UPDATE cosigned SET root = zeroblob(32)', 2, 'cosigned'],
  ['the signed size is another', 'UPDATE cosigned SET size = 2', 1, 'cosigned'],
  ['more was signed than is there', 'UPDATE cosigned SET size = 9', 3, 'missing'],
  [
    'the signed text is another',
    "UPDATE cosigned SET note = replace(note, '3', '4')",
    2,
    'cosigned',
  ],
])('%s: names the block', async (_, sql, height, reason) => {
  const database = await smallChain();
  await database.write([{ sql, changes: 1 }]);
  expect(await audit(database)).toMatchObject({ ok: false, height, reason });
});

test('a full group of headers has its tree hash, and another one is named', async () => {
  const dataDir = await newChain();
  const { node } = await startNode(dataDir);
  await node.submit(schemaEntry());
  for (let sequence = 1; sequence <= 256; sequence++) {
    await node.submit(batchEntry(sequence, [packAt(startMs + sequence, sequence)]));
  }
  await node.close();
  const database = new TestDatabase(dataDir);
  expect(await auditChain({ database, suite, contracts: [] })).toMatchObject({ ok: true });
  await database.write([{ sql: 'UPDATE history SET hash = zeroblob(32)', changes: 1 }]);
  const report = await auditChain({ database, suite, contracts: [] });
  expect(report).toMatchObject({ ok: false, height: 255, reason: 'history' });
  await database.close();
});

test('a chain is audited beside the gateway that goes on writing', async () => {
  const dataDir = await newChain(contracts);
  const { node } = await startNode(dataDir, { contracts });
  await node.submit(schemaEntry());
  const database = new TestDatabase(dataDir, { readOnly: true });
  const report = audit(database);
  await node.submit(batchEntry(1, [packAt(startMs + 1_000, 10)]));
  expect(await report).toMatchObject({ ok: true });
  expect(await audit(database)).toMatchObject({ ok: true, height: 2 });
  await database.close();
});

test('an audit by other contracts finds other blocks', async () => {
  const database = await smallChain();
  const report = await auditChain({ database, suite, contracts: [] });
  expect(report).toMatchObject({ ok: false, height: 2, reason: 'outputs' });
});

// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { createChain, openChainDatabase, readChain } from '../../../sidechain/store/chain-file.ts';
import { cosignedStatement } from '../../../sidechain/store/cosigned-table.ts';
import { readState } from '../../../sidechain/store/state-table.ts';
import {
  batchEntry,
  chainId,
  gateway,
  genesisBytes,
  packAt,
  schemaEntry,
  startMs,
} from '../chain/fixture.ts';
import { newChain, startNode, TestDatabase, temporaryDirectory } from './rig.ts';

const founding = { genesisBytes, gateway: gateway.keyId, suite, contracts: [] };

test('a chain is made once: a second genesis in its place would be a fork', async () => {
  const dataDir = temporaryDirectory();
  await createChain({ ...founding, dataDir });
  await expect(createChain({ ...founding, dataDir })).rejects.toMatchObject({
    code: 'database-exists',
  });
  const database = await openChainDatabase(dataDir, 'read-only');
  expect(await readChain(database)).toMatchObject({ chainId, genesisBytes, stopped: undefined });
  await database.close();
});

test('a making that was interrupted is finished by the next', async () => {
  const dataDir = temporaryDirectory();
  await createChain({ ...founding, dataDir });
  const made = new TestDatabase(dataDir);
  const tables = ['chain', 'hard_state', 'block', 'state', 'state_height'];
  await made.write(tables.map((table) => ({ sql: `DELETE FROM ${table}` })));
  await made.close();
  await expect(startNode(dataDir)).rejects.toMatchObject({ code: 'chain-unfinished' });
  await createChain({ ...founding, dataDir });
  const { node } = await startNode(dataDir);
  expect(await node.submit(schemaEntry())).toMatchObject({ kind: 'accepted' });
});

test('a chain of another version of the formats is told from a fault of the program', async () => {
  const dataDir = await newChain();
  const made = new TestDatabase(dataDir);
  await made.write([{ sql: "UPDATE state SET value = x'81f6' WHERE key = 'chain/members'" }]);
  await made.close();
  await expect(startNode(dataDir)).rejects.toMatchObject({ code: 'chain-format', retry: 'fatal' });
});

test('a term is never led twice: each start begins a new one', async () => {
  const dataDir = await newChain();
  const terms: number[] = [];
  for (let start = 0; start < 3; start++) {
    const { node } = await startNode(dataDir);
    terms.push(node.status().term);
    await node.close();
  }
  expect(terms).toEqual([1, 2, 3]);
});

test('the state trails the blocks, is stored after a while, and when the node closes', async () => {
  const dataDir = await newChain();
  const { node, clock } = await startNode(dataDir);
  const reader = new TestDatabase(dataDir, { readOnly: true });
  const stored = async () => (await readState(reader)).height;
  await node.submit(schemaEntry());
  await node.submit(batchEntry(1, []));
  expect(await stored()).toBe(0);
  await clock.pass(60_000);
  expect(await stored()).toBe(node.durableSize - 1);
  await node.submit(batchEntry(2, []));
  expect(await stored()).toBe(node.durableSize - 2);
  await node.close();
  expect(await stored()).toBe(node.durableSize - 1);
  await reader.close();
});

test.each([
  ['an entry', 'UPDATE log SET data = zeroblob(99) WHERE idx = 2', 'log-damaged'],
  [
    'the newest entry',
    'DELETE FROM log WHERE idx = (SELECT max(idx) FROM log)',
    'database-damaged',
  ],
  ['a header', 'DELETE FROM block WHERE height = 0', 'database-damaged'],
  ['the state', 'DELETE FROM state_height', 'database-damaged'],
  ['the genesis', "UPDATE chain SET genesis = x'00'", 'database-damaged'],
  ['a column', 'UPDATE block SET log_index = 9223372036854775807', 'database-damaged'],
])('a node does not start where %s is damaged, and says what to do', async (_, sql, code) => {
  const dataDir = await newChain();
  // Left without closing: the state on disk is that of block 0.
  const { node } = await startNode(dataDir, { crash: { write: 6, moment: 'before' } });
  await node.submit(schemaEntry());
  await expect(node.submit(batchEntry(1, []))).rejects.toThrow('power');
  await node.close();
  const database = new TestDatabase(dataDir);
  await database.write([{ sql }]);
  await database.close();
  await expect(startNode(dataDir)).rejects.toMatchObject({
    code,
    retry: 'fatal',
    hint: expect.stringContaining('restore'),
  });
});

test('where more was signed than is on disk, the copy is old and does not start', async () => {
  const dataDir = await newChain();
  const { node } = await startNode(dataDir);
  await node.submit(schemaEntry());
  await node.cosign();
  await node.close();
  const database = new TestDatabase(dataDir);
  await database.write([{ sql: 'UPDATE cosigned SET size = size + 1' }]);
  await database.close();
  await expect(startNode(dataDir)).rejects.toMatchObject({ code: 'rollback', retry: 'fatal' });
});

test('a signed checkpoint is on disk before it is given out, and sizes only grow', async () => {
  const { node, database } = await startNode(await newChain());
  const first = await node.cosign(1);
  await node.submit(schemaEntry());
  expect(await node.cosign(1)).toEqual(first);
  const [second, same] = await Promise.all([node.cosign(), node.cosign()]);
  expect(second).toMatchObject({ size: 2 });
  expect(same).toEqual(second);
  expect(node.lastCosigned).toEqual(second);
  await expect(node.cosign(1)).rejects.toThrow('only grow');
  expect(() => node.cosign(3)).toThrow('durable');
  expect(await database.read('SELECT size, note FROM cosigned')).toEqual([
    { size: 2, note: second.note },
  ]);
  for (const again of [first, second]) {
    await expect(database.write([cosignedStatement(again)])).rejects.toMatchObject({
      code: 'conflict',
    });
  }
});

test('a full outbox refuses, warns before, and takes again what it has room for', async () => {
  const dataDir = await newChain();
  const rules = { itemsMax: 100, ageMs: 1_000, heartbeatMs: 60_000 };
  const { node, clock, lines } = await startNode(dataDir, { rules, outboxBytesMax: 1_000 });
  const packs = (sequence: number) => [packAt(startMs + sequence, sequence)];
  const taken = [node.submit(schemaEntry())];
  let refusal: unknown;
  for (let sequence = 1; refusal === undefined; sequence++) {
    const submitted = node.submit(batchEntry(sequence, packs(sequence)));
    taken.push(submitted);
    refusal = await Promise.race([submitted.catch((error) => error), clock.pass(0)]);
  }
  expect(refusal).toMatchObject({ code: 'outbox-full', retry: 'transient' });
  expect(node.nextSequence()).toBe(taken.length - 1);
  expect(node.status().outbox.bytes).toBeLessThanOrEqual(1_000);
  expect(node.status().outbox).toMatchObject({ count: taken.length - 1, isFilling: true });
  expect(lines.filter((line) => line.includes('outbox-filling'))).toHaveLength(1);
  await clock.pass(1_000);
  await clock.pass(0);
  expect(node.status().outbox).toEqual({ count: 0, bytes: 0, isFilling: false });
  expect(lines.filter((line) => line.includes('outbox-drained'))).toHaveLength(1);
  const next = node.submit(batchEntry(node.nextSequence(), []));
  await clock.pass(0);
  await clock.pass(1_000);
  expect(await next).toMatchObject({ kind: 'accepted' });
});

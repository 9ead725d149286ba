// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { equal } from '../../../base/bytes.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { decodeBlock } from '../../../sidechain/chain/block.ts';
import type { SidechainNode } from '../../../sidechain/node.ts';
import { auditChain } from '../../../sidechain/store/audit.ts';
import { readBody } from '../../../sidechain/store/block-table.ts';
import { batchEntry, gateway, packAt, schemaEntry, schemaId, startMs } from '../chain/fixture.ts';
import { type Crash, newChain, type Rig, startNode, TestDatabase } from './rig.ts';
import { countingContract } from './test-contract.ts';

const contracts = [countingContract];
const batchCount = 4;

type Acknowledged = { readonly entry: Uint8Array; readonly height: number };

/** What a gateway does, from wherever the chain stands; it may be interrupted and run again. */
async function work({ node, clock }: Rig, acknowledged: Acknowledged[]): Promise<void> {
  const submit = async (given: ReturnType<typeof schemaEntry>) => {
    const applied = await node.submit(given);
    expect(applied.kind).not.toBe('refused');
    if (applied.kind === 'accepted') acknowledged.push({ ...applied, entry: given.entry });
  };
  if (node.registry.schema(gateway.keyId, schemaId) === undefined) await submit(schemaEntry());
  for (let next = node.nextSequence(); next <= batchCount; next = node.nextSequence()) {
    await submit(batchEntry(next, [packAt(startMs + next * 1_000, next)]));
    if (next === 2) await clock.pass(60_000);
    await signMore(node);
  }
  await signMore(node);
  await node.close();
  await node.finished;
}

/** Sizes only grow, over all crashes, and what is signed is durable. */
async function signMore(node: SidechainNode): Promise<void> {
  const before = node.lastCosigned?.size ?? 0;
  const { size } = await node.cosign();
  expect(size).toBeGreaterThanOrEqual(before);
  expect(size).toBeLessThanOrEqual(node.durableSize);
}

/** Runs until the power goes. */
async function workUntil(dataDir: string, crash: Crash | undefined) {
  const acknowledged: Acknowledged[] = [];
  const rig = await startNode(dataDir, { contracts, crash });
  const ended = await work(rig, acknowledged).then(
    () => 'done',
    (error: { code?: string }) => error.code,
  );
  await rig.node.close();
  return { acknowledged, ended, writeCount: rig.database.writeCount };
}

async function expectSound(dataDir: string, acknowledged: readonly Acknowledged[]): Promise<void> {
  const database = new TestDatabase(dataDir);
  const report = await auditChain({ database, suite, contracts });
  // Genesis, schema, and each batch once: numbers without gaps leave no room for a lost or doubled
  // one.
  expect(report).toMatchObject({ ok: true, entryCount: 2 + batchCount });
  for (const { entry, height } of acknowledged) {
    const body = decodeBlock((await readBody(database, height)) ?? new Uint8Array());
    expect(body.ok && body.value.entries.some((one) => equal(one.entry, entry))).toBe(true);
  }
  const [left] = await database.read('SELECT count(*) AS count FROM outbox');
  expect(left?.count).toBe(0);
  await database.close();
}

test('a crash before or after any write loses and doubles nothing', async () => {
  const { writeCount } = await workUntil(await newChain(contracts), undefined);
  expect(writeCount).toBeGreaterThan(15);
  for (let write = 1; write <= writeCount; write++) {
    for (const moment of ['before', 'after'] as const) {
      const dataDir = await newChain(contracts);
      const first = await workUntil(dataDir, { write, moment });
      expect(first.ended, `${moment} write ${write}`).toBe('power-cut');
      const second = await workUntil(dataDir, undefined);
      expect(second.ended).toBe('done');
      await expectSound(dataDir, [...first.acknowledged, ...second.acknowledged]);
    }
  }
});

test('crash after crash, each a write later than the one before', async () => {
  const dataDir = await newChain(contracts);
  const acknowledged: Acknowledged[] = [];
  for (let write = 1; ; write++) {
    const run = await workUntil(dataDir, { write, moment: write % 2 === 0 ? 'before' : 'after' });
    acknowledged.push(...run.acknowledged);
    if (run.ended === 'done') break;
  }
  await expectSound(dataDir, acknowledged);
});

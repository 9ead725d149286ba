// SPDX-License-Identifier: Apache-2.0
// `tieline chain verify` on the chain of a gateway that ran: sound beside the running gateway and
// after its end; with one byte of an entry, a header or an output altered it names the block.

import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { GatewayStatus } from '../../agent/status.ts';
import { type Database, openDatabase } from '../../host/sqlite.ts';
import { chainPath } from '../../sidechain/store/chain-file.ts';
import { chainMigrations } from '../../sidechain/store/migrations.ts';
import { newNetwork, tieline, untilStatus } from './harness/network.ts';
import { type Random, seededRandom, seedOfRun } from './harness/random.ts';

type Place = { readonly table: string; readonly column: string; readonly where: string };
type Target = Place & { readonly height: number; readonly bytes: Uint8Array };

function open(dataDir: string): Promise<Database> {
  const path = chainPath(dataDir);
  return openDatabase({ path, mode: 'existing', migrations: chainMigrations });
}

/** One of each for every block: the entry that is its body, its header, its outputs. */
async function targetsOf(dataDir: string): Promise<readonly Target[]> {
  const database = await open(dataDir);
  try {
    const blocks = await database.read('SELECT height, log_index, header FROM block');
    const logs = await database.read(
      'SELECT idx, height, data FROM log JOIN block ON log_index = idx',
    );
    const outputs = await database.read('SELECT height, position, bytes FROM output');
    const at = (height: unknown, bytes: unknown, place: Place): Target => ({
      ...place,
      height: Number(height),
      bytes: bytes as Uint8Array,
    });
    return [
      ...blocks.map(({ height, header }) =>
        at(height, header, { table: 'block', column: 'header', where: `height = ${height}` }),
      ),
      ...logs.map(({ idx, height, data }) =>
        at(height, data, { table: 'log', column: 'data', where: `idx = ${idx}` }),
      ),
      ...outputs.map(({ height, position, bytes }) => {
        const where = `height = ${height} AND position = ${position}`;
        return at(height, bytes, { table: 'output', column: 'bytes', where });
      }),
    ];
  } finally {
    await database.close();
  }
}

async function set(dataDir: string, target: Place, bytes: Uint8Array): Promise<void> {
  const database = await open(dataDir);
  const { table, column, where } = target;
  await database.write([
    { sql: `UPDATE ${table} SET ${column} = ? WHERE ${where}`, params: [bytes], changes: 1 },
  ]);
  await database.close();
}

function altered(bytes: Uint8Array, random: Random): Uint8Array {
  const copy = bytes.slice();
  const place = random.between(0, copy.length - 1);
  copy[place] = (copy[place] ?? 0) ^ (1 << random.between(0, 7));
  return copy;
}

function some<T>(of: readonly T[], random: Random, count: number): readonly T[] {
  const left = [...of];
  const chosen: T[] = [];
  while (chosen.length < count && left.length > 0) {
    chosen.push(...left.splice(random.between(0, left.length - 1), 1));
  }
  return chosen;
}

test('any byte altered in chain.db is found, and its block named (S0-02)', async () => {
  const seed = seedOfRun();
  const random = seededRandom(seed);
  const network = await newNetwork();
  await network.gateway.start();
  const hasEnough = ({ ledger, uplink }: GatewayStatus) =>
    ledger.height >= 8 && uplink.summariesStored >= 4;
  await untilStatus(network, 'blocks and summaries', hasEnough);
  const beside = await tieline('chain', 'verify', '--data', network.gatewayData);
  expect(beside, beside.out + beside.errors).toMatchObject({ code: 0 });
  expect(await network.gateway.stop()).toMatchObject({ code: 0 });

  const data = join(network.dir, 'altered');
  await cp(network.gatewayData, data, { recursive: true });
  const targets = await targetsOf(data);
  for (const table of ['block', 'log', 'output']) {
    const rows = targets.filter((target) => target.table === table);
    expect(rows.length).toBeGreaterThan(3);
    for (const target of some(rows, random, 8)) {
      await set(data, target, altered(target.bytes, random));
      const { code, out, errors } = await tieline('chain', 'verify', '--data', data, '--json');
      const message = `TIELINE_SEED=${seed}: ${table}, ${target.where}: ${out}${errors}`;
      expect(code, message).toBe(1);
      expect(JSON.parse(out), message).toMatchObject({ ok: false, height: target.height });
      await set(data, target, target.bytes);
    }
  }
  const sound = await tieline('chain', 'verify', '--data', data);
  expect(sound, sound.out).toMatchObject({ code: 0, out: expect.stringContaining('\nok\n') });
});

test('a file that holds no chain is named with what to do', async () => {
  const network = await newNetwork({ meterCount: 0 });
  const { code, errors } = await tieline('chain', 'verify', '--data', network.dir);
  expect(code).toBe(1);
  expect(errors).toMatch(/^tieline: .*chain\.db/);
});

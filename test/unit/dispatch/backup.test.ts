// SPDX-License-Identifier: Apache-2.0
// Copies of the ledger: made beside a running centre, whole or refused; and brought back without
// ever signing a second history.

import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { utf8 } from '../../../base/bytes.ts';
import { backUp, restore, trustCopy } from '../../../dispatch/backup.ts';
import type { DispatchConfig } from '../../../dispatch/config.ts';
import { dispatchFiles } from '../../../dispatch/files.ts';
import { readMark } from '../../../dispatch/restored.ts';
import { ledgerMigrations } from '../../../dispatch/store/ledger-schema.ts';
import { createKeyFile } from '../../../host/key-file.ts';
import { Connection } from '../../../host/sqlite-connection.ts';
import { signRecord } from '../../../sidechain/chain/main-record.ts';
import { type FakeChain, makeChain } from './fake-chain.ts';
import { dispatcher, mainLog } from './fake-main-log.ts';
import { TestCentre } from './test-centre.ts';

let centre: TestCentre;
let chain: FakeChain;
let copy: string;
let config: DispatchConfig;
let elsewhere: DispatchConfig;

beforeEach(async () => {
  centre = await TestCentre.begin();
  chain = makeChain(mainLog, { seed: 81 });
  await centre.enrol(chain);
  await centre.send(chain, 'anchor', chain.anchor());
  copy = join(centre.directory, 'copy.sqlite');
  config = configOf(centre.directory);
  elsewhere = configOf(join(centre.directory, 'elsewhere'));
  mkdirSync(elsewhere.data);
  writeKey(elsewhere.data);
});
afterEach(() => centre.end());

function configOf(data: string): DispatchConfig {
  const mqtt = { url: 'mqtt://127.0.0.1', clientId: 'c', group: 'g' };
  return { data, mqtt, http: { host: '127.0.0.1', port: 0 }, history: {}, witnesses: [] };
}

/** The key of the tests' main log, as `dispatch init` writes one. */
function writeKey(directory: string): void {
  const seed = Buffer.alloc(32);
  seed.writeUInt32BE(1);
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  const lines = [
    '-----BEGIN PRIVATE KEY-----',
    der.toString('base64'),
    '-----END PRIVATE KEY-----',
  ];
  writeFileSync(dispatchFiles(directory).logKey, `${lines.join('\n')}\n`, { mode: 0o600 });
}

async function anchorOnce(): Promise<void> {
  const from = chain.size;
  chain.addBlock();
  await centre.send(chain, 'anchor', chain.anchor({ from }));
}

describe('a copy', () => {
  test('is whole while the centre writes, and verified', async () => {
    const writing = (async () => {
      for (let count = 0; count < 30; count++) await anchorOnce();
    })();
    const audit = await backUp(config, copy);
    await writing;
    expect(audit).toMatchObject({ chainCount: 1 });
    expect(audit.size).toBeGreaterThanOrEqual(2);
    expect(existsSync(`${copy}-new`)).toBe(false);
    await expect(backUp(config, copy)).rejects.toMatchObject({ code: 'database-exists' });
  });

  test.each([
    'UPDATE anchor SET bytes = zeroblob(9) WHERE log_index = 1',
    'UPDATE leaf SET hash = zeroblob(32) WHERE log_index = 1',
    'UPDATE log SET size = 3',
  ])('that was altered is brought back nowhere: %s', async (sql) => {
    await backUp(config, copy);
    const connection = new Connection({
      path: copy,
      mode: 'existing',
      migrations: ledgerMigrations,
    });
    connection.write([{ sql }]);
    connection.close();
    const restoring = restore(elsewhere, { from: copy, listenMs: 1 });
    await expect(restoring).rejects.toMatchObject({ code: 'ledger-damaged' });
    expect(existsSync(dispatchFiles(elsewhere.data).ledger)).toBe(false);
  });

  test('is of the records too', async () => {
    const command = { kind: 'command', content: utf8('reduce to 4.2 kW') } as const;
    const record = signRecord(command, mainLog.id, dispatcher);
    const taken = await centre.centre.ordering.submit({ kind: 'record', record });
    expect(taken).toMatchObject({ kind: 'receipt', logIndex: 2 });
    await backUp(config, copy);
    const connection = new Connection({
      path: copy,
      mode: 'existing',
      migrations: ledgerMigrations,
    });
    connection.write([{ sql: 'UPDATE record SET bytes = zeroblob(9)' }]);
    connection.close();
    const restoring = restore(elsewhere, { from: copy, listenMs: 1 });
    await expect(restoring).rejects.toThrow('what is at 2 is not what its leaf says');
  });

  test('overwrites nothing, and is of the key that is there', async () => {
    await backUp(config, copy);
    const over = restore(config, { from: copy, listenMs: 1 });
    await expect(over).rejects.toMatchObject({ code: 'database-exists' });
    rmSync(dispatchFiles(elsewhere.data).logKey);
    await createKeyFile(dispatchFiles(elsewhere.data).logKey);
    const foreign = restore(elsewhere, { from: copy, listenMs: 1 });
    await expect(foreign).rejects.toMatchObject({ code: 'wrong-key' });
  });

  test('brought back bears a mark until it is trusted', async () => {
    await backUp(config, copy);
    const audit = await restore(elsewhere, { from: copy, listenMs: 60_000 });
    const { ledger, restored } = dispatchFiles(elsewhere.data);
    expect(existsSync(ledger)).toBe(true);
    expect(await readMark(restored)).toEqual({ size: audit.size, listenMs: 60_000 });
    trustCopy(elsewhere);
    expect(await readMark(restored)).toBeUndefined();
  });
});

describe('a centre on a copy', () => {
  /** Takes the place of the ledger, as it was when it was copied. */
  async function startOnCopy(): Promise<void> {
    await centre.stop();
    for (const suffix of ['', '-wal', '-shm'])
      rmSync(centre.path('ledger') + suffix, { force: true });
    copyFileSync(copy, centre.path('ledger'));
    await centre.start({ restoredSize: 2 });
  }

  test('takes nothing while it listens, and goes on when nobody knows better', async () => {
    await backUp(config, copy);
    await startOnCopy();
    const again = chain.anchor({ receiptSize: 2 });
    expect(await centre.send(chain, 'anchor', again)).toMatchObject([{ code: 'restored' }]);
    await expect(centre.enrol(makeChain(mainLog, { seed: 82 }))).rejects.toThrow();
    expect(centre.centre.beginTaking()).toBe(true);
    expect(await centre.send(chain, 'anchor', again)).toMatchObject([{ kind: 'receipt' }]);
  });

  test('never signs where a gateway holds a receipt of a longer log', async () => {
    await backUp(config, copy);
    await anchorOnce();
    await startOnCopy();
    const before = readFileSync(centre.path('ledger'));
    const newer = chain.anchor({ from: 1, receiptSize: 3 });
    expect(await centre.send(chain, 'anchor', newer)).toMatchObject([{ code: 'log-rolled-back' }]);
    expect(centre.centre.beginTaking()).toBe(false);
    const older = chain.anchor({ from: 1, receiptSize: 2 });
    expect(await centre.send(chain, 'anchor', older)).toMatchObject([{ code: 'restored' }]);
    expect(readFileSync(centre.path('ledger'))).toEqual(before);
  });

  test('is not stopped by who is no member', async () => {
    await backUp(config, copy);
    await startOnCopy();
    const lie = chain.anchor({ receiptSize: 900, by: 77, cosigners: [77, 78] });
    expect(await centre.send(chain, 'anchor', lie)).toMatchObject([{ code: 'restored' }]);
    expect(centre.centre.beginTaking()).toBe(true);
  });
});

// SPDX-License-Identifier: Apache-2.0
// A process that is the centre: real files, threads and answers, without the broker. It takes the
// messages of a file in as fast as it can, or at a pace, and measures itself. Argument: a `Take` as
// JSON; answers with a `Taken`.

import { existsSync, statSync } from 'node:fs';
import { openCentre } from '../../../dispatch/centre.ts';
import { dispatchFiles } from '../../../dispatch/files.ts';
import { historyMigrations } from '../../../dispatch/history/history-schema.ts';
import { SqliteHistory } from '../../../dispatch/history/sqlite-history.ts';
import { ledgerMigrations } from '../../../dispatch/store/ledger-schema.ts';
import { systemClock } from '../../../host/clock.ts';
import { readKeyFile } from '../../../host/key-file.ts';
import { createLog } from '../../../host/log.ts';
import { openDatabase } from '../../../host/sqlite.ts';
import { VerifyPool } from '../../../host/verify-pool.ts';
import { chainOrigin } from '../../../sidechain/chain/names.ts';
import { Feed } from './feed.ts';
import type { Take, Taken } from './orders.ts';

const order = JSON.parse(process.argv[2] ?? '') as Take;
const { dir } = order.files;
const files = dispatchFiles(dir);
const startedMs = performance.now();
const ledgerOptions = { path: files.ledger, migrations: ledgerMigrations };
const ledger = await openDatabase({ ...ledgerOptions, mode: 'existing' });
const ledgerReader = await openDatabase({ ...ledgerOptions, mode: 'read-only' });
const history = await openDatabase({
  path: files.history,
  mode: existsSync(files.history) ? 'existing' : 'create',
  migrations: historyMigrations,
});
const verifiers = new VerifyPool();
const feed = new Feed(order);
const centre = await openCentre({
  ledger,
  ledgerReader,
  history: new SqliteHistory(history),
  signer: await readKeyFile(files.logKey),
  clock: await systemClock(),
  log: createLog({ level: 'error' }),
  verifyAll: (checks) => verifiers.verify(checks),
  publish: async (topic, payload) => feed.answered(topic, payload),
  brokerConnected: () => true,
  onFailure: (error) => {
    // Not for anybody to catch: the process ends.
    process.nextTick(() => {
      throw error;
    });
  },
});
const startMs = performance.now() - startedMs;
const residentAtStartMb = process.memoryUsage.rss() / 1e6;
const send = (chainId: Uint8Array, kind: string, payload: Uint8Array) =>
  centre.ingest.take(`${chainOrigin(chainId)}/${kind}`, payload);
await feed.warmUp(send);
const before = { ...sizes(), log: await logSize() };
const cpu = process.cpuUsage();
const begun = performance.now();
await feed.run(send);
const seconds = (performance.now() - begun) / 1_000;
const used = process.cpuUsage(cpu);
const anchors = (await logSize()) - before.log;
await centre.close();
for (const database of [history, ledgerReader, ledger]) await database.close();
await verifiers.close();
const after = sizes();
const taken: Taken = {
  startMs,
  residentAtStartMb,
  residentMostMb: process.resourceUsage().maxRSS / 1_000,
  seconds,
  cpuSeconds: (used.user + used.system) / 1e6,
  ledgerBytes: after.ledger - before.ledger,
  historyBytes: after.history - before.history,
  anchors,
  ...feed.result(),
};
process.stdout.write(`${JSON.stringify(taken)}\n`);

/** Leaves of the main log that are durable: second line of its checkpoint. */
async function logSize(): Promise<number> {
  return Number((await centre.ordering.checkpoint()).split('\n')[1]);
}

function sizes(): { readonly ledger: number; readonly history: number } {
  const size = (path: string): number => (existsSync(path) ? statSync(path).size : 0);
  return { ledger: size(files.ledger), history: size(files.history) };
}

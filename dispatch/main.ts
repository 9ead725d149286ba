// SPDX-License-Identifier: Apache-2.0
// The central program, put together. Opened from the disk upward (ledger, ordering, history), so that the broker
// and the API come when all that answers them is there; closed the other way round: what is queued is finished.

import { existsSync } from 'node:fs';
import { equal, toHex } from '../base/bytes.ts';
import { TielineError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { nodeSuite } from '../base/node-suite.ts';
import type { Signer } from '../base/suite.ts';
import { systemClock } from '../host/clock.ts';
import { startHttp } from '../host/http.ts';
import { readKeyFile } from '../host/key-file.ts';
import type { Log } from '../host/log.ts';
import { connectMqtt } from '../host/mqtt.ts';
import { type Database, openDatabase } from '../host/sqlite.ts';
import { chainRoutes } from './api/chains.ts';
import { logRoutes } from './api/log.ts';
import { summaryRoutes } from './api/summaries.ts';
import { loadDispatchConfig } from './config.ts';
import { dispatchFiles } from './files.ts';
import { History } from './history/history.ts';
import { historyMigrations } from './history/history-schema.ts';
import { Ingest } from './ingest/ingest.ts';
import { Refusals } from './ingest/refusals.ts';
import { upFilters } from './ingest/topics.ts';
import { EmbeddedOrdering } from './ordering/embedded.ts';
import type { Ordering } from './ordering/ordering.ts';
import { ledgerMigrations } from './store/ledger-schema.ts';
import { LedgerStore } from './store/ledger-store.ts';
import { SummaryStore } from './store/summary-store.ts';

export type DispatchReady = {
  readonly apiUrl: string;
  readonly mqttUrl: string;
  readonly origin: string;
  /** Hex. */
  readonly mainLogId: string;
  readonly chainCount: number;
};

export type RunningDispatch = {
  readonly ready: DispatchReady;
  /** Rejects when it cannot go on without losing something: the process must then end, at once. */
  readonly failed: Promise<never>;
  /** Takes nothing more, finishes and answers what it has, and closes. */
  close(): Promise<void>;
};

/** @throws TielineError `config`, `database-*`, `ledger-*`, `key-file`, `wrong-key`, `listen`. */
export async function runDispatch(options: {
  readonly configPath: string;
  readonly log: Log;
}): Promise<RunningDispatch> {
  const { log } = options;
  const config = loadDispatchConfig(options.configPath);
  const files = dispatchFiles(config.data);
  const closing = new Closing();
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => {});
  const onFailure = (error: unknown): void => failure.reject(error);
  try {
    const signer = await readKeyFile(files.logKey);
    const clock = await systemClock();
    const database = await openLedger(files.ledger, closing);
    const historyDatabase = await openHistory(files.history, closing);
    const ledger = new LedgerStore(database);
    const summaries = new SummaryStore(database);
    const ordering = await EmbeddedOrdering.open({
      suite: nodeSuite,
      store: ledger,
      signer,
      nowMs: clock.nowMs,
      onFailure,
    });
    closing.add(() => ordering.close());
    requireOwnKey(ordering, signer, files.logKey);
    const refusals = await openRefusals(database, { nowMs: clock.nowMs, onFailure, closing });
    const history = new History({ database: historyDatabase, source: summaries, onFailure });
    closing.add(() => history.close());
    history.follow();

    const mqtt = connectMqtt({ ...config.mqtt, log });
    closing.add(() => mqtt.close());
    const ingest = new Ingest({
      suite: nodeSuite,
      ordering,
      ledger,
      summaries,
      refusals,
      signer,
      clock,
      log,
      publish: (topic, payload) => mqtt.publish(topic, payload, { qos: 1, retain: false }),
      onStored: () => history.follow(),
      onFailure,
    });
    closing.add(() => ingest.close());
    for (const filter of upFilters)
      mqtt.subscribe(filter, (topic, bytes) => ingest.take(topic, bytes));

    const http = await startHttp({
      ...config.http,
      log,
      routes: [
        ...chainRoutes({ suite: nodeSuite, ordering, ledger }),
        ...summaryRoutes({ suite: nodeSuite, ordering, ledger, summaries, history }),
        ...logRoutes({
          ordering,
          brokerConnected: () => mqtt.connected,
          refused: () => refusals.totals(),
        }),
      ],
    });
    closing.add(() => http.close());
    const { origin, id } = ordering.mainLog;
    const { chainCount } = ordering;
    const ready = { apiUrl: http.url, mqttUrl: config.mqtt.url, origin, mainLogId: toHex(id) };
    return {
      ready: { ...ready, chainCount },
      failed: failure.promise,
      close: () => closing.run(),
    };
  } catch (error) {
    await closing.run().catch(() => {});
    throw error;
  }
}

/** What was opened, closed last first. */
class Closing {
  readonly #steps: (() => Promise<void>)[] = [];

  add(step: () => Promise<void>): void {
    this.#steps.push(step);
  }

  /** All of them, whatever fails; then the first failure. */
  async run(): Promise<void> {
    const errors: unknown[] = [];
    for (const step of this.#steps.splice(0).reverse()) {
      await step().catch((error: unknown) => errors.push(error));
    }
    if (errors.length > 0) throw errors[0];
  }
}

async function openLedger(path: string, closing: Closing): Promise<Database> {
  const database = await openDatabase({ path, mode: 'existing', migrations: ledgerMigrations });
  closing.add(() => database.close());
  return database;
}

async function openHistory(path: string, closing: Closing): Promise<Database> {
  const mode = existsSync(path) ? 'existing' : 'create';
  const database = await openDatabase({ path, mode, migrations: historyMigrations });
  closing.add(() => database.close());
  return database;
}

async function openRefusals(
  database: Database,
  options: {
    readonly nowMs: () => number;
    readonly onFailure: (error: unknown) => void;
    readonly closing: Closing;
  },
): Promise<Refusals> {
  const refusals = await Refusals.open(database, options.nowMs);
  const timer = setInterval(() => {
    refusals.flush().catch(options.onFailure);
  }, limits.refusalsFlushMs);
  options.closing.add(async () => {
    clearInterval(timer);
    await refusals.flush();
  });
  return refusals;
}

function requireOwnKey({ mainLog }: Ordering, signer: Signer, path: string): void {
  if (mainLog.keys.some(({ publicKey }) => equal(publicKey, signer.publicKey))) return;
  throw new TielineError('wrong-key', `${path} is not a key of the main log ${mainLog.origin}`, {
    hint: 'restore the key that was made together with this ledger',
  });
}

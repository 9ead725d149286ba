// SPDX-License-Identifier: Apache-2.0
// The central program: opens from the disk upward, so that the broker and the API come when all
// that answers them is there, and closes the other way round, so that what is queued is finished
// and answered.

import { toHex } from '../base/bytes.ts';
import { systemClock } from '../host/clock.ts';
import type { Log } from '../host/log.ts';
import { connectMqtt, type Mqtt } from '../host/mqtt.ts';
import { type Database, databaseBytes, openDatabase } from '../host/sqlite.ts';
import { readTlsFiles } from '../host/tls-files.ts';
import { VerifyPool } from '../host/verify-pool.ts';
import { startApi } from './api/start-api.ts';
import { type Centre, openCentre } from './centre.ts';
import { type DispatchConfig, loadDispatchConfig, witnessKey } from './config.ts';
import { dispatchFiles } from './files.ts';
import { openHistory } from './history/open-history.ts';
import {
  anchorFilter,
  isKept,
  keptFilters,
  orderedFilters,
  type UpFilter,
} from './ingest/topics.ts';
import { LogKeyring } from './log-keyring.ts';
import { type ConsortiumSettings, openConsortium } from './ordering/consortium/open-consortium.ts';
import type { Ordering, OrderingParts } from './ordering/ordering.ts';
import { type RestoredMark, readMark, removeMark } from './restored.ts';
import { ledgerMigrations } from './store/ledger-schema.ts';
import type { WitnessPlace } from './witness/witnessing.ts';

export type DispatchReady = {
  readonly apiUrl: string;
  readonly origin: string;
  /** 64 hex digits. */
  readonly mainLogId: string;
  readonly chainCount: number;
};

export type RunningDispatch = {
  readonly ready: DispatchReady;
  /** Rejects when it cannot go on without losing something: the process must then end, at once. */
  readonly failed: Promise<never>;
  /** Takes nothing more, finishes and answers what it has, and closes. */
  readonly close: () => Promise<void>;
};

/** @throws TielineError `config`, `database-*`, `ledger-*`, `key-file`, `wrong-key`, `listen`. */
export async function runDispatch(options: {
  readonly configPath: string;
  readonly log: Log;
}): Promise<RunningDispatch> {
  const { log } = options;
  const config = loadDispatchConfig(options.configPath);
  const { url, clientId, group } = config.mqtt;
  const { consortium } = config;
  const files = dispatchFiles(config.data);
  const opened: (() => Promise<void>)[] = [];
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => {});
  try {
    const signer = await LogKeyring.open(files, log);
    const ledger = await openLedger(files.ledger, 'existing');
    opened.push(() => ledger.close());
    const ledgerReader = await openLedger(files.ledger, 'read-only');
    opened.push(() => ledgerReader.close());
    const restored = await readMark(files.restored);
    const clock = await systemClock();
    const history = await openHistory({ config: config.history, path: files.history, ...clock });
    opened.push(() => history.close());
    const mqtt = connectMqtt({ url, clientId, tls: await readTlsFiles(config.mqtt), log });
    opened.push(() => mqtt.close());
    const verifiers = new VerifyPool();
    opened.push(() => verifiers.close());
    const centre = await openCentre({
      ledger,
      ledgerReader,
      history: history.store,
      historyKeepMs: config.history.keepMs,
      signer,
      keyring: signer,
      clock,
      log,
      verifyAll: (checks) => verifiers.verify(checks),
      publish: (topic, payload) => mqtt.publish(topic, payload, { qos: 1, retain: false }),
      ...(consortium && { openOrdering: withOthers(consortium) }),
      brokerConnected: () => mqtt.connected,
      witnesses: witnessesOf(config),
      databaseBytes: bytesOf(files),
      restoredSize: restored?.size,
      onFailure: failure.reject,
    });
    opened.push(() => centre.close());
    const http = await startApi(config, {
      routes: centre.routes,
      onAnswered: centre.onAnswered,
      tokensPath: files.tokens,
      clock,
      log,
    });
    opened.push(() => http.close());
    const ownGroup = consortium === undefined ? group : `${group}-${toHex(signer.keyId)}`;
    const subscribe = subscriber(mqtt, centre, { group, ownGroup });
    const stopListening = hearFirst(centre, { restored, path: files.restored, subscribe, log });
    opened.push(async () => stopListening());
    return {
      ready: readyOf(centre, http.url),
      failed: failure.promise,
      close: () => closeAll(opened),
    };
  } catch (error) {
    await closeAll(opened).catch(() => {});
    throw error;
  }
}

function openLedger(path: string, mode: 'existing' | 'read-only'): Promise<Database> {
  return openDatabase({ path, mode, migrations: ledgerMigrations });
}

/**
 * All that comes up is heard at once; on a ledger that was brought back anchors alone, and nothing is
 * taken, until all gateways have had time to speak.
 */
function hearFirst(
  centre: Centre,
  parts: {
    readonly restored: RestoredMark | undefined;
    readonly path: string;
    readonly subscribe: (filters: readonly UpFilter[]) => void;
    readonly log: Log;
  },
): () => void {
  const { restored, path, subscribe, log } = parts;
  if (restored === undefined) {
    subscribe([...orderedFilters, ...keptFilters]);
    return () => {};
  }
  log.warn('ledger-restored', { size: restored.size, listenMs: restored.listenMs });
  subscribe([anchorFilter]);
  const timer = setTimeout(() => {
    if (!centre.beginTaking()) return;
    removeMark(path);
    log.info('ledger-trusted', { size: restored.size });
    subscribe([...orderedFilters.filter((one) => one !== anchorFilter), ...keptFilters]);
  }, restored.listenMs);
  return () => clearTimeout(timer);
}

function readyOf({ ordering: { mainLog, chainCount } }: Centre, apiUrl: string): DispatchReady {
  return { apiUrl, origin: mainLog.origin, mainLogId: toHex(mainLog.id), chainCount };
}

function bytesOf(files: { readonly ledger: string; readonly history: string }) {
  return () => ({ ledger: databaseBytes(files.ledger), history: databaseBytes(files.history) });
}

/** Organisations share what the ledger orders; what each keeps for itself, each has to get. */
function subscriber(
  mqtt: Mqtt,
  { ingest }: Centre,
  { group, ownGroup }: { readonly group: string; readonly ownGroup: string },
): (filters: readonly UpFilter[]) => void {
  const take = (topic: string, payload: Uint8Array) => ingest.take(topic, payload);
  return (filters) => {
    for (const one of filters) mqtt.subscribe(one, take, isKept(one) ? ownGroup : group);
  };
}

function withOthers(settings: ConsortiumSettings) {
  return (parts: OrderingParts, ledger: Database): Promise<Ordering> =>
    openConsortium(parts, ledger, settings);
}

function witnessesOf({ witnesses }: DispatchConfig): readonly WitnessPlace[] {
  return witnesses.flatMap(({ url, key: text }) => {
    const key = witnessKey(text);
    return key.ok ? [{ url, key: key.value }] : [];
  });
}

/** Last opened first, each of them whatever the others do; then the first failure. */
async function closeAll(opened: (() => Promise<void>)[]): Promise<void> {
  const errors: unknown[] = [];
  for (const close of opened.splice(0).reverse()) {
    await close().catch((error: unknown) => errors.push(error));
  }
  if (errors.length > 0) throw errors[0];
}

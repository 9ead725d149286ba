// SPDX-License-Identifier: Apache-2.0
// The centre between its databases and its sockets: ledger, ordering, ingest, history and API, put
// together. It neither opens nor closes a file or a connection, so that it runs the same in the
// program and in a test.

import { equal } from '../base/bytes.ts';
import { TielineError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { nodeSuite } from '../base/node-suite.ts';
import type { Signer } from '../base/suite.ts';
import type { Clock } from '../host/clock.ts';
import type { Answered } from '../host/http.ts';
import type { Log } from '../host/log.ts';
import type { Database } from '../host/sqlite.ts';
import type { ApiRoute } from './api/access.ts';
import { chainRoutes } from './api/chains.ts';
import { copyRoutes } from './api/copies.ts';
import { eventRoutes } from './api/events.ts';
import { logRoutes } from './api/log.ts';
import { marketRoutes } from './api/market.ts';
import { operationRoutes, type ReadyCheck } from './api/operation.ts';
import { profileRoutes } from './api/profile.ts';
import { publicLogRoutes } from './api/public-log.ts';
import { recordRoutes } from './api/records.ts';
import { registryRoutes } from './api/registry.ts';
import { reportRoutes } from './api/reports.ts';
import { requestRoutes } from './api/requests.ts';
import { summaryRoutes } from './api/summaries.ts';
import { usageRoutes } from './api/usage.ts';
import { History } from './history/history.ts';
import type { HistoryStore } from './history/history-store.ts';
import { Ingest } from './ingest/ingest.ts';
import { Refusals } from './ingest/refusals.ts';
import type { VerifyAll } from './ledger/signed-ahead.ts';
import type { Keyring } from './log-keyring.ts';
import { DispatchMetrics } from './metrics.ts';
import { EmbeddedOrdering } from './ordering/embedded.ts';
import { ListeningOrdering } from './ordering/listening-ordering.ts';
import { MeteredOrdering } from './ordering/metered-ordering.ts';
import type { Ordering, OrderingParts, OrderingStatus } from './ordering/ordering.ts';
import { RequestSender } from './requests.ts';
import { CopyStore } from './store/copy-store.ts';
import { EventStore } from './store/event-store.ts';
import { readLedgerCounts } from './store/ledger-counts.ts';
import { LedgerStore } from './store/ledger-store.ts';
import { RequestStore } from './store/request-store.ts';
import { SummaryStore } from './store/summary-store.ts';
import { Witnessing, type WitnessPlace } from './witness/witnessing.ts';

export type CentreOptions = {
  /** With `ledgerMigrations` and a genesis in it. */
  readonly ledger: Database;
  /** The same file once more, for reading: what people ask for never holds up a receipt. */
  readonly ledgerReader: Database;
  /** May be new. */
  readonly history: HistoryStore;
  /** How long summaries are kept in it; undefined: for ever. */
  readonly historyKeepMs?: number | undefined;
  /** A key of the main log. */
  readonly signer: Signer;
  /** By which the signer becomes the next key when the keys change hands. */
  readonly keyring?: Keyring;
  readonly clock: Clock;
  readonly log: Log;
  /** Verifies signatures in threads; without it they are verified one by one. */
  readonly verifyAll?: VerifyAll;
  /** By itself, the ordering of one organisation. */
  readonly openOrdering?: (parts: OrderingParts, ledger: Database) => Promise<Ordering>;
  readonly publish: (topic: string, payload: Uint8Array) => Promise<void>;
  readonly brokerConnected: () => boolean;
  /** Co-sign the checkpoints of the log; none by default. */
  readonly witnesses?: readonly WitnessPlace[];
  /** Size of the log where the ledger was brought back from a copy: then it only listens at first. */
  readonly restoredSize?: number | undefined;
  /** Bytes of its databases on disk, by name. */
  readonly databaseBytes?: () => Readonly<Record<string, number>>;
  /** What else must be well before it may be sent work. */
  readonly checks?: Readonly<Record<string, ReadyCheck>>;
  /** Called where going on could lose or double something: the process must end. */
  readonly onFailure: (error: unknown) => void;
};

export type Centre = {
  readonly ordering: Ordering;
  readonly ingest: Ingest;
  readonly history: History;
  /** Begins to take messages, where it only listened; false where it must not. */
  readonly beginTaking: () => boolean;
  /** To be told of each answer of the API. */
  readonly onAnswered: (answered: Answered) => void;
  /** Of the API, without the door before them. */
  readonly routes: readonly ApiRoute[];
  /** Takes nothing more; finishes, answers and writes what it has. */
  close(): Promise<void>;
};

/** @throws TielineError `ledger-empty`, `ledger-damaged`, `wrong-key`, or as the databases do. */
export async function openCentre(options: CentreOptions): Promise<Centre> {
  const { signer, clock, log, publish, brokerConnected, onFailure } = options;
  const suite = nodeSuite;
  const ledger = new LedgerStore(options.ledger);
  const metrics = new DispatchMetrics();
  const { verifyAll, keyring } = options;
  const parts = { suite, store: ledger, signer, keyring, clock, log, verifyAll, onFailure };
  const opened = await (options.openOrdering ?? openEmbedded)(parts, options.ledger);
  requireOwnKey(opened, signer);
  const listening = listenerFor(options, opened);
  const ordering = new MeteredOrdering(listening ?? opened, clock.monotonicMs);
  const refusals = await Refusals.open(options.ledger, clock.nowMs);
  const flushing = setInterval(() => {
    refusals.flush().catch(onFailure);
  }, limits.refusalsFlushMs);
  const shownLedger = new LedgerStore(options.ledgerReader);
  const shownSummaries = new SummaryStore(options.ledgerReader);
  const shownRequests = new RequestStore(options.ledgerReader);
  const history = followHistory(options, shownSummaries);
  const requests = new RequestStore(options.ledger);
  const sender = new RequestSender({ requests, ordering, publish, clock, log, onFailure });
  const ingest = new Ingest({
    suite,
    ordering,
    ledger,
    requests,
    summaries: new SummaryStore(options.ledger),
    refusals,
    signer,
    clock,
    log,
    publish,
    onStored: () => history.follow(),
    onFailure,
  });
  const witnessing = startWitnessing(options, ordering);
  const shown = { suite, ordering, ledger: shownLedger, summaries: shownSummaries, history };
  return {
    ordering,
    ingest,
    history,
    beginTaking: () => listening?.open() ?? true,
    onAnswered: metrics.onAnswered,
    routes: [
      ...chainRoutes(shown),
      ...reportRoutes(shown),
      ...summaryRoutes(shown),
      ...usageRoutes(shown),
      ...profileRoutes(shown),
      ...watchRoutes(options, { metrics, ordering, ingest, history, refusals, listening }),
      ...registryRoutes(shown),
      ...recordRoutes(shown),
      ...marketRoutes(shown),
      ...requestRoutes({ suite, ordering, requests: shownRequests, onTaken: () => sender.ring() }),
      ...publicLogRoutes({ ordering, checkpoint: () => witnessing.checkpoint() }),
      ...copyRoutes({ ...shown, copies: new CopyStore(options.ledgerReader) }),
      ...logRoutes({ ...shown, witnessing, brokerConnected, refused: () => refusals.totals() }),
    ],
    close: async () => {
      clearInterval(flushing);
      await witnessing.close();
      await ingest.close();
      await sender.close();
      await ordering.close();
      await history.close();
      await refusals.flush();
      metrics.close();
    },
  };
}

function followHistory(options: CentreOptions, source: SummaryStore): History {
  const { history: store, historyKeepMs: keepMs, clock, log, onFailure } = options;
  const followed = { suite: nodeSuite, store, source, log, nowMs: clock.nowMs, keepMs, onFailure };
  const history = new History(followed);
  history.follow();
  return history;
}

function startWitnessing(options: CentreOptions, ordering: Ordering): Witnessing {
  const { clock, log, witnesses = [] } = options;
  const { monotonicMs } = clock;
  const asked = { suite: nodeSuite, ordering, witnesses, monotonicMs, log, fetch };
  const witnessing = new Witnessing(asked);
  witnessing.start();
  return witnessing;
}

/** Routes by which others follow what happens here, and watch how it goes. */
function watchRoutes(
  options: CentreOptions,
  parts: {
    readonly metrics: DispatchMetrics;
    readonly ordering: MeteredOrdering;
    readonly ingest: Ingest;
    readonly history: History;
    readonly refusals: Refusals;
    readonly listening: ListeningOrdering | undefined;
  },
): readonly ApiRoute[] {
  const { ledgerReader, brokerConnected, databaseBytes = () => ({}) } = options;
  const { metrics, ordering, ingest, history, refusals, listening } = parts;
  const events = eventRoutes(new EventStore(ledgerReader));
  const ledger = () => readLedgerCounts(ledgerReader);
  const operation = operationRoutes({
    checks: {
      broker: async () => (brokerConnected() ? undefined : 'not connected'),
      ledger: async () => void (await ledger()),
      ...(ordering.status.kind === 'consortium'
        ? { consortium: async () => consortiumState(ordering.status) }
        : {}),
      ...(listening === undefined ? {} : { copy: async () => copyState(listening) }),
      ...options.checks,
    },
    metrics: () =>
      metrics.gather({
        chainCount: () => ordering.chainCount,
        brokerConnected,
        refused: () => refusals.totals(),
        ordering: () => ordering.families(),
        ingest: () => ingest.load,
        ledger,
        history: () => history.status(),
        databaseBytes,
        eventStreams: events.streamCount,
      }),
  });
  return [...events.routes, ...operation];
}

async function openEmbedded({ clock, ...parts }: OrderingParts): Promise<Ordering> {
  const ordering = await EmbeddedOrdering.open({ ...parts, nowMs: clock.nowMs });
  if (ordering.mainLog.threshold === 1) return ordering;
  await ordering.close();
  throw new TielineError('ledger-shared', 'this log needs the signatures of several', {
    hint: 'it is kept by a consortium: `consortium` is missing in dispatch.yaml',
  });
}

function listenerFor(
  { restoredSize: size, log }: CentreOptions,
  ordering: Ordering,
): ListeningOrdering | undefined {
  return size === undefined
    ? undefined
    : new ListeningOrdering(ordering, { suite: nodeSuite, size, log });
}

function consortiumState({ state }: OrderingStatus): string | undefined {
  if (state === 'ok') return undefined;
  return state === 'behind'
    ? 'it fetches what the others have'
    : 'too few organisations take part: see `ordering` under /healthz';
}

function copyState({ state }: ListeningOrdering): string | undefined {
  if (state === 'open') return undefined;
  return state === 'listening'
    ? 'restored from a copy: listens whether it is the newest'
    : 'restored from a copy that is older than what was signed: restore a newer one';
}

function requireOwnKey({ mainLog }: Ordering, signer: Signer): void {
  if (mainLog.keys.some(({ publicKey }) => equal(publicKey, signer.publicKey))) return;
  throw new TielineError('wrong-key', `the key is not one of the main log ${mainLog.origin}`, {
    hint: 'restore main-log.key, or main-log-next.key, as it was when this ledger was written',
  });
}

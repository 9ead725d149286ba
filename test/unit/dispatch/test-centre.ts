// SPDX-License-Identifier: Apache-2.0
// A centre on databases in a temporary directory, without broker and port: messages go in by hand,
// and what it publishes is opened as a gateway would. It can be killed at any write, and started
// again on what the disk has.

import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assert } from '../../../base/assert.ts';
import { nodeSuite } from '../../../base/node-suite.ts';
import type { Signer } from '../../../base/suite.ts';
import { HistoryTree } from '../../../base/tree.ts';
import { localUser } from '../../../dispatch/api/rights.ts';
import { startApi } from '../../../dispatch/api/start-api.ts';
import { type Centre, openCentre } from '../../../dispatch/centre.ts';
import type { DispatchConfig } from '../../../dispatch/config.ts';
import { historyMigrations } from '../../../dispatch/history/history-schema.ts';
import type { HistoryStore } from '../../../dispatch/history/history-store.ts';
import { SqliteHistory } from '../../../dispatch/history/sqlite-history.ts';
import { MainLedger } from '../../../dispatch/ledger/main-ledger.ts';
import type { Keyring } from '../../../dispatch/log-keyring.ts';
import { ledgerMigrations } from '../../../dispatch/store/ledger-schema.ts';
import { LedgerStore } from '../../../dispatch/store/ledger-store.ts';
import type { WitnessPlace } from '../../../dispatch/witness/witnessing.ts';
import type { Clock } from '../../../host/clock.ts';
import type { HttpRequest, HttpServer } from '../../../host/http.ts';
import { createLog } from '../../../host/log.ts';
import { type Answer, openAnswer } from '../../../sidechain/chain/answer.ts';
import { chainOrigin } from '../../../sidechain/chain/names.ts';
import type { FakeChain } from './fake-chain.ts';
import { enrolmentOf, logSigner, mainGenesis, mainLog } from './fake-main-log.ts';
import { type Crash, InlineDatabase } from './inline-database.ts';

type Published = { readonly topic: string; readonly payload: Uint8Array };

const silent = createLog({ level: 'error', write: () => {} });

/** As the HTTP shell makes one. */
export function requestFor(params: Readonly<Record<string, string>>): HttpRequest {
  return {
    params,
    query: {},
    body: undefined,
    headers: {},
    address: '127.0.0.1',
    certificate: undefined,
    ending: new AbortController().signal,
  };
}

export class TestCentre {
  readonly directory: string;
  readonly published: Published[] = [];
  readonly failures: unknown[] = [];
  nowMs = 1_767_225_700_000;
  connected = true;
  /** Whether the broker acknowledges what is published. */
  acknowledges = true;
  #centre: Centre | undefined;
  #ledger: InlineDatabase | undefined;
  #reader: InlineDatabase | undefined;
  #history: InlineDatabase | undefined;
  /** Instead of SQLite. */
  readonly #otherHistory: HistoryStore | undefined;

  readonly #signer: Signer;
  /** By which the signer becomes the next key. */
  readonly #keyring: Keyring | undefined;

  /** Co-sign its checkpoints. */
  readonly #witnesses: readonly WitnessPlace[];

  private constructor(
    directory: string,
    signer: Signer,
    history?: HistoryStore,
    witnesses: readonly WitnessPlace[] = [],
    keyring?: Keyring,
  ) {
    this.#keyring = keyring;
    this.#witnesses = witnesses;
    this.directory = directory;
    this.#signer = signer;
    this.#otherHistory = history;
  }

  /** With an empty log, running. */
  static async begin(
    options: {
      readonly genesis?: Uint8Array;
      readonly signer?: Signer;
      readonly history?: HistoryStore;
      readonly witnesses?: readonly WitnessPlace[];
      readonly keyring?: Keyring;
    } = {},
  ): Promise<TestCentre> {
    const { genesis = mainGenesis, signer = logSigner, history, witnesses, keyring } = options;
    const directory = mkdtempSync(join(tmpdir(), 'tieline-centre-'));
    const test = new TestCentre(directory, signer, history, witnesses, keyring);
    const path = test.path('ledger');
    const database = new InlineDatabase({ path, mode: 'create', migrations: ledgerMigrations });
    const tree = new HistoryTree(nodeSuite, { leafHashAt: () => new Uint8Array() });
    const { changes } = MainLedger.begin(nodeSuite, genesis, tree);
    await new LedgerStore(database).persist(changes, { size: tree.size, root: tree.root() });
    await database.close();
    await test.start();
    return test;
  }

  /** Another one, not running, on a copy of what this one had on disk when it stopped. */
  async copy(): Promise<TestCentre> {
    const directory = mkdtempSync(join(tmpdir(), 'tieline-centre-'));
    const copy = new TestCentre(directory, this.#signer);
    cpSync(this.directory, copy.directory, { recursive: true });
    return copy;
  }

  /** Changes what is on the disk, as somebody who has no business there. */
  async alter(sql: string): Promise<void> {
    const path = this.path('ledger');
    const database = new InlineDatabase({ path, mode: 'existing', migrations: ledgerMigrations });
    await database.write([{ sql }]);
    await database.close();
  }

  path(name: 'ledger' | 'history'): string {
    return join(this.directory, `${name}.sqlite`);
  }

  async start(
    options: {
      readonly crash?: Crash;
      readonly historyCrash?: Crash;
      readonly signer?: Signer;
      readonly keyring?: Keyring;
      readonly restoredSize?: number;
    } = {},
  ): Promise<void> {
    this.#ledger = new InlineDatabase(
      { path: this.path('ledger'), mode: 'existing', migrations: ledgerMigrations },
      options.crash,
    );
    this.#reader = new InlineDatabase({
      path: this.path('ledger'),
      mode: 'read-only',
      migrations: ledgerMigrations,
    });
    const history = this.path('history');
    const mode = existsSync(history) ? 'existing' : 'create';
    this.#history = new InlineDatabase(
      { path: history, mode, migrations: historyMigrations },
      options.historyCrash,
    );
    try {
      this.#centre = await openCentre({
        ledger: this.#ledger,
        ledgerReader: this.#reader,
        history: this.#otherHistory ?? new SqliteHistory(this.#history),
        signer: options.signer ?? this.#signer,
        ...keyringOf(options.keyring ?? this.#keyring),
        clock: this.#clock,
        log: silent,
        publish: async (topic, payload) => {
          if (!this.connected) throw new Error('not connected');
          this.published.push({ topic, payload });
          if (!this.acknowledges) await new Promise(() => {});
        },
        brokerConnected: () => this.connected,
        witnesses: this.#witnesses,
        restoredSize: options.restoredSize,
        onFailure: (error) => this.failures.push(error),
      });
    } catch (error) {
      await this.#closeDatabases();
      throw error;
    }
  }

  /** The API, on a port of this machine. Tokens are in `tokens.json`, if there are any. */
  async serve(http: Partial<DispatchConfig['http']> = {}): Promise<HttpServer> {
    const { routes, onAnswered } = this.centre;
    const clock = this.#clock;
    const tokensPath = join(this.directory, 'tokens.json');
    const settings = { http: { host: '127.0.0.1', port: 0, ...http } };
    return startApi(settings, { routes, onAnswered, tokensPath, clock, log: silent });
  }

  get #clock(): Clock {
    return {
      nowMs: () => this.nowMs,
      monotonicMs: () => this.nowMs,
      state: () => ({ state: 'synchronised', errorMs: 1 }),
    };
  }

  get centre(): Centre {
    assert(this.#centre !== undefined, 'the centre is running');
    return this.#centre;
  }

  get ledger(): InlineDatabase {
    assert(this.#ledger !== undefined, 'the centre is running');
    return this.#ledger;
  }

  /** In good order. */
  async stop(): Promise<void> {
    await this.#centre?.close();
    await this.#closeDatabases();
  }

  /** Without a word: what is in memory is lost. */
  async kill(): Promise<void> {
    await this.#centre?.close().catch(() => {});
    await this.#closeDatabases();
  }

  async end(): Promise<void> {
    await this.kill();
    rmSync(this.directory, { recursive: true });
  }

  async enrol(chain: Parameters<typeof enrolmentOf>[0]): Promise<void> {
    const outcome = await this.centre.ordering.submit({ kind: 'enrol', ...enrolmentOf(chain) });
    assert(outcome.kind === 'enrolled', 'the chain of the test is enrolled');
  }

  /** Sends as a gateway does. @returns the answers to it, verified with what the chain pins. */
  async send(
    chain: Pick<FakeChain, 'chainId'>,
    kind: 'anchor' | 'summary' | 'event' | 'answer' | 'membership',
    payload: Uint8Array,
  ): Promise<readonly Answer[]> {
    const before = this.published.length;
    await this.centre.ingest.take(`${chainOrigin(chain.chainId)}/${kind}`, payload);
    return this.answersTo(chain, before);
  }

  /** What was published to a chain, from the message number `from` on. */
  answersTo(chain: Pick<FakeChain, 'chainId'>, from = 0): readonly Answer[] {
    const topic = `${chainOrigin(chain.chainId)}/receipt`;
    return this.published
      .slice(from)
      .filter((message) => message.topic === topic)
      .map(({ payload }) => {
        const { chainId } = chain;
        const answer = openAnswer(nodeSuite, payload, { chainId, mainLog });
        assert(answer.ok, 'an answer of the centre verifies');
        return answer.value;
      });
  }

  /** Counters of `/healthz`. */
  async refused(): Promise<Readonly<Record<string, number>>> {
    const health = this.centre.routes.find(({ path }) => path === '/healthz');
    assert(health !== undefined, 'the centre tells its health');
    const answer = await health.handler(requestFor({}), localUser, async () => localUser);
    return (answer.body as { refused: Readonly<Record<string, number>> }).refused;
  }

  async #closeDatabases(): Promise<void> {
    this.#centre = undefined;
    await this.#ledger?.close();
    await this.#reader?.close();
    await this.#history?.close();
    this.#ledger = undefined;
    this.#reader = undefined;
    this.#history = undefined;
  }
}

function keyringOf(keyring: Keyring | undefined) {
  return keyring === undefined ? {} : { keyring };
}

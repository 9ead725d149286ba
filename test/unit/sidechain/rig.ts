// SPDX-License-Identifier: Apache-2.0
// A gateway's node on a real file and a simulated clock: what the tests of store and node build on.
// The file is opened in this thread, so that a test decides before and after which write the
// process dies.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { ClockState } from '../../../base/clock-state.ts';
import { TielineError } from '../../../base/errors.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import type { Signer } from '../../../base/suite.ts';
import type { Clock } from '../../../host/clock.ts';
import { createLog, type Log } from '../../../host/log.ts';
import type { Database, Row, SqlValue, Statement } from '../../../host/sqlite.ts';
import { Connection } from '../../../host/sqlite-connection.ts';
import type { ArchiveRules } from '../../../sidechain/archivist.ts';
import type { Contract } from '../../../sidechain/chain/ledger.ts';
import { openNode, type SidechainNode } from '../../../sidechain/node.ts';
import type { NodeOptions, NodeRules } from '../../../sidechain/node-options.ts';
import { chainPath, createChain } from '../../../sidechain/store/chain-file.ts';
import { chainMigrations } from '../../../sidechain/store/migrations.ts';
import { gateway, genesisBytes, startMs } from '../chain/fixture.ts';

/** Every batch is a block at once. */
export const eagerRules: NodeRules = { itemsMax: 1, ageMs: 0, heartbeatMs: 60_000 };

/** A directory that goes away with the test. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'tieline-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Files of new chains: made once for each list of contracts, then copied. */
const newFiles = new Map<readonly Contract[], Uint8Array>();
const noContracts: readonly Contract[] = [];

/** A new chain of the fixture's gateway, in a directory of its own. */
export async function newChain(contracts = noContracts): Promise<string> {
  const dataDir = temporaryDirectory();
  const file = newFiles.get(contracts);
  if (file !== undefined) {
    writeFileSync(chainPath(dataDir), file);
    return dataDir;
  }
  await createChain({ dataDir, genesisBytes, gateway: gateway.keyId, suite, contracts });
  newFiles.set(contracts, readFileSync(chainPath(dataDir)));
  return dataDir;
}

/** Where the process dies: at its write number `write` (from 1), before it or right after. */
export type Crash = { readonly write: number; readonly moment: 'before' | 'after' };

export class TestDatabase implements Database {
  readonly #connection: Connection;
  readonly #crash: Crash | undefined;
  #writeCount = 0;
  #isDead = false;

  constructor(dataDir: string, options: { readOnly?: boolean; crash?: Crash | undefined } = {}) {
    this.#crash = options.crash;
    const mode = options.readOnly === true ? 'read-only' : 'existing';
    this.#connection = new Connection({
      path: chainPath(dataDir),
      mode,
      migrations: chainMigrations,
    });
  }

  /** So many writes from now on find the file locked by another program. */
  lockedWrites = 0;

  #held: { readonly write: number; readonly released: Promise<void> } | undefined;

  /** The disk stalls at this write alone, until the function that is returned is called. */
  hold(write: number): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#held = { write, released: promise };
    return resolve;
  }

  get writeCount(): number {
    return this.#writeCount;
  }

  async write(statements: readonly Statement[]): Promise<void> {
    if (statements.length === 0) return;
    this.#assertAlive();
    if (this.lockedWrites > 0) {
      this.lockedWrites -= 1;
      throw new TielineError('database-locked', 'in use', { retry: 'transient' });
    }
    this.#writeCount += 1;
    if (this.#held?.write === this.#writeCount) await this.#held.released;
    const isHere = this.#crash?.write === this.#writeCount;
    if (isHere && this.#crash?.moment === 'before') this.#die();
    this.#connection.write(statements);
    if (isHere) this.#die();
  }

  async read(sql: string, params: readonly SqlValue[] = []): Promise<readonly Row[]> {
    this.#assertAlive();
    const { columns, rows } = this.#connection.read(sql, params);
    const plain = (value: SqlValue | undefined) =>
      value instanceof Uint8Array ? new Uint8Array(value) : (value ?? null);
    return rows.map((row) => Object.fromEntries(columns.map((name, i) => [name, plain(row[i])])));
  }

  async close(): Promise<void> {
    this.#connection.close();
  }

  #die(): never {
    this.#isDead = true;
    this.#assertAlive();
    throw new Error('unreachable');
  }

  #assertAlive(): void {
    if (this.#isDead) throw new TielineError('power-cut', 'the power is gone', { retry: 'fatal' });
  }
}

/** Time passes when a test says so. */
export class TestClock implements Clock {
  wallMs = startMs;
  elapsedMs = 0;
  clockState: ClockState = 'synchronised';
  readonly #runs = new Set<() => void>();

  readonly nowMs = (): number => this.wallMs;
  readonly monotonicMs = (): number => this.elapsedMs;
  readonly state = () => ({ state: this.clockState, errorMs: null });

  readonly every = (_intervalMs: number, run: () => void): (() => void) => {
    this.#runs.add(run);
    return () => this.#runs.delete(run);
  };

  /** Stands where another one stands. */
  follow({ wallMs, elapsedMs }: TestClock): void {
    this.wallMs = wallMs;
    this.elapsedMs = elapsedMs;
  }

  /**
   * Both clocks go on and everything that recurs runs once; then the node has done what it could.
   */
  async pass(ms: number): Promise<void> {
    this.advance(ms);
    await settle();
  }

  /** Does not wait for what comes of it. */
  advance(ms: number): void {
    this.wallMs += ms;
    this.elapsedMs += ms;
    for (const run of this.#runs) run();
  }
}

/** Until nothing is left to do that does not wait for time. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve));
}

export type Rig = {
  readonly node: SidechainNode;
  readonly database: TestDatabase;
  readonly clock: TestClock;
  readonly lines: string[];
};

export type RigOptions = {
  readonly clock?: TestClock;
  readonly crash?: Crash | undefined;
  readonly rules?: NodeRules;
  readonly onCommitted?: NodeOptions['onCommitted'];
  readonly contracts?: readonly Contract[];
  readonly outboxBytesMax?: number;
  readonly signer?: Signer;
  readonly archive?: ArchiveRules;
  readonly hasRoom?: () => boolean;
};

export function nodeOptions(
  database: Database,
  clock: TestClock,
  log: Log,
  options: RigOptions = {},
): NodeOptions {
  let secretCount = 0;
  return {
    database,
    suite,
    signer: options.signer ?? gateway,
    contracts: options.contracts ?? [],
    clock,
    log,
    random: (length) => {
      secretCount += 1;
      return new Uint8Array(length).fill(secretCount);
    },
    every: clock.every,
    rules: options.rules ?? eagerRules,
    onCommitted: options.onCommitted,
    ...(options.archive === undefined ? {} : { archive: options.archive }),
    ...(options.hasRoom === undefined ? {} : { hasRoom: options.hasRoom }),
    ...(options.outboxBytesMax === undefined ? {} : { outboxBytesMax: options.outboxBytesMax }),
  };
}

/** Opens a node on that directory and lets it become leader. */
export async function startNode(dataDir: string, options: RigOptions = {}): Promise<Rig> {
  const clock = options.clock ?? new TestClock();
  const lines: string[] = [];
  const log = createLog({ level: 'debug', human: false, write: (line) => lines.push(line) });
  const database = new TestDatabase(dataDir, { crash: options.crash });
  try {
    const node = await openNode(nodeOptions(database, clock, log, options));
    onTestFinished(() => node.close());
    await clock.pass(0);
    return { node, database, clock, lines };
  } catch (error) {
    await database.close();
    throw error;
  }
}

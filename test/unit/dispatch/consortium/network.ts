// SPDX-License-Identifier: Apache-2.0
// Four organisations with real ledgers on disk and no engine: blocks are proposed, judged, voted
// for and committed by hand, as the engine does it, so that a test can lie, kill and leave out.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assert } from '../../../../base/assert.ts';
import { toHex } from '../../../../base/bytes.ts';
import { nodeSuite } from '../../../../base/node-suite.ts';
import type { Signer } from '../../../../base/suite.ts';
import { HistoryTree } from '../../../../base/tree.ts';
import { MainLedger } from '../../../../dispatch/ledger/main-ledger.ts';
import { appHash } from '../../../../dispatch/ordering/consortium/app-hash.ts';
import { ConsortiumOrdering } from '../../../../dispatch/ordering/consortium/consortium.ts';
import {
  engineGenesisText,
  readEngineGenesis,
  validatorAddress,
} from '../../../../dispatch/ordering/consortium/engine-genesis.ts';
import { ConsensusStore, firstBlock } from '../../../../dispatch/store/consensus-store.ts';
import { ledgerMigrations } from '../../../../dispatch/store/ledger-schema.ts';
import { LedgerStore } from '../../../../dispatch/store/ledger-store.ts';
import { createLog } from '../../../../host/log.ts';
import { openMainGenesis, signMainGenesis } from '../../../../sidechain/chain/main-genesis.ts';
import type { MainLog } from '../../../../sidechain/chain/main-log.ts';
import { signerOf, startMs } from '../fake-chain.ts';
import { InlineDatabase } from '../inline-database.ts';

const suite = nodeSuite;
const names = ['north', 'east', 'south', 'west'];
export const organisations = names.map((name, i) => ({
  name,
  log: signerOf(7_000 + i),
  vote: signerOf(7_100 + i),
}));
export const dispatcher = signerOf(7_200);
/** In the market, for east. */
export const trader = signerOf(7_201);
/** Who votes for each organisation. */
export const officers = names.map((_, i) => signerOf(7_300 + i));

const genesisBytes = signMainGenesis(
  {
    version: 1,
    origin: 'grid.example/main',
    keys: organisations.map(({ log, name }) => ({ publicKey: log.publicKey, name })),
    threshold: 3,
    persons: [
      {
        publicKey: dispatcher.publicKey,
        name: 'dana',
        roles: ['dispatch', 'local'],
        organisation: 'north',
      },
      { publicKey: trader.publicKey, name: 'tom', roles: ['market'], organisation: 'east' },
    ],
    organisations: organisations.map(({ name }, i) => ({
      name,
      roles: ['dispatch', 'local', 'market'] as const,
      governanceKey: (officers[i] as Signer).publicKey,
    })),
    timeMs: startMs,
    nonce: new Uint8Array(32).fill(9),
    // Of five blocks here.
    tradeWindowMs: 5_000,
  },
  (organisations[0] as { log: Signer }).log,
);
const opened = openMainGenesis(suite, genesisBytes);
assert(opened.ok, 'the genesis of the test holds');
export const mainLog: MainLog = opened.value.mainLog;

const founders = organisations.map(({ name, vote }) => ({ name, consensusKey: vote.publicKey }));
export const engineGenesis = engineGenesisText(suite, mainLog, founders, startMs);

export function addressOf(index: number): Uint8Array {
  return validatorAddress(suite, (organisations[index] as { vote: Signer }).vote.publicKey);
}

export type LogLine = { readonly event: string } & Readonly<Record<string, unknown>>;

export class TestNode {
  readonly index: number;
  readonly lines: LogLine[] = [];
  readonly failures: unknown[] = [];
  readonly #directory: string;
  #database: InlineDatabase | undefined;
  #ordering: ConsortiumOrdering | undefined;

  constructor(index: number, directory: string) {
    this.index = index;
    this.#directory = directory;
  }

  get ordering(): ConsortiumOrdering {
    assert(this.#ordering !== undefined, 'the node runs');
    return this.#ordering;
  }

  get application() {
    return this.ordering.application;
  }

  get store(): LedgerStore {
    assert(this.#database !== undefined, 'the node runs');
    return new LedgerStore(this.#database);
  }

  get runs(): boolean {
    return this.#ordering !== undefined;
  }

  async create(): Promise<void> {
    const database = this.#open('create');
    const tree = new HistoryTree(suite, { leafHashAt: () => new Uint8Array() });
    const { changes } = MainLedger.begin(suite, genesisBytes, tree);
    const head = { size: tree.size, root: tree.root() };
    const { stateHash, genesisTimeMs } = readEngineGenesis(suite, engineGenesis, mainLog);
    const hash = appHash(suite, head, stateHash);
    const first = { height: 0, appHash: hash, stateHash, timeMs: genesisTimeMs };
    await new LedgerStore(database).persist(changes, head, [firstBlock(first)]);
    await database.close();
  }

  async start(network: TestNetwork): Promise<void> {
    this.#database = this.#open('existing');
    this.#ordering = await ConsortiumOrdering.open({
      suite,
      store: new LedgerStore(this.#database),
      consensus: new ConsensusStore(this.#database),
      genesis: (log) => readEngineGenesis(suite, engineGenesis, log),
      signer: (organisations[this.index] as { log: Signer }).log,
      clock: {
        nowMs: () => network.nowMs,
        monotonicMs: () => network.nowMs,
        state: () => ({ state: 'synchronised', errorMs: 1 }),
      },
      log: createLog({
        level: 'debug',
        human: false,
        write: (line) => this.lines.push(JSON.parse(line)),
      }),
      engine: network.engineOf(this.index),
      closeEngine: async () => {},
      onFailure: (error) => this.failures.push(error),
    });
  }

  /** What is in memory is lost. */
  async kill(): Promise<void> {
    await this.#ordering?.close();
    await this.#database?.close();
    this.#ordering = undefined;
  }

  #open(mode: 'create' | 'existing'): InlineDatabase {
    const path = join(this.#directory, `${this.index}.sqlite`);
    return new InlineDatabase({ path, mode, migrations: ledgerMigrations });
  }
}

export type Block = { readonly transactions: readonly Uint8Array[]; readonly timeMs: number };

export class TestNetwork {
  readonly nodes: readonly TestNode[];
  readonly blocks: Block[] = [];
  nowMs = startMs;
  readonly #directory: string;
  readonly #mempool = new Map<string, Uint8Array>();

  private constructor(directory: string) {
    this.#directory = directory;
    this.nodes = names.map((_, i) => new TestNode(i, directory));
  }

  static async begin(): Promise<TestNetwork> {
    const network = new TestNetwork(mkdtempSync(join(tmpdir(), 'tieline-consortium-')));
    for (const node of network.nodes) {
      await node.create();
      await node.start(network);
    }
    // Each looks how its engine stands.
    await Promise.all(network.nodes.map((node) => node.ordering.look()));
    return network;
  }

  node(index: number): TestNode {
    const node = this.nodes[index];
    assert(node !== undefined, 'there are four nodes');
    return node;
  }

  get running(): readonly TestNode[] {
    return this.nodes.filter(({ runs }) => runs);
  }

  /** What has been submitted and stands in no block. */
  get waiting(): readonly Uint8Array[] {
    return [...this.#mempool.values()];
  }

  engineOf(index: number) {
    return {
      broadcast: async (bytes: Uint8Array) => {
        const hash = toHex(suite.sha256(bytes));
        if (this.#mempool.has(hash)) return { kind: 'taken' as const };
        const flaw = await this.node(index).application.check(bytes);
        if (flaw !== undefined) return { kind: 'refused' as const, detail: flaw };
        this.#mempool.set(hash, bytes);
        return { kind: 'taken' as const };
      },
      isCatchingUp: async () => false,
      peers: async () =>
        this.running
          .filter((node) => node.index !== index)
          .map((node) => ({ id: String(node.index), name: names[node.index] ?? '' })),
    };
  }

  /**
   * One block by this proposer over all that run; its transactions, unless others are given. Liars vote
   * for whatever is proposed, and sign another root.
   */
  async block(
    options: {
      readonly proposer?: number;
      readonly transactions?: readonly Uint8Array[];
      readonly liars?: readonly number[];
    } = {},
  ): Promise<readonly boolean[]> {
    const { proposer = this.running[0]?.index ?? 0, liars = [] } = options;
    const waiting = [...this.#mempool.values()];
    const transactions =
      options.transactions ?? (await this.node(proposer).application.prepare(waiting, 4_000_000));
    const accepted: boolean[] = [];
    for (const { index, application } of this.running) {
      const honest = await application.accepts(transactions, addressOf(proposer));
      accepted.push(liars.includes(index) || honest);
    }
    if (accepted.filter(Boolean).length < 3 || !this.#vote(liars)) return accepted;
    const timeMs = startMs + 1_000 * (this.blocks.length + 1);
    this.blocks.push({ transactions, timeMs });
    for (const node of this.running) await this.decide(node, this.blocks.length);
    for (const bytes of transactions) this.#mempool.delete(toHex(suite.sha256(bytes)));
    return accepted;
  }

  /** Each one's vote reaches all others. @returns whether those who are honest count three that hold. */
  #vote(liars: readonly number[]): boolean {
    const height = this.blocks.length + 1;
    const counted = this.running.map(() => 0);
    for (const from of this.running) {
      const made = from.application.extension(height);
      const extension = liars.includes(from.index) ? made.with(3, (made[3] ?? 0) ^ 1) : made;
      for (const [i, to] of this.running.entries()) {
        const holds = to === from || to.application.takes(height, addressOf(from.index), extension);
        if (holds) counted[i] = (counted[i] ?? 0) + 1;
      }
    }
    return counted.every((count, i) => liars.includes(this.running[i]?.index ?? -1) || count >= 3);
  }

  /** Applies and commits the block of this height. */
  async decide({ application }: TestNode, height: number): Promise<Uint8Array> {
    const block = this.blocks[height - 1];
    assert(block !== undefined, 'the block was made');
    const { appHash: hash } = await application.apply(block.transactions, { ...block, height });
    await application.commit();
    return hash;
  }

  async end(): Promise<void> {
    for (const node of this.running) await node.kill();
    rmSync(this.#directory, { recursive: true });
  }
}

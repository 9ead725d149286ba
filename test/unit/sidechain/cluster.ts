// SPDX-License-Identifier: Apache-2.0
// Several members of one chain in this process, each on a file of its own, over a network that
// does what a test says: it loses messages, keeps some back, and falls apart. Time passes for all
// of them alike, when a test says so.

import { copyFileSync, rmSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import { toHex } from '../../../base/bytes.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { createLog } from '../../../host/log.ts';
import type { ArchiveRules } from '../../../sidechain/archivist.ts';
import type { BlockEntry } from '../../../sidechain/chain/block.ts';
import { openGenesis, signGenesis } from '../../../sidechain/chain/genesis.ts';
import type { Contract } from '../../../sidechain/chain/ledger.ts';
import { type MembershipChange, signMembership } from '../../../sidechain/chain/membership.ts';
import type { Introduction } from '../../../sidechain/members.ts';
import { openNode, type SidechainNode } from '../../../sidechain/node.ts';
import type { NodeRules } from '../../../sidechain/node-options.ts';
import type { NodeId } from '../../../sidechain/raft/entry.ts';
import { auditChain } from '../../../sidechain/store/audit.ts';
import { chainPath, createChain } from '../../../sidechain/store/chain-file.ts';
import type { Receiver, Transport, WireMessage } from '../../../sidechain/transport/transport.ts';
import { engineer, mainGenesis, startMs, testSigner } from '../chain/fixture.ts';
import { emptyBatch } from './empty-batch.ts';
import {
  type Crash,
  eagerRules,
  nodeOptions,
  settle,
  TestClock,
  TestDatabase,
  temporaryDirectory,
} from './rig.ts';

/** Numbers between 0 and 1, the same in every run. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

export class TestNetwork {
  readonly #receivers = new Map<NodeId, Receiver>();
  readonly #cut = new Set<string>();
  /** Whom each talks to; who is not told yet talks to all. */
  readonly #known = new Map<NodeId, ReadonlySet<NodeId>>();
  readonly #kept: (() => void)[] = [];
  /** Of a message, whether it is lost. */
  loses: (from: NodeId, to: NodeId, message: WireMessage) => boolean = () => false;
  /** Whether it is kept back until `release`. */
  keeps: (from: NodeId, to: NodeId, message: WireMessage) => boolean = () => false;

  join(id: NodeId, receiver: Receiver): Transport {
    this.#receivers.set(id, receiver);
    const peers = (): NodeId[] => [...this.#receivers.keys()].filter((other) => other !== id);
    return {
      setMembers: (members) => this.#known.set(id, new Set(members.map((one) => one.id))),
      send: (to, message) => this.#send(id, to, message),
      status: () => ({
        address: { host: 'memory', port: id },
        strangers: {},
        peers: peers().map((peer) => ({
          id: peer,
          isConnected: this.#isOpen(id, peer),
          calledBy: 'us',
          connects: 1,
          sent: 0,
          received: 0,
          dropped: { control: 0, log: 0, bulk: 0 },
          refused: {},
        })),
      }),
      close: async () => {
        if (this.#receivers.get(id) === receiver) this.#receivers.delete(id);
      },
    };
  }

  /** These cannot hear the others, nor be heard by them. */
  isolate(...ids: readonly NodeId[]): void {
    for (let other = 1; other <= 7; other++) {
      if (ids.includes(other)) continue;
      for (const id of ids) this.#cut.add(`${id} ${other}`).add(`${other} ${id}`);
    }
  }

  heal(): void {
    this.#cut.clear();
  }

  /** What was kept back arrives now. */
  release(): void {
    for (const arrive of this.#kept.splice(0)) arrive();
  }

  /** Says something in the name of a member. */
  forge(from: NodeId, to: NodeId, message: WireMessage): void {
    void this.#receivers.get(to)?.message(from, message);
  }

  #isOpen(from: NodeId, to: NodeId): boolean {
    const isKnown = (one: NodeId, other: NodeId) => this.#known.get(one)?.has(other) !== false;
    const isLinked = isKnown(from, to) && isKnown(to, from);
    return isLinked && this.#receivers.has(to) && !this.#cut.has(`${from} ${to}`);
  }

  #send(from: NodeId, to: NodeId, message: WireMessage): boolean {
    if (!this.#isOpen(from, to) || this.loses(from, to, message)) return false;
    const arrive = (): void => {
      if (this.#isOpen(from, to)) void this.#receivers.get(to)?.message(from, message);
    };
    if (this.keeps(from, to, message)) this.#kept.push(arrive);
    else setImmediate(arrive);
    return true;
  }
}

export type TestMember = {
  readonly id: NodeId;
  readonly signer: ReturnType<typeof testSigner>;
  readonly dataDir: string;
  node: SidechainNode | undefined;
  database: TestDatabase | undefined;
  /** Whether its disk has room for more. */
  hasRoom: boolean;
  clock: TestClock;
  readonly lines: string[];
};

export class Cluster {
  readonly network = new TestNetwork();
  readonly members: TestMember[];
  readonly chainId: Uint8Array;
  readonly genesisBytes: Uint8Array;
  /** Of members that are opened from now on. */
  rules: NodeRules = eagerRules;
  readonly #contracts: readonly Contract[];

  private constructor(
    members: TestMember[],
    chain: {
      readonly chainId: Uint8Array;
      readonly genesisBytes: Uint8Array;
      readonly contracts: readonly Contract[];
    },
  ) {
    this.members = members;
    this.chainId = chain.chainId;
    this.genesisBytes = chain.genesisBytes;
    this.#contracts = chain.contracts;
    onTestFinished(async () => {
      for (const { node } of members) await node?.close();
    });
  }

  /** The files of a chain of so many members, none of which runs. */
  static async make(count: number, contracts: readonly Contract[] = []): Promise<Cluster> {
    const members = Array.from({ length: count }, (_, i) => newMember(i + 1));
    const [founder] = members;
    if (founder === undefined) throw new Error('a chain has a member');
    const genesisBytes = genesisOf(
      members.map(({ signer }) => signer.publicKey),
      founder.signer,
    );
    const opened = openGenesis(suite, genesisBytes);
    if (!opened.ok) throw new Error(opened.detail);
    for (const { dataDir, signer } of members) {
      await createChain({ dataDir, genesisBytes, gateway: signer.keyId, suite, contracts });
    }
    return new Cluster(members, { chainId: opened.value.chainId, genesisBytes, contracts });
  }

  /** The files of a gateway that has the genesis and is no member yet. */
  async newcomer(): Promise<TestMember> {
    const member = newMember(this.members.length + 1);
    const [founder] = this.members;
    if (founder !== undefined) member.clock.follow(founder.clock);
    this.members.push(member);
    const { dataDir, signer } = member;
    const { genesisBytes } = this;
    const contracts = this.#contracts;
    await createChain({ dataDir, genesisBytes, gateway: signer.keyId, suite, contracts });
    return member;
  }

  /** The engineer changes the members, at this one. */
  change(via: NodeId, change: MembershipChange) {
    const node = this.node(via);
    const version = (node.registry.membership?.version ?? 0) + 1;
    return node.submit({ entry: signMembership({ version, change }, this.chainId, engineer) });
  }

  /** Made and started, with a leader. */
  static async start(count: number): Promise<Cluster> {
    const cluster = await Cluster.make(count);
    for (const { id } of cluster.members) await cluster.open(id);
    await cluster.until(() => cluster.leader !== undefined);
    return cluster;
  }

  member(id: NodeId): TestMember {
    const member = this.members[id - 1];
    if (member === undefined) throw new Error(`no member ${id}`);
    return member;
  }

  node(id: NodeId): SidechainNode {
    const { node } = this.member(id);
    if (node === undefined) throw new Error(`member ${id} does not run`);
    return node;
  }

  get running(): readonly TestMember[] {
    return this.members.filter(({ node }) => node !== undefined);
  }

  /** The member that leads, and that all who run and hear it follow. */
  get leader(): TestMember | undefined {
    return this.running.find(({ node }) => node?.isLeader);
  }

  get followers(): readonly TestMember[] {
    return this.running.filter(({ node }) => node?.isLeader === false);
  }

  async open(
    id: NodeId,
    options: {
      readonly crash?: Crash;
      readonly contracts?: readonly Contract[];
      readonly archive?: ArchiveRules;
    } = {},
  ): Promise<SidechainNode> {
    const member = this.member(id);
    const { signer, lines, dataDir, clock } = member;
    const database = new TestDatabase(dataDir, { crash: options.crash });
    const log = createLog({ level: 'debug', human: false, write: (line) => lines.push(line) });
    const random = seeded(id * 7_919 + lines.length);
    const contracts = options.contracts ?? this.#contracts;
    try {
      member.database = database;
      member.node = await openNode({
        ...nodeOptions(database, clock, log, { ...options, signer, contracts, rules: this.rules }),
        hasRoom: () => member.hasRoom,
        random: (length) => Uint8Array.from({ length }, () => Math.floor(random() * 256)),
        transport: async (receiver) => this.network.join(id, receiver),
        introduction: async () => this.#introduction(),
      });
      return member.node;
    } catch (error) {
      await database.close();
      throw error;
    }
  }

  /** What any member would say to one that is granted. */
  #introduction(): Introduction {
    const known = this.running.map(({ node }) => node?.registry.members ?? []);
    const [newest = []] = known.sort((a, b) => b.length - a.length);
    return newest.map(({ raftId: id, ...member }) => ({ id, ...member }));
  }

  /** The process ends, and nothing of it is on the network any more. */
  async stop(id: NodeId): Promise<void> {
    const member = this.member(id);
    await member.node?.close();
    member.node = undefined;
  }

  /** Its file is lost, and made anew under the same key. */
  async wipe(id: NodeId): Promise<void> {
    await this.stop(id);
    const { dataDir, signer } = this.member(id);
    for (const end of ['', '-wal', '-shm']) rmSync(chainPath(dataDir) + end, { force: true });
    const { genesisBytes } = this;
    const contracts = this.#contracts;
    await createChain({ dataDir, genesisBytes, gateway: signer.keyId, suite, contracts });
  }

  /** So many ticks of a tenth of a second, on all members. */
  async pass(ticks: number): Promise<void> {
    for (let i = 0; i < ticks; i++) {
      for (const { clock } of this.members) clock.advance(100);
      await settle();
    }
  }

  /** Ticks until that holds. */
  async until(holds: () => boolean, ticksMax = 300): Promise<void> {
    for (let i = 0; i < ticksMax; i++) {
      if (holds()) return;
      await this.pass(1);
    }
    if (!holds()) throw new Error(`not within ${ticksMax} ticks: ${holds}\n${this.#describe()}`);
  }

  /** The next batch of a member. */
  batch(id: NodeId): BlockEntry {
    const { signer } = this.member(id);
    return emptyBatch(this.node(id).nextSequence(), { signer, chainId: this.chainId });
  }

  /** Submits the next batch there. */
  submit(id: NodeId) {
    return this.node(id).submit(this.batch(id));
  }

  /** Until all that was submitted is in blocks, and all who run have applied them. */
  async settled(): Promise<void> {
    await this.until(() => {
      const statuses = this.running.map(({ node }) => node?.status());
      const heights = new Set(statuses.map((status) => status?.height));
      const isEmpty = statuses.every((status) => status?.outbox.count === 0);
      return this.leader !== undefined && heights.size === 1 && isEmpty;
    });
  }

  /** Closes all, audits each copy, by default of all members, and compares their heads. @returns entries under the roots. */
  async audit(ids = this.members.map(({ id }) => id)): Promise<number> {
    for (const { id } of this.members) await this.stop(id);
    const reports: { readonly entryCount: number; readonly head: string }[] = [];
    for (const id of ids) {
      const database = new TestDatabase(this.member(id).dataDir);
      const report = await auditChain({ database, suite, contracts: this.#contracts });
      const [row] = await database.read('SELECT header FROM block ORDER BY height DESC LIMIT 1');
      await database.close();
      if (!report.ok) throw new Error(report.detail);
      const header = row?.header instanceof Uint8Array ? toHex(row.header) : '';
      reports.push({ entryCount: report.entryCount, head: header });
    }
    if (new Set(reports.map(({ head }) => head)).size !== 1) throw new Error('heads differ');
    return reports[0]?.entryCount ?? 0;
  }

  /** Keeps the file of a member as it is now. @returns what puts it back. */
  async keepCopy(id: NodeId): Promise<() => void> {
    const { dataDir } = this.member(id);
    await this.stop(id);
    const copy = chainPath(temporaryDirectory());
    copyFileSync(chainPath(dataDir), copy);
    return () => copyFileSync(copy, chainPath(dataDir));
  }

  #describe(): string {
    return this.members
      .map(({ node, id, lines }) => {
        const status = node?.status();
        return `${id}: ${JSON.stringify(status)}\n${lines.slice(-5).join('')}`;
      })
      .join('\n');
  }
}

function newMember(id: NodeId): TestMember {
  const signer = testSigner(10 + id);
  const [dataDir, clock] = [temporaryDirectory(), new TestClock()];
  return {
    ...{ id, signer, dataDir, node: undefined, database: undefined, clock, lines: [] },
    hasRoom: true,
  };
}

function genesisOf(
  keys: readonly Uint8Array[],
  founder: ReturnType<typeof testSigner>,
): Uint8Array {
  return signGenesis(
    {
      version: 1,
      members: keys.map((publicKey, i) => ({ publicKey, role: 'voter', name: `cellar-${i + 1}` })),
      policy: { class: 'blame', faulty: 0 },
      persons: [{ publicKey: engineer.publicKey, name: 'eve', rights: ['members'] }],
      mainLog: mainGenesis.mainLog,
      summary: { windowMs: 86_400_000, graceMs: 2_000 },
      timeMs: startMs,
      nonce: new Uint8Array(32).fill(keys.length),
    },
    founder,
  );
}

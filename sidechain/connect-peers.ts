// SPDX-License-Identifier: Apache-2.0
// Wires what a member has to do with the others: each part gets what it needs of the rest, and
// nothing more.

import { TielineError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { Signer, Suite } from '../base/suite.ts';
import type { Clock } from '../host/clock.ts';
import type { Log } from '../host/log.ts';
import type { Database, Statement } from '../host/sqlite.ts';
import { Accusations } from './accusations.ts';
import type { ArchiveRules } from './archivist.ts';
import { Backing } from './backing.ts';
import { Carrier } from './carrier.ts';
import { signersNeeded } from './chain/policy.ts';
import type { Conduct } from './conduct.ts';
import { Cosigning } from './cosigning.ts';
import { HandOver } from './hand-over.ts';
import { Heads } from './heads.ts';
import type { Inbox } from './inbox.ts';
import { type LeadingMember, LeftOut } from './left-out.ts';
import { type AddressOf, Links } from './links.ts';
import type { Ending } from './loop.ts';
import { type MemberMessage, toChannel } from './member-message.ts';
import type { Members } from './members.ts';
import { Neighbours } from './neighbours.ts';
import { Oversight } from './oversight.ts';
import { Peers } from './peers.ts';
import type { NodeId } from './raft/entry.ts';
import type { RaftNode } from './raft/raft-node.ts';
import { Recall } from './recall.ts';
import { Reconfigurer } from './reconfigurer.ts';
import { Relay } from './relay.ts';
import { Scrub } from './scrub.ts';
import { Snapshots } from './snapshots.ts';
import { CatchUp } from './store/catch-up.ts';
import type { Cosigned } from './store/cosigned-table.ts';
import type { Cosigner } from './store/cosigner.ts';
import type { History } from './store/history.ts';
import type { Opened } from './store/opening.ts';
import type { PeerPool } from './store/peer-pool.ts';
import type { Proposer } from './store/proposer.ts';
import type { StoredSnapshot } from './store/snapshot-file.ts';
import type { Transport } from './transport/transport.ts';
import { Witness } from './witness.ts';

export type Connecting = {
  readonly inbox: Inbox;
  readonly transport: Transport;
  readonly members: Members;
  readonly addressOf?: AddressOf;
  readonly raft: RaftNode;
  readonly conduct: Conduct;
  readonly opened: Opened;
  readonly peerPool: PeerPool;
  readonly proposer: Proposer;
  readonly cosigner: Cosigner;
  readonly database: Database;
  readonly suite: Suite;
  readonly signer: Signer;
  readonly clock: Clock;
  readonly log: Log;
  readonly durableSize: () => number;
  /** Up to which the ledger in memory has all of the log. */
  readonly appliedIndex: () => number;
  readonly nextSequence: () => number;
  readonly archive?: ArchiveRules;
  /** The newest that this member has made. */
  readonly snapshot: StoredSnapshot | undefined;
  readonly checkpoint: () => Promise<Cosigned>;
  /** Puts this in the place of all that is on disk, and ends the node. */
  readonly install: (ending: Ending) => void;
  readonly write: (statements: readonly Statement[]) => Promise<void>;
  readonly stopForGood: (reason: string) => Promise<void>;
  readonly fail: (error: unknown) => void;
};

export type Connected = {
  readonly peers: Peers;
  readonly recall: Recall;
  readonly cosigning: Cosigning;
  readonly witness: Witness;
  readonly oversight: Oversight;
  readonly backing: Backing;
  readonly handOver: HandOver;
  readonly carrier: Carrier;
  readonly leftOut: LeftOut;
  readonly scrub: Scrub;
  readonly snapshots: Snapshots | undefined;
};

export function connectPeers(parts: Connecting): Connected {
  const { suite, database, members, raft, conduct, opened } = parts;
  const { peerPool, proposer, cosigner } = parts;
  const { inbox, transport, clock, log, durableSize, fail, stopForGood: stop } = parts;
  const { submissions, storage, ledger, history, chainId } = opened;
  const { monotonicMs } = clock;
  const say = (to: NodeId, message: MemberMessage) => transport.send(to, toChannel(message));
  const common = { members, say, monotonicMs, log };
  const { registry } = ledger;

  const witness = new Witness({
    ...{ suite, chainId, log, ...opened.witnessed },
    memberOf: (keyId) => registry.member(keyId),
  });
  const recall = new Recall({
    ...common,
    stop,
    own: () => ({
      cosignedSize: cosigner.last?.size ?? 0,
      term: raft.status().term,
      sequence: parts.nextSequence() - 1,
      match: storage.lastIndex(),
      matchTerm: raft.status().term,
    }),
    doubledNumber: () => submissions.doubledNumber(registry.sequence(parts.signer.keyId).sequence),
  });
  const oversight = new Oversight({ ...common, raft });
  conduct.onFault((leader, term) => oversight.faulted(leader, term));
  const cosigning = new Cosigning({
    ...common,
    witness,
    isSuspended: (id) => oversight.isSuspended(id),
    durableSize,
    rootAt: (size) => rootAt(history, size),
    sign: (size) => cosigner.signAtLeast(size, Math.floor(clock.nowMs() / 1_000)),
    lastSigned: () => cosigner.last,
    signersNeeded: () => signersNeeded(registry.policy, members.voters.length),
  });
  const heads = new Heads({
    ...{ ...common, suite, database, stop },
    height: () => durableSize() - 1,
    clock: () => clock.state().state,
  });
  const leader = () => otherLeader(raft, members);
  const mayTake = (): boolean => proposer.isOpen;
  const relay = new Relay({ ...common, submissions, leader, peerPool, mayTake });
  const refuse = (from: NodeId, reason: string, detail: string): void =>
    conduct.refused(from, reason, detail);
  const accusations = new Accusations({ ...common, witness, refuse });
  const upright = uprightness(parts, { common, oversight, heads, leader, mayTake });
  const appliedIndex = (): number => raft.status().applied;
  const scrub = new Scrub({ ...common, suite, database, appliedIndex, write: parts.write });
  const snapshots = parts.archive && snapshotsFor(parts, parts.archive, say);
  const onDamaged = (index: number): void => scrub.damaged(index);
  const catchUp = new CatchUp({ database, suite, window: storage, onDamaged });
  const addressOf = parts.addressOf ?? (() => undefined);
  const links = new Links({ members, raft, transport, addressOf, fail });
  const reconfigurer = new Reconfigurer({ ...common, raft, mayPropose: mayTake });
  const heardMs = (id: NodeId): number | undefined => peers.heardMs(id);
  const present = presence(parts, { ...common, heardMs });
  const peers: Peers = new Peers({
    ...present,
    ...{ members, raft, registry, inbox, transport, relay, heads, recall, witness, cosigning },
    ...{ links, reconfigurer, catchUp, scrub, snapshots, monotonicMs, log, fail },
    ...{ conduct, oversight, accusations, ...upright },
  });
  const watching = { witness, oversight, scrub };
  return { peers, recall, cosigning, snapshots, ...watching, ...present, ...upright };
}

/** Who is there, as it is shown. */
function presence(
  { raft, transport }: Connecting,
  given: Pick<Connecting, 'members'> & {
    readonly say: (to: NodeId, message: MemberMessage) => boolean;
    readonly heardMs: (id: NodeId) => number | undefined;
    readonly monotonicMs: () => number;
  },
): { readonly neighbours: Neighbours; readonly backing: Backing } {
  const reached = (): readonly NodeId[] =>
    transport.status().peers.flatMap(({ id, isConnected }) => (isConnected ? [id] : []));
  const isConnected = (id: NodeId): boolean => reached().includes(id);
  return {
    neighbours: new Neighbours({ ...given, reached }),
    backing: new Backing({ ...given, raft, isConnected }),
  };
}

/** What is done about leaders that lie, fail or leave somebody out, but for what watches them. */
function uprightness(
  { suite, members, raft, conduct, opened, peerPool, clock, appliedIndex }: Connecting,
  given: {
    readonly common: Pick<Connecting, 'members' | 'log'> & {
      readonly say: (to: NodeId, message: MemberMessage) => boolean;
      readonly monotonicMs: () => number;
    };
    readonly oversight: Oversight;
    readonly heads: Heads;
    readonly leader: () => LeadingMember | undefined;
    readonly mayTake: () => boolean;
  },
): Pick<Connected, 'handOver' | 'carrier' | 'leftOut'> {
  const { common, oversight, heads, leader, mayTake } = given;
  const { submissions, ledger, known } = opened;
  const { verdicts } = known;
  const { registry } = ledger;
  // What is applied may be held for a while before Raft is told, and blocks are always on their way.
  const isCaughtUp = (): boolean =>
    raft.status().commit - appliedIndex() <= limits.blocksUnderWayMax;
  const handOver = new HandOver({
    ...common,
    raft,
    standing: (id) => heads.standing(id),
    clock: () => clock.state().state,
  });
  const carrier = new Carrier({
    ...{ ...common, suite, registry, verdicts, peerPool, mayTake, leader, isCaughtUp },
    complain: (about, against) => oversight.complain('left-out', about, against),
    refuse: (from, reason, detail) => conduct.refused(from, reason, detail),
  });
  const leftOut = new LeftOut({
    ...{ ...common, suite, submissions, leader, isCaughtUp },
    complain: (against) => oversight.complain('left-out', members.own.id, against),
  });
  return { handOver, carrier, leftOut };
}

function snapshotsFor(
  parts: Connecting,
  { snapshotFile: path }: ArchiveRules,
  say: (to: NodeId, message: MemberMessage) => boolean,
): Snapshots {
  const { history, storage, chainId, ledger, genesis } = parts.opened;
  const { registry } = ledger;
  const { monotonicMs } = parts.clock;
  const stored = parts.snapshot;
  const { keyId: ownKeyId } = parts.signer;
  return new Snapshots({
    ...parts,
    ...{ history, storage, chainId, genesis, ownKeyId, registry },
    ...{ path, stored, say, monotonicMs },
  });
}

async function rootAt(history: History, size: number): Promise<Uint8Array | undefined> {
  try {
    return await history.ask({ sizes: [size] }, (tree) => tree.root(size));
  } catch (error) {
    if (error instanceof TielineError && error.code === 'carried-away') return undefined;
    throw error;
  }
}

function otherLeader(raft: RaftNode, members: Members) {
  const { leader, term } = raft.status();
  const isOther = leader !== members.own.id && members.member(leader) !== undefined;
  return isOther ? { id: leader, term } : undefined;
}

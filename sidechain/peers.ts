// SPDX-License-Identifier: Apache-2.0
// The other members, as the loop of one has to do with them: what they send is taken in here, given
// to whom it concerns, and what is owed to them is sent. A member that has nothing to say to us for
// a while is not missed here: Raft does that.

import { toHex } from '../base/bytes.ts';
import type { Log } from '../host/log.ts';
import type { Statement } from '../host/sqlite.ts';
import type { Accusations } from './accusations.ts';
import type { Backing } from './backing.ts';
import type { Carrier } from './carrier.ts';
import type { Registry } from './chain/registry.ts';
import type { Conduct, Refusal } from './conduct.ts';
import type { Cosigning } from './cosigning.ts';
import type { HandOver } from './hand-over.ts';
import type { Heads } from './heads.ts';
import type { Arrived, Inbox } from './inbox.ts';
import type { LeftOut } from './left-out.ts';
import type { Links } from './links.ts';
import type { Peering } from './loop.ts';
import { type MemberMessage, ofChannel, toChannel } from './member-message.ts';
import type { Members } from './members.ts';
import type { Neighbours } from './neighbours.ts';
import type { Oversight } from './oversight.ts';
import type { NodeId } from './raft/entry.ts';
import type { PeerMessage } from './raft/message.ts';
import type { RaftNode } from './raft/raft-node.ts';
import type { StepRefusal, StepResult } from './raft/step.ts';
import type { Recall } from './recall.ts';
import type { Reconfigurer } from './reconfigurer.ts';
import type { Relay } from './relay.ts';
import type { Scrub } from './scrub.ts';
import type { Snapshots } from './snapshots.ts';
import type { CatchUp } from './store/catch-up.ts';
import type { ChannelMessage, Transport } from './transport/transport.ts';
import type { Witness } from './witness.ts';

export type PeersParts = {
  readonly members: Members;
  readonly raft: RaftNode;
  readonly registry: Registry;
  readonly inbox: Inbox;
  readonly transport: Transport;
  readonly relay: Relay;
  readonly heads: Heads;
  readonly neighbours: Neighbours;
  readonly backing: Backing;
  readonly recall: Recall;
  readonly witness: Witness;
  readonly conduct: Conduct;
  readonly oversight: Oversight;
  readonly handOver: HandOver;
  readonly carrier: Carrier;
  readonly leftOut: LeftOut;
  readonly accusations: Accusations;
  readonly cosigning: Cosigning;
  readonly links: Links;
  readonly reconfigurer: Reconfigurer;
  readonly catchUp: CatchUp;
  readonly scrub: Scrub;
  /** Undefined where nothing is archived. */
  readonly snapshots: Snapshots | undefined;
  readonly monotonicMs: () => number;
  readonly log: Log;
  /** Work beside the loop that fails ends it. */
  readonly fail: (error: unknown) => void;
};

export type PeerStatus = {
  readonly keyId: string;
  readonly name: string;
  readonly role: 'voter' | 'follower';
  readonly isConnected: boolean;
  /** Entry of the log up to which it has acknowledged all to us; undefined unless we lead. */
  readonly match: number | undefined;
  /** Its newest block, as it said lately. */
  readonly height: number | undefined;
  /** Since it was last heard, in ms; undefined while it was not. */
  readonly silentMs: number | undefined;
  /** Names of the members that it is connected to, as it said lately. */
  readonly reaches: readonly string[] | undefined;
  /** Its blocks are not ours. */
  readonly differs: boolean;
};

export class Peers implements Peering {
  readonly #parts: PeersParts;
  readonly #heardMs = new Map<NodeId, number>();
  /** The highest term in which a member has made a promise. */
  readonly #promisedTerms = new Map<NodeId, number>();
  #isTicking = false;

  constructor(parts: PeersParts) {
    this.#parts = parts;
  }

  get mayPromise(): boolean {
    return this.#parts.recall.isClear;
  }

  /** Who is revoked signs nothing any more. */
  get #maySign(): boolean {
    return this.mayPromise && !this.#parts.members.own.revoked;
  }

  receive(options: { readonly large: boolean }, step: (message: PeerMessage) => StepResult): void {
    const { inbox, raft, relay, handOver } = this.#parts;
    for (const id of inbox.takeUnreachable()) raft.reportUnreachable(id);
    for (const arrived of inbox.take(options)) this.#take(arrived, step);
    if (this.mayPromise) relay.forward();
    handOver.look();
  }

  tick(): void {
    this.#parts.links.follow();
    this.#parts.snapshots?.tick();
    this.#parts.recall.tick();
    const { handOver, oversight, carrier, leftOut, accusations } = this.#parts;
    handOver.tick();
    oversight.tick();
    carrier.tick();
    leftOut.tick();
    this.#parts.neighbours.tick();
    this.#parts.backing.tick();
    this.#parts.reconfigurer.tick();
    accusations.tick();
    // One round at a time: a slow disk must not pile them up.
    if (this.#isTicking) return;
    this.#isTicking = true;
    this.#beside(
      this.#tickSlowly().finally(() => {
        this.#isTicking = false;
      }),
    );
  }

  send(message: PeerMessage): void {
    this.#parts.transport.send(message.to, message);
  }

  takeStatements(): readonly Statement[] {
    return this.#parts.witness.takeStatements();
  }

  status(): readonly PeerStatus[] {
    const { members, transport, raft, heads, neighbours, monotonicMs } = this.#parts;
    const { progress } = raft.status();
    const links = transport.status().peers;
    return members.peers.map(({ id, keyId, name, role }) => {
      const heardMs = this.#heardMs.get(id);
      return {
        keyId: toHex(keyId),
        name,
        role,
        isConnected: links.some((link) => link.id === id && link.isConnected),
        match: progress.get(id)?.match,
        height: heads.standing(id)?.height,
        silentMs: heardMs === undefined ? undefined : Math.floor(monotonicMs() - heardMs),
        reaches: neighbours.of(id)?.flatMap((other) => members.member(other)?.name ?? []),
        differs: heads.differsFrom(id),
      };
    });
  }

  /** What the connections themselves have not taken, by member and reason. */
  refusals(): readonly Refusal[] {
    const { transport, members } = this.#parts;
    return transport.status().peers.flatMap(({ id, refused }) =>
      Object.entries(refused).map(([reason, count]) => {
        const member = members.member(id)?.name ?? 'unknown';
        return { member, reason: `frame-${reason}`, count };
      }),
    );
  }

  /** When a member was last heard, on our clock. */
  heardMs(id: NodeId): number | undefined {
    return this.#heardMs.get(id);
  }

  async close(): Promise<void> {
    await this.#parts.transport.close();
  }

  #take({ from, message }: Arrived, step: (message: PeerMessage) => StepResult): void {
    this.#heardMs.set(from, this.#parts.monotonicMs());
    if (message.kind === 'channel') {
      this.#takeOwn(from, message);
      return;
    }
    const { conduct, raft, oversight } = this.#parts;
    if (oversight.isShunned(message)) return;
    if (isUncalledFor(message, () => raft.status().leader)) {
      conduct.refused(from, message.kind, 'no honest member sends this to us');
      return;
    }
    if (isPromise(message)) {
      const term = Math.max(this.#promisedTerms.get(from) ?? 0, message.term);
      this.#promisedTerms.set(from, term);
    }
    if (!this.mayPromise) return;
    const isForRaft = message.kind !== 'snapshot' || this.#parts.snapshots?.onOffer(message);
    if (isForRaft !== true) return;
    const stepped = step(message);
    if (!stepped.ok && isMisconduct(stepped.code)) {
      conduct.refused(from, stepped.code, stepped.detail);
    }
    const isLeading = message.kind === 'append' || message.kind === 'heartbeat';
    if (stepped.ok && isLeading) conduct.led(message.term, from);
  }

  #takeOwn(from: NodeId, message: ChannelMessage): void {
    const said = ofChannel(message);
    if (!said.ok) {
      this.#parts.conduct.refused(from, said.code, said.detail);
      return;
    }
    this.#beside(this.#handle(from, said.value));
  }

  async #handle(from: NodeId, said: MemberMessage): Promise<void> {
    const { relay, heads, recall, cosigning, scrub, handOver, carrier, accusations } = this.#parts;
    switch (said.kind) {
      case 'submit':
        return relay.onSubmit(from, said);
      case 'taken':
        return relay.onTaken(from, said);
      case 'standing':
        return heads.on(from, said);
      case 'reached':
        return this.#parts.neighbours.on(from, said);
      case 'cosign':
        if (this.#maySign) await cosigning.onCosign(from, said);
        return;
      case 'cosigned':
        return cosigning.onCosigned(from, said);
      case 'recall':
        return this.#recall(from);
      case 'introduce':
        return this.#introduce(from);
      case 'introduced':
        // We know our place already.
        return;
      case 'recalled':
        return recall.onRecalled(from, said);
      case 'yield':
        return handOver.onYield(from, said);
      case 'carry':
        return carrier.onCarry(from, said);
      case 'evidence':
        return accusations.onEvidence(from, said);
      case 'snapshot-wanted':
        return this.#parts.snapshots?.onWanted(from, said);
      case 'snapshot-piece':
        return this.#parts.snapshots?.onPiece(from, said);
      case 'body-wanted':
        return scrub.onBodyWanted(from, said);
      case 'body':
        return scrub.onBody(from, said);
    }
  }

  /** What we know of a member that has just started. */
  #recall(from: NodeId): void {
    const { members, witness, registry, raft, transport, accusations } = this.#parts;
    accusations.forget(from);
    const member = members.member(from);
    if (member === undefined) return;
    const { progress, term } = raft.status();
    transport.send(
      from,
      toChannel({
        kind: 'recalled',
        cosignedSize: witness.newestSize(member),
        term: this.#promisedTerms.get(from) ?? 0,
        sequence: registry.sequence(member.keyId).sequence,
        match: progress.get(from)?.match ?? 0,
        matchTerm: term,
      }),
    );
  }

  /** To one that is granted and does not know of it: its copy of the chain does not reach so far. */
  #introduce(to: NodeId): void {
    const members = this.#parts.members.all.map(({ id, publicKey, role, name, address }) => {
      return { id, publicKey, role, name, address };
    });
    this.#parts.transport.send(to, toChannel({ kind: 'introduced', members }));
  }

  async #tickSlowly(): Promise<void> {
    const { heads, cosigning, scrub, catchUp, raft, members } = this.#parts;
    await heads.tick();
    await cosigning.tick();
    await scrub.tick();
    const behind = [...raft.status().progress].filter(
      ([id, { recentActive }]) => id !== members.own.id && recentActive,
    );
    await catchUp.serve(new Map(behind.map(([id, { next }]) => [id, next])));
  }

  #beside(work: Promise<unknown>): void {
    work.catch(this.#parts.fail);
  }
}

/**
 * What nobody honest sends: what is proposed is passed on and checked beside Raft, nobody reads
 * through others, and only the leader hands over, and has snapshots to give.
 */
function isUncalledFor(message: PeerMessage, leader: () => NodeId): boolean {
  switch (message.kind) {
    case 'propose':
    case 'transfer-leader':
    case 'read-index':
    case 'read-index-response':
      return true;
    case 'snapshot':
    case 'timeout-now':
      return message.from !== leader();
    default:
      return false;
  }
}

function isMisconduct(code: StepRefusal): boolean {
  return code === 'malformed' || code === 'term-leap';
}

/** Sent by members once it binds them on disk, so that a disk without it is an older one. */
function isPromise({ kind }: PeerMessage): boolean {
  return (
    kind === 'append' ||
    kind === 'heartbeat' ||
    kind === 'append-response' ||
    kind === 'vote-response'
  );
}

// SPDX-License-Identifier: Apache-2.0
// Entries of members that find themselves left out, held and passed on to the leader. Only what
// this member could itself put into a block: well formed, signed by whoever passes it, numbered
// from where the chain stands. Where a leader takes none of them for a while, that is held against
// it. Bounded: of each member the newest that it has passed, no more than one message holds.

import { equal, toHex } from '../base/bytes.ts';
import { limits } from '../base/limits.ts';
import type { Suite } from '../base/suite.ts';
import type { Log } from '../host/log.ts';
import type { BlockEntry } from './chain/block.ts';
import { isPersonal, openEntry } from './chain/entry.ts';
import type { Verdicts } from './chain/judge.ts';
import type { AppliedBlock } from './chain/ledger.ts';
import { sequenceIn } from './chain/numbered.ts';
import { blockEntryBytes, fitsIntoBlock } from './chain/pool.ts';
import type { Registry } from './chain/registry.ts';
import type { LeadingMember } from './left-out.ts';
import type { MemberMessage, MessageOf } from './member-message.ts';
import type { Members } from './members.ts';
import type { NodeId } from './raft/entry.ts';
import type { PeerPool } from './store/peer-pool.ts';

export type CarrierParts = {
  readonly suite: Suite;
  readonly members: Members;
  readonly registry: Registry;
  readonly verdicts: Verdicts;
  readonly peerPool: PeerPool;
  /** Whether we lead, and all before our term is applied. */
  readonly mayTake: () => boolean;
  /** Another member that leads. */
  readonly leader: () => LeadingMember | undefined;
  readonly isCaughtUp: () => boolean;
  readonly complain: (
    about: NodeId,
    against: { readonly leader: NodeId; readonly term: number },
  ) => void;
  readonly say: (to: NodeId, message: MemberMessage) => boolean;
  readonly refuse: (from: NodeId, reason: string, detail: string) => void;
  readonly monotonicMs: () => number;
  readonly log: Log;
};

type Held = {
  /** By entry id, in order. */
  entries: ReadonlyMap<string, BlockEntry>;
  /** Since when this leader has taken none of them. */
  sinceMs: number;
  leader: LeadingMember | undefined;
  passedMs: number;
};

/** The number of a `submit` that nobody waits for an answer to. */
const unasked = 0;

export class Carrier {
  readonly #parts: CarrierParts;
  readonly #held = new Map<NodeId, Held>();

  constructor(parts: CarrierParts) {
    this.#parts = parts;
  }

  /** Names of the members whose entries are held here. */
  get carried(): readonly string[] {
    const { members } = this.#parts;
    return [...this.#held.keys()].map((id) => members.member(id)?.name ?? `${id}`);
  }

  /** attacker-controlled */
  onCarry(from: NodeId, { entries }: MessageOf<'carry'>): void {
    const { monotonicMs, refuse, leader, log, members } = this.#parts;
    const taken = this.#checked(from, entries);
    if (taken === undefined) {
      refuse(from, 'carry', 'entries that this member could not put into a block itself');
      return;
    }
    if (taken.size === 0) return;
    const held = this.#held.get(from);
    if (held === undefined) {
      log.warn('carrying', { member: members.member(from)?.name, count: taken.size });
    }
    const sinceMs = held?.sinceMs ?? monotonicMs();
    const passedMs = held?.passedMs ?? Number.NEGATIVE_INFINITY;
    this.#held.set(from, { entries: taken, sinceMs, leader: held?.leader ?? leader(), passedMs });
  }

  /** What a block has taken or refused is held no more, and the leader is not at fault. */
  applied({ accepted, refused }: AppliedBlock): void {
    if (this.#held.size === 0) return;
    const gone = new Set([...accepted, ...refused.map(({ id }) => id)].map(toHex));
    for (const [from, held] of this.#held) {
      const left = [...held.entries].filter(([id]) => !gone.has(id));
      if (left.length === held.entries.size) continue;
      if (left.length === 0) this.#held.delete(from);
      held.entries = new Map(left);
      held.sinceMs = this.#parts.monotonicMs();
    }
  }

  tick(): void {
    const { leader, isCaughtUp, complain, monotonicMs } = this.#parts;
    const nowMs = monotonicMs();
    const leading = leader();
    for (const [from, held] of this.#held) {
      if (nowMs - held.passedMs >= limits.carryMs) this.#pass(from, held, nowMs);
      if (held.entries.size === 0) {
        this.#held.delete(from);
        continue;
      }
      const isSame = leading?.id === held.leader?.id && leading?.term === held.leader?.term;
      if (!isSame || !isCaughtUp()) {
        held.leader = leading;
        held.sinceMs = nowMs;
      }
      if (leading === undefined || nowMs - held.sinceMs < limits.leftOutMs) continue;
      complain(from, { leader: leading.id, term: leading.term });
    }
  }

  #pass(from: NodeId, held: Held, nowMs: number): void {
    const { leader, mayTake, peerPool, say } = this.#parts;
    const leading = leader();
    held.passedMs = nowMs;
    // Its number may be another batch's meanwhile, or its signer revoked: then no leader can take it.
    held.entries = this.#checked(from, [...held.entries.values()]) ?? new Map();
    const entries = [...held.entries.values()];
    if (leading !== undefined && leading.id !== from) {
      say(leading.id, { kind: 'submit', number: unasked, entries });
    }
    if (!mayTake()) return;
    for (const entry of entries) peerPool.admit(from, entry, nowMs);
  }

  /** By id, without what is on the chain; undefined where one of them could stand in no block. */
  #checked(
    from: NodeId,
    entries: readonly BlockEntry[],
  ): ReadonlyMap<string, BlockEntry> | undefined {
    const { suite, members, registry, verdicts } = this.#parts;
    const sender = members.member(from);
    const member = sender && registry.member(sender.keyId);
    if (member === undefined || member.revoked) return undefined;
    const checked = new Map<string, BlockEntry>();
    let last = registry.sequence(member.keyId).sequence;
    let bytes = 0;
    for (const given of entries) {
      const opened = openEntry(suite, given.entry);
      if (!opened.ok || !fitsIntoBlock(given)) return undefined;
      const entry = opened.value;
      const sequence = sequenceIn(entry);
      // On the chain meanwhile: its sender knows in a moment.
      if (sequence !== undefined && sequence <= last) continue;
      if (sequence !== undefined && sequence !== last + 1) return undefined;
      // A person's word, too, may have come in at the sender.
      const isPerson = isPersonal(entry.kind);
      const signer = isPerson ? registry.person(entry.keyId) : member;
      if (!isPerson && !equal(entry.keyId, member.keyId)) return undefined;
      if (signer === undefined || !verdicts(entry, signer.publicKey)) return undefined;
      // No more than can be passed on in one message; the rest comes again.
      bytes += blockEntryBytes(given);
      if (checked.size > 0 && bytes > limits.submitBytesMax) return checked;
      last = sequence ?? last;
      checked.set(toHex(entry.id), given);
    }
    return checked;
  }
}

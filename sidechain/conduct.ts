// SPDX-License-Identifier: Apache-2.0
// What members have done wrong, as this one has seen it since it started: counted by member and
// reason, and told to the log now and then, so that a flood of it costs nothing. What follows from
// it is decided elsewhere. Names and reasons are ours, never text from outside: so it is bounded.

import { toHex } from '../base/bytes.ts';
import { limits } from '../base/limits.ts';
import type { Suite } from '../base/suite.ts';
import type { Log } from '../host/log.ts';
import { openEntry, type SignedEntry } from './chain/entry.ts';
import { decodeReceiptMessage } from './chain/receipt-message.ts';
import type { Registry } from './chain/registry.ts';
import { type NodeId, noNode } from './raft/entry.ts';
import type { LogFault, NewBlock } from './store/applier.ts';

export type Refusal = {
  /** Name of the member, `unknown` where nobody can be named. */
  readonly member: string;
  readonly reason: string;
  readonly count: number;
};

type ConductParts = {
  readonly suite: Suite;
  readonly registry: Registry;
  readonly nameOf: (id: NodeId) => string | undefined;
  /** Who leads now, as far as this member knows, and in which term. */
  readonly leading: () => { readonly leader: NodeId; readonly term: number };
  readonly log: Log;
};

/** What the leader of an entry did that no honest one does. */
type LeaderFault = {
  readonly term: number;
  readonly logIndex: number;
  readonly reason: LogFault | 'bad-entry';
  readonly detail: string;
};

/** Success for the sender, or tried again: nothing that anybody did wrong. */
const harmless: ReadonlySet<string> = new Set(['old', 'duplicate', 'gap']);
const nobody = 'unknown';

export class Conduct {
  readonly #parts: ConductParts;
  /** By member, then by reason. */
  readonly #counts = new Map<string, Map<string, number>>();
  /** Who led a term, of the newest terms. */
  readonly #leaders = new Map<number, NodeId>();
  #onFault: (leader: NodeId, term: number) => void = () => {};

  constructor(parts: ConductParts) {
    this.#parts = parts;
  }

  get refusals(): readonly Refusal[] {
    return [...this.#counts].flatMap(([member, counts]) =>
      [...counts].map(([reason, count]) => ({ member, reason, count })),
    );
  }

  /** Told of each leader that put into the log what no honest one does. */
  onFault(listener: (leader: NodeId, term: number) => void): void {
    this.#onFault = listener;
  }

  /** This member leads, or is heard as the leader of, that term. */
  led(term: number, leader: NodeId): void {
    if (this.#leaders.has(term)) return;
    this.#leaders.set(term, leader);
    const [oldest = 0] = this.#leaders.keys();
    if (this.#leaders.size > limits.leadersKnownMax) this.#leaders.delete(oldest);
  }

  leaderOf(term: number): NodeId | undefined {
    const known = this.#leaders.get(term);
    if (known !== undefined) return known;
    const { leader, term: current } = this.#parts.leading();
    return current === term && leader !== noNode ? leader : undefined;
  }

  /** Something that a member said was not taken. `detail` may be attacker-controlled. */
  refused(from: NodeId, reason: string, detail: string): void {
    this.#count('message-refused', this.#parts.nameOf(from) ?? nobody, { reason, detail });
  }

  /** What a leader has put into the log, where it stays. */
  faulted({ term, logIndex, reason, detail }: LeaderFault): void {
    const leader = this.leaderOf(term);
    const name = (leader === undefined ? undefined : this.#parts.nameOf(leader)) ?? nobody;
    this.#count('leader-fault', name, { reason, term, logIndex, detail });
    if (leader !== undefined) this.#onFault(leader, term);
  }

  /** Counts what a block has refused for those who signed it, and for the leader who let it in. */
  applied(made: NewBlock): void {
    const { suite, registry } = this.#parts;
    const { body, block } = made;
    if (block.refused.length === 0) return;
    const fault = faultOfBlock(suite, made);
    if (fault !== undefined) this.faulted(fault);
    for (const { reason, position } of block.refused) {
      if (harmless.has(reason)) continue;
      const opened = openEntry(suite, entryAt(body, position));
      if (reason === 'receipt' && opened.ok && isCrossed(opened.value, registry)) continue;
      const signer = opened.ok ? registry.member(opened.value.keyId) : undefined;
      // Anyone can write another's key id where the signature does not hold.
      const isSigned = signer !== undefined && reason !== 'signature';
      const name = isSigned ? signer.name : nobody;
      const { height } = block.header;
      this.#count('entry-refused', name, { reason: `entry-${reason}`, height });
    }
  }

  #count(
    event: string,
    member: string,
    told: { readonly reason: string; readonly [name: string]: string | number },
  ): void {
    const counts = this.#counts.get(member) ?? new Map<string, number>();
    this.#counts.set(member, counts);
    const count = (counts.get(told.reason) ?? 0) + 1;
    counts.set(told.reason, count);
    // The first, the second, the fourth …
    if (Number.isInteger(Math.log2(count))) this.#parts.log.warn(event, { member, ...told, count });
  }
}

/** Another member's receipt came first: this one was made for who has the receipt before that. */
function isCrossed({ payload }: SignedEntry, { receipt }: Registry): boolean {
  const message = decodeReceiptMessage(payload);
  return message.ok && message.value.from < (receipt?.mainSize ?? 0);
}

/** A block is its leader's word that each entry is well formed and signed: it checks them first. */
function faultOfBlock(suite: Suite, made: NewBlock): LeaderFault | undefined {
  const { logIndex, term, body, block } = made;
  const bad = block.refused.find(
    ({ reason, position }) =>
      reason === 'signature' ||
      (reason === 'malformed' && !openEntry(suite, entryAt(body, position)).ok),
  );
  if (bad === undefined) return undefined;
  const entry = toHex(bad.id).slice(0, 16);
  const detail = `entry ${entry} of block ${block.header.height}: ${bad.reason}`;
  return { term, logIndex, reason: 'bad-entry', detail };
}

function entryAt(body: NewBlock['body'], position: number): Uint8Array {
  return body.entries[position]?.entry ?? new Uint8Array();
}

// SPDX-License-Identifier: Apache-2.0
// What the other members have passed to this one while it leads: entries whose signature was
// checked, in a lane for each member, so that none can take another's room. Not durable here: who
// signed an entry has it on disk, and passes it on again. Invariant: an entry is here once, and the
// numbers of one signer follow one another.

import { toHex } from '../../base/bytes.ts';
import { limits } from '../../base/limits.ts';
import type { Suite } from '../../base/suite.ts';
import type { BlockEntry } from '../chain/block.ts';
import { isPersonal, openEntry, type SignedEntry } from '../chain/entry.ts';
import type { Verdicts } from '../chain/judge.ts';
import type { AppliedBlock } from '../chain/ledger.ts';
import { sequenceIn } from '../chain/numbered.ts';
import { blockEntryBytes, type CuttingRules, fitsIntoBlock, Pool } from '../chain/pool.ts';
import type { Registry } from '../chain/registry.ts';
import type { NodeId } from '../raft/entry.ts';

/** `full` and `gap`: again later, from the oldest on. `refused`: no block would take it. */
export type Admission = 'taken' | 'full' | 'gap' | 'refused';

type Known = {
  readonly key: string;
  readonly signer: string;
  readonly sequence: number | undefined;
};
type Item = Known & { readonly entry: BlockEntry };

export class PeerPool {
  readonly #suite: Suite;
  readonly #registry: Registry;
  readonly #verdicts: Verdicts;
  readonly #rules: CuttingRules;
  readonly #lanes = new Map<NodeId, Pool<Item>>();
  /** By entry id: waiting, or in a block that is not applied. */
  readonly #known = new Map<string, Known>();
  /** The newest number of a signer that is here. */
  readonly #sequences = new Map<string, number>();

  constructor(options: {
    readonly suite: Suite;
    readonly registry: Registry;
    readonly verdicts: Verdicts;
    readonly rules: CuttingRules;
  }) {
    this.#suite = options.suite;
    this.#registry = options.registry;
    this.#verdicts = options.verdicts;
    this.#rules = options.rules;
  }

  get length(): number {
    return [...this.#lanes.values()].reduce((sum, { length }) => sum + length, 0);
  }

  get bytes(): number {
    return [...this.#lanes.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** What is here already, or on the chain, is `taken`. The entry is attacker-controlled. */
  admit(from: NodeId, given: BlockEntry, nowMs: number): Admission {
    const opened = openEntry(this.#suite, given.entry);
    if (!opened.ok || !fitsIntoBlock(given)) return 'refused';
    const entry = opened.value;
    const key = toHex(entry.id);
    if (this.#known.has(key)) return 'taken';
    const sequence = sequenceIn(entry);
    const onChain = this.#registry.sequence(entry.keyId).sequence;
    if (sequence !== undefined && sequence <= onChain) return 'taken';
    const signer = toHex(entry.keyId);
    const expected = Math.max(this.#sequences.get(signer) ?? 0, onChain) + 1;
    if (sequence !== undefined && sequence !== expected) return 'gap';
    const lane = this.#lane(from);
    const isRoom = lane.bytes + blockEntryBytes(given) <= limits.submitWaitingBytesMax;
    if (lane.length > 0 && !isRoom) return 'full';
    if (!this.#isSigned(entry)) return 'refused';
    const known = { key, signer, sequence };
    lane.add({ ...known, entry: given }, nowMs);
    this.#known.set(key, known);
    if (sequence !== undefined) this.#sequences.set(signer, sequence);
    return 'taken';
  }

  isDue(nowMs: number): boolean {
    return [...this.#lanes.values()].some((lane) => lane.isDue(nowMs));
  }

  /** For each member what could be in the next block, its oldest first. */
  next(): readonly { readonly from: NodeId; readonly entries: readonly BlockEntry[] }[] {
    return [...this.#lanes].map(([from, lane]) => ({
      from,
      entries: lane.next().map(({ entry }) => entry),
    }));
  }

  /** So many of the oldest of this member are proposed. */
  proposed(from: NodeId, count: number): void {
    if (count === 0) return;
    const lane = this.#lane(from);
    lane.remove(count);
    // Who waited longest comes first next time.
    this.#lanes.delete(from);
    this.#lanes.set(from, lane);
  }

  /** What a block has taken or refused is no longer here. */
  applied({ accepted, refused }: AppliedBlock): void {
    for (const id of accepted) this.#known.delete(toHex(id));
    for (const { id, reason } of refused) {
      const known = this.#known.get(toHex(id));
      this.#known.delete(toHex(id));
      if (known?.sequence === undefined || reason === 'old') continue;
      // The numbers behind it can be taken by no block: whoever signed them says what comes next.
      this.#forgetNumbered(known.signer);
    }
  }

  /** This member leads no more. */
  clear(): void {
    this.#lanes.clear();
    this.#known.clear();
    this.#sequences.clear();
  }

  #forgetNumbered(signer: string): void {
    this.#sequences.delete(signer);
    const isBehind = (one: Known): boolean => one.signer === signer && one.sequence !== undefined;
    for (const lane of this.#lanes.values()) lane.removeIf(isBehind);
    for (const known of this.#known.values()) if (isBehind(known)) this.#known.delete(known.key);
  }

  #isSigned(entry: SignedEntry): boolean {
    const signer = this.#signerOf(entry);
    return signer !== undefined && this.#verdicts(entry, signer.publicKey);
  }

  #signerOf({ kind, keyId }: SignedEntry): { readonly publicKey: Uint8Array } | undefined {
    if (isPersonal(kind)) return this.#registry.person(keyId);
    const member = this.#registry.member(keyId);
    return member?.revoked === false ? member : undefined;
  }

  #lane(from: NodeId): Pool<Item> {
    const lane = this.#lanes.get(from) ?? new Pool<Item>(this.#rules);
    this.#lanes.set(from, lane);
    return lane;
  }
}

// SPDX-License-Identifier: Apache-2.0
// Checkpoints that more than one member has signed. Whoever needs one signs it first and asks the
// others; each signs for itself what it has applied, holds durable, and finds to be alike. One
// checkpoint is collected at a time.

import { assert } from '../base/assert.ts';
import { equal } from '../base/bytes.ts';
import { TielineError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { formatNote, parseNote, type SignatureLine } from '../base/note.ts';
import type { Log } from '../host/log.ts';
import type { MemberMessage, MessageOf } from './member-message.ts';
import type { Members } from './members.ts';
import type { NodeId } from './raft/entry.ts';
import type { Cosigned } from './store/cosigned-table.ts';
import type { SignedSize, Witness } from './witness.ts';

export type CosigningParts = {
  readonly members: Members;
  readonly witness: Witness;
  /** Whether a member gets no signature of ours for now. */
  readonly isSuspended: (id: NodeId) => boolean;
  /** Blocks that are applied and durable. */
  readonly durableSize: () => number;
  /** undefined where that would need headers that were carried away. */
  readonly rootAt: (size: number) => Promise<Uint8Array | undefined>;
  /** Our own signature under so many blocks at least, durable before it is given out. */
  readonly sign: (size: number) => Promise<Cosigned>;
  readonly lastSigned: () => Cosigned | undefined;
  /** Co-signatures, our own among them, that satisfy the chain's policy. */
  readonly signersNeeded: () => number;
  readonly say: (to: NodeId, message: MemberMessage) => boolean;
  readonly monotonicMs: () => number;
  readonly log: Log;
};

/** Whether these members, by their key ids, are enough besides what the policy asks for. */
export type AreEnough = (cosigners: readonly Uint8Array[]) => boolean;

type Collection = {
  readonly areEnough: AreEnough;
  readonly own: Cosigned;
  readonly ownSigned: SignedSize;
  readonly lines: Map<NodeId, SignatureLine>;
  readonly untilMs: number;
  /** Undefined: once more, of more blocks. */
  readonly resolve: (cosigned: Cosigned | undefined) => void;
  readonly reject: (error: unknown) => void;
  askedMs: number;
};

export class Cosigning {
  readonly #parts: CosigningParts;
  #turn: Promise<unknown> = Promise.resolve();
  #collection: Collection | undefined;
  /** What others have asked for, and we have not applied yet: of each the newest. */
  readonly #asked = new Map<NodeId, { readonly size: number; readonly untilMs: number }>();
  /** Another has signed more than it was asked for: nothing below that can be co-signed by it. */
  #sizeMin = 0;
  #failure: unknown;

  constructor(parts: CosigningParts) {
    this.#parts = parts;
  }

  /**
   * A checkpoint of all that is durable, with as many lines as the policy needs.
   * @throws TielineError `checkpoint-unsigned` (transient) where too few members answer.
   */
  checkpoint(areEnough: AreEnough = () => true): Promise<Cosigned> {
    const collected = this.#turn.then(() => this.#collect(areEnough));
    this.#turn = collected.catch(() => {});
    return collected;
  }

  abandon(error: unknown): void {
    this.#failure = error;
    this.#collection?.reject(error);
  }

  /** What was asked for may be there now; who has not answered is asked again. */
  async tick(): Promise<void> {
    const nowMs = this.#parts.monotonicMs();
    for (const [from, { size, untilMs }] of [...this.#asked]) {
      if (nowMs > untilMs) this.#asked.delete(from);
      else if (size <= this.#parts.durableSize()) await this.#answer(from, size);
    }
    const collection = this.#collection;
    if (collection === undefined) return;
    const { size } = collection.own;
    const isPassed = this.#sizeMin > size && this.#sizeMin <= this.#parts.durableSize();
    if (nowMs > collection.untilMs) collection.reject(this.#unsigned(collection));
    else if (isPassed) collection.resolve(undefined);
    else if (nowMs - collection.askedMs >= limits.standingMs) this.#ask(collection);
  }

  /** attacker-controlled */
  async onCosign(from: NodeId, asked: MessageOf<'cosign'>): Promise<void> {
    const { members, witness, isSuspended, monotonicMs } = this.#parts;
    const member = members.member(from);
    if (member === undefined || witness.note(member, asked) === undefined) return;
    if (isSuspended(from)) return;
    const untilMs = monotonicMs() + limits.cosignTimeoutMs;
    this.#asked.set(from, { size: asked.size, untilMs });
    if (asked.size <= this.#parts.durableSize()) await this.#answer(from, asked.size);
  }

  /** attacker-controlled */
  onCosigned(from: NodeId, signed: MessageOf<'cosigned'>): void {
    const { members, witness } = this.#parts;
    const member = members.member(from);
    const line = member && witness.note(member, signed);
    const collection = this.#collection;
    if (member === undefined || line === undefined || collection === undefined) return;
    const { own, lines } = collection;
    if (signed.size > own.size) this.#sizeMin = Math.max(this.#sizeMin, signed.size);
    const isAlike = signed.size === own.size && equal(signed.root, own.root);
    if (!isAlike || witness.isGuilty(member)) return;
    lines.set(from, line);
    this.#finishIfEnough(collection);
  }

  async #collect(areEnough: AreEnough): Promise<Cosigned> {
    const untilMs = this.#parts.monotonicMs() + limits.cosignTimeoutMs;
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure;
      const collected = await this.#collectOnce(untilMs, areEnough);
      if (collected !== undefined) return collected;
    }
  }

  async #collectOnce(untilMs: number, areEnough: AreEnough): Promise<Cosigned | undefined> {
    const own = await this.#parts.sign(this.#parts.durableSize());
    const { promise, resolve, reject } = Promise.withResolvers<Cosigned | undefined>();
    const ownSigned = signedSizeOf(own);
    const lines = new Map<NodeId, SignatureLine>();
    const ways = { resolve, reject, areEnough };
    const collection = { own, ownSigned, lines, untilMs, ...ways, askedMs: 0 };
    this.#collection = collection;
    this.#ask(collection);
    this.#finishIfEnough(collection);
    try {
      return await promise;
    } finally {
      this.#collection = undefined;
    }
  }

  #ask(collection: Collection): void {
    const { members, say, monotonicMs } = this.#parts;
    collection.askedMs = monotonicMs();
    for (const { id } of members.voterPeers) {
      if (!collection.lines.has(id)) say(id, { kind: 'cosign', ...collection.ownSigned });
    }
  }

  #finishIfEnough(collection: Collection): void {
    const { members, signersNeeded } = this.#parts;
    const { own, lines, resolve, areEnough } = collection;
    // Who votes may have changed while the lines came in.
    const signed = members.voterPeers.filter(({ id }) => lines.has(id));
    const counted = signed.flatMap(({ id }) => lines.get(id) ?? []);
    const count = counted.length + (members.own.role === 'voter' ? 1 : 0);
    if (count < signersNeeded()) return;
    if (!areEnough([members.own, ...signed].map(({ keyId }) => keyId))) return;
    const parsed = parseNote(own.note, { strict: true });
    assert(parsed.ok, 'what we have signed is a note');
    const { body, lines: ownLines } = parsed.value;
    resolve({ ...own, note: formatNote(body, [...ownLines, ...counted]) });
  }

  /** The same size and root as was asked for, or the newest that we have signed if that is more. */
  async #answer(from: NodeId, size: number): Promise<void> {
    const { lastSigned, rootAt, sign, say, witness, members, log } = this.#parts;
    this.#asked.delete(from);
    const last = lastSigned();
    if (last !== undefined && last.size > size) {
      say(from, { kind: 'cosigned', ...signedSizeOf(last) });
      return;
    }
    const member = members.member(from);
    const theirs = member && witness.signedRoot(member, size);
    const ours = await rootAt(size);
    if (ours === undefined) return;
    if (theirs === undefined || !equal(ours, theirs)) {
      log.error('checkpoint-differs', { member: member?.name, size });
      return;
    }
    say(from, { kind: 'cosigned', ...signedSizeOf(await sign(size)) });
  }

  #unsigned({ own, lines }: Collection): TielineError {
    const needed = this.#parts.signersNeeded();
    const ahead = this.#sizeMin > own.size ? `; one has signed ${this.#sizeMin} already` : '';
    return new TielineError(
      'checkpoint-unsigned',
      `${lines.size} other members have co-signed ${own.size} blocks, the policy needs ${needed} ` +
        `with this one${ahead}`,
      { retry: 'transient', hint: 'see `tieline status` for which members cannot be reached' },
    );
  }
}

/** Our own co-signature in our own note: the second line. */
function signedSizeOf({ size, root, note }: Cosigned): SignedSize {
  const parsed = parseNote(note, { strict: true });
  const line = parsed.ok ? parsed.value.lines[1] : undefined;
  assert(line !== undefined, 'our own note has our co-signature');
  return { size, root, signature: line.signature };
}

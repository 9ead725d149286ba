// SPDX-License-Identifier: Apache-2.0
// Keeps an eye on what each member signs. A member that signs two roots at one size has two
// histories: its co-signatures count no more, and both are kept as evidence against it.

import { equal, toHex } from '../base/bytes.ts';
import { formatCheckpoint } from '../base/checkpoint.ts';
import { cosignerKeyType, verifyCosignature } from '../base/cosignature.ts';
import { limits } from '../base/limits.ts';
import { keyHash, type SignatureLine } from '../base/note.ts';
import type { Suite } from '../base/suite.ts';
import type { Log } from '../host/log.ts';
import type { Statement } from '../host/sqlite.ts';
import { chainOrigin, cosignerName } from './chain/names.ts';
import type { ChainMember } from './members.ts';
import { evidenceStatement, type Witnessed, witnessStatement } from './store/witness-table.ts';

export type SignedSize = {
  readonly size: number;
  readonly root: Uint8Array;
  readonly signature: Uint8Array;
};

export class Witness {
  readonly #suite: Suite;
  readonly #chainId: Uint8Array;
  readonly #log: Log;
  /** Of each member, by key id: the newest sizes that it was seen to sign. */
  readonly #seen = new Map<string, Map<number, Witnessed>>();
  readonly #guilty: Set<string>;
  #evidenceCount: number;
  #statements: Statement[] = [];

  constructor(options: {
    readonly suite: Suite;
    readonly chainId: Uint8Array;
    readonly log: Log;
    readonly seen: readonly Witnessed[];
    readonly evidence: readonly Uint8Array[];
  }) {
    this.#suite = options.suite;
    this.#chainId = options.chainId;
    this.#log = options.log;
    for (const one of options.seen) this.#sizesOf(one.member).set(one.size, one);
    this.#guilty = new Set(options.evidence.map(toHex));
    this.#evidenceCount = options.evidence.length;
  }

  get evidenceCount(): number {
    return this.#evidenceCount;
  }

  isGuilty(member: ChainMember): boolean {
    return this.#guilty.has(toHex(member.keyId));
  }

  /** Blocks under the newest checkpoint that this member was seen to sign. */
  newestSize(member: ChainMember): number {
    return Math.max(0, ...this.#sizesOf(member.keyId).keys());
  }

  /** The root that this member was seen to sign at a size. */
  signedRoot(member: ChainMember, size: number): Uint8Array | undefined {
    return this.#sizesOf(member.keyId).get(size)?.root;
  }

  /** For the next transaction. */
  takeStatements(): readonly Statement[] {
    const statements = this.#statements;
    this.#statements = [];
    return statements;
  }

  /**
   * Takes note of what a member has signed. attacker-controlled.
   * @returns its line under that checkpoint, undefined where the signature does not hold.
   */
  note(member: ChainMember, { size, root, signature }: SignedSize): SignatureLine | undefined {
    const name = cosignerName(this.#chainId, member.keyId);
    const hash = keyHash(this.#suite, name, cosignerKeyType, member.publicKey);
    const line: SignatureLine = { name, keyHash: hash, signature };
    const sizes = this.#sizesOf(member.keyId);
    const before = sizes.get(size);
    if (before !== undefined && equal(before.signature, signature)) {
      return equal(before.root, root) ? line : undefined;
    }
    const body = formatCheckpoint({ origin: chainOrigin(this.#chainId), size, root });
    const key = { name, publicKey: member.publicKey };
    if (!verifyCosignature(this.#suite, body, line, key).ok) return undefined;
    const isKnown = before !== undefined && equal(before.root, root);
    if (!isKnown) this.#remember(sizes, { member: member.keyId, size, root, signature });
    return line;
  }

  #remember(sizes: Map<number, Witnessed>, one: Witnessed): void {
    const before = sizes.get(one.size);
    if (before !== undefined) {
      this.#convict(before, one);
      return;
    }
    if (one.size > Math.max(0, ...sizes.keys())) this.#statements.push(witnessStatement(one));
    sizes.set(one.size, one);
    const smallest = Math.min(...sizes.keys());
    if (sizes.size > limits.witnessSizesMax) sizes.delete(smallest);
  }

  #convict(one: Witnessed, other: Witnessed): void {
    const member = toHex(one.member);
    if (this.#evidenceCount >= limits.evidenceMax) return;
    this.#guilty.add(member);
    this.#evidenceCount += 1;
    this.#statements.push(evidenceStatement(one, other));
    this.#log.error('two-histories', { member, size: one.size });
  }

  #sizesOf(keyId: Uint8Array): Map<number, Witnessed> {
    const key = toHex(keyId);
    const sizes = this.#seen.get(key) ?? new Map<number, Witnessed>();
    this.#seen.set(key, sizes);
    return sizes;
  }
}

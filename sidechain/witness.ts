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
import type { Evidence } from './chain/report.ts';
import { evidenceStatement, type Witnessed, witnessStatement } from './store/witness-table.ts';

/** Whose signature it is. */
type Signer = { readonly keyId: Uint8Array; readonly publicKey: Uint8Array };

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
  readonly #memberOf: (keyId: Uint8Array) => Signer | undefined;
  /** Of each member that is guilty the first, by key id. */
  readonly #evidence: Map<string, Evidence>;
  #statements: Statement[] = [];

  constructor(options: {
    readonly suite: Suite;
    readonly chainId: Uint8Array;
    readonly log: Log;
    readonly seen: readonly Witnessed[];
    readonly evidence: readonly Evidence[];
    /** As the chain has them; undefined for who is none. */
    readonly memberOf: (keyId: Uint8Array) => Signer | undefined;
  }) {
    this.#suite = options.suite;
    this.#chainId = options.chainId;
    this.#log = options.log;
    for (const one of options.seen) this.#sizesOf(one.member).set(one.size, one);
    this.#memberOf = options.memberOf;
    this.#evidence = new Map(options.evidence.map((one) => [toHex(one.member), one]));
  }

  /** One piece for each member that has signed two histories. */
  get evidence(): readonly Evidence[] {
    return [...this.#evidence.values()];
  }

  isGuilty(member: Signer): boolean {
    return this.#evidence.has(toHex(member.keyId));
  }

  /**
   * What another member says of a third. attacker-controlled.
   * @returns whether that one is guilty, as we knew before or see now.
   */
  accuse(evidence: Evidence): boolean {
    const { member: keyId, size, rootOne, signatureOne, rootOther, signatureOther } = evidence;
    const member = this.#memberOf(keyId);
    if (member === undefined) return false;
    if (this.isGuilty(member)) return true;
    const one = { size, root: rootOne, signature: signatureOne };
    const other = { size, root: rootOther, signature: signatureOther };
    const isProven =
      !equal(rootOne, rootOther) &&
      this.#lineOf(member, one) !== undefined &&
      this.#lineOf(member, other) !== undefined;
    if (isProven) this.#convict({ ...evidence });
    return isProven;
  }

  /** Blocks under the newest checkpoint that this member was seen to sign. */
  newestSize(member: Signer): number {
    return Math.max(0, ...this.#sizesOf(member.keyId).keys());
  }

  /** The root that this member was seen to sign at a size. */
  signedRoot(member: Signer, size: number): Uint8Array | undefined {
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
  note(member: Signer, signed: SignedSize): SignatureLine | undefined {
    const { size, root, signature } = signed;
    const sizes = this.#sizesOf(member.keyId);
    const before = sizes.get(size);
    if (before !== undefined && equal(before.signature, signature)) {
      return equal(before.root, root) ? this.#unchecked(member, signature) : undefined;
    }
    const line = this.#lineOf(member, signed);
    if (line === undefined) return undefined;
    const isKnown = before !== undefined && equal(before.root, root);
    if (!isKnown) this.#remember(sizes, { member: member.keyId, size, root, signature });
    return line;
  }

  /** Its line under that checkpoint, if the signature holds. */
  #lineOf(member: Signer, { size, root, signature }: SignedSize): SignatureLine | undefined {
    const line = this.#unchecked(member, signature);
    const body = formatCheckpoint({ origin: chainOrigin(this.#chainId), size, root });
    const key = { name: line.name, publicKey: member.publicKey };
    return verifyCosignature(this.#suite, body, line, key).ok ? line : undefined;
  }

  #unchecked({ keyId, publicKey }: Signer, signature: Uint8Array): SignatureLine {
    const name = cosignerName(this.#chainId, keyId);
    return { name, keyHash: keyHash(this.#suite, name, cosignerKeyType, publicKey), signature };
  }

  #remember(sizes: Map<number, Witnessed>, one: Witnessed): void {
    const before = sizes.get(one.size);
    if (before !== undefined) {
      this.#convict({
        member: one.member,
        size: one.size,
        rootOne: before.root,
        signatureOne: before.signature,
        rootOther: one.root,
        signatureOther: one.signature,
      });
      return;
    }
    if (one.size > Math.max(0, ...sizes.keys())) this.#statements.push(witnessStatement(one));
    sizes.set(one.size, one);
    const smallest = Math.min(...sizes.keys());
    if (sizes.size > limits.witnessSizesMax) sizes.delete(smallest);
  }

  /** One piece says it all: more of the same member would only take room. */
  #convict(evidence: Evidence): void {
    const member = toHex(evidence.member);
    if (this.#evidence.has(member) || this.#evidence.size >= limits.evidenceMax) return;
    this.#evidence.set(member, evidence);
    this.#statements.push(evidenceStatement(evidence));
    this.#log.error('two-histories', { member, size: evidence.size });
  }

  #sizesOf(keyId: Uint8Array): Map<number, Witnessed> {
    const key = toHex(keyId);
    const sizes = this.#seen.get(key) ?? new Map<number, Witnessed>();
    this.#seen.set(key, sizes);
    return sizes;
  }
}

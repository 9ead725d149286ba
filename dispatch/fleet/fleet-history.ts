// SPDX-License-Identifier: Apache-2.0
// The history trees of a fleet: RFC 9162, as long as those of chains that have run for days, without
// the days. A chain's own leaves (its genesis, its blocks with summaries) are hashes of real headers;
// every other block, and whole groups of old ones, are stood for by hashes that all chains share.
// Roots and proofs are real: who checks them cannot tell.

import { concat, u32 } from '../../base/bytes.ts';
import { leafHash, nodeHash } from '../../base/merkle.ts';
import { consistencySubtrees, inclusionSubtrees, leftLeafCount } from '../../base/subtrees.ts';
import type { Suite } from '../../base/suite.ts';
import { groupSize } from '../../base/tree.ts';
import { fleetAge } from './fleet-plan.ts';

/** Leaf hashes by height. */
export type OwnLeaves = ReadonlyMap<number, Uint8Array>;

type Range = { readonly start: number; readonly end: number };

export class FleetHistory {
  readonly #suite: Suite;
  readonly #seed: Uint8Array;
  /** Roots of the subtrees in which no chain has a leaf of its own. */
  readonly #shared = new Map<number, Uint8Array>();

  constructor(suite: Suite, seed: Uint8Array) {
    this.#suite = suite;
    this.#seed = seed;
  }

  root(own: OwnLeaves, size: number): Uint8Array {
    return this.#hash(own, { start: 0, end: size });
  }

  consistency(own: OwnLeaves, of: { readonly from: number; readonly to: number }): Uint8Array[] {
    return of.from === 0 ? [] : consistencySubtrees(of).map((part) => this.#hash(own, part));
  }

  inclusion(own: OwnLeaves, of: { readonly index: number; readonly size: number }): Uint8Array[] {
    return inclusionSubtrees(of).map((part) => this.#hash(own, part));
  }

  #hash(own: OwnLeaves, range: Range): Uint8Array {
    const { start, end } = range;
    const isShared = ![...own.keys()].some((height) => height >= start && height < end);
    if (isShared) return this.#sharedHash(range);
    const leaf = own.get(start);
    if (end - start === 1 && leaf !== undefined) return leaf;
    const middle = start + leftLeafCount(end - start);
    return nodeHash(
      this.#suite,
      this.#hash(own, { start, end: middle }),
      this.#hash(own, { start: middle, end }),
    );
  }

  #sharedHash({ start, end }: Range): Uint8Array {
    const leafCount = end - start;
    if (leafCount === 1 || isOldGroup({ start, end })) {
      return leafHash(this.#suite, concat(this.#seed, u32(start), u32(leafCount)));
    }
    const place = start * 2 ** 24 + leafCount;
    const known = this.#shared.get(place);
    if (known !== undefined) return known;
    const middle = start + leftLeafCount(leafCount);
    const left = this.#sharedHash({ start, end: middle });
    const made = nodeHash(this.#suite, left, this.#sharedHash({ start: middle, end }));
    this.#shared.set(place, made);
    return made;
  }
}

/** A complete subtree of blocks so old that no proof enters it: its leaves are never asked for. */
function isOldGroup({ start, end }: Range): boolean {
  const leafCount = end - start;
  const isComplete = Number.isInteger(Math.log2(leafCount)) && start % leafCount === 0;
  return isComplete && leafCount >= groupSize && end <= fleetAge - groupSize;
}

// SPDX-License-Identifier: Apache-2.0
// What gateways sign is on the chain once: whatever was acknowledged is in the block that was
// named, no entry is in two blocks, none is refused, and what is on the card of its signer gets
// into a block in the end.

import type { NodeId } from '../../../sidechain/raft/entry.ts';
import type { CardImage } from '../gateways/card-image.ts';
import type { Happening, Tell, ToldBlock } from '../happening.ts';
import { Violation } from '../violation.ts';

const name = 'entries-once';

export class EntriesOnce {
  readonly #truthOf: (member: NodeId) => CardImage;
  /** Height of the block that has an entry. */
  readonly #heights = new Map<string, number>();
  /** Entries that were on the card of their signer. */
  readonly #kept = new Map<string, NodeId>();
  #topHeight = 0;
  #count = 0;

  constructor(truthOf: (member: NodeId) => CardImage) {
    this.#truthOf = truthOf;
  }

  /** Entries acknowledged so far. */
  get count(): number {
    return this.#count;
  }

  readonly see: Tell = (happening) => {
    if (happening.kind === 'told') this.#told(happening.member, happening.block);
    if (happening.kind === 'kept') this.#kept.set(happening.entry, happening.member);
    if (happening.kind === 'acknowledged') this.#acknowledged(happening);
  };

  /** `inBlocks`: what a chain that has come to the end of the history holds. */
  checkEnd(inBlocks: ReadonlySet<string>, isSound: (member: NodeId) => boolean): void {
    for (const [entry, member] of this.#kept) {
      if (inBlocks.has(entry) || !isSound(member)) continue;
      throw new Violation(name, `entry ${entry} was on the card of ${member}, and is in no block`);
    }
  }

  #told(member: NodeId, { height, hash, accepted }: ToldBlock): void {
    if (this.#truthOf(member).blocks[height]?.hash !== hash) {
      throw new Violation(name, `${member} tells of block ${height}, which its card does not hold`);
    }
    // All members have the same blocks, which is ledger-prefix's to say.
    if (height <= this.#topHeight) return;
    this.#topHeight = height;
    for (const entry of accepted) {
      const other = this.#heights.get(entry);
      if (other !== undefined) {
        throw new Violation(name, `entry ${entry} is in blocks ${other} and ${height}`);
      }
      this.#heights.set(entry, height);
    }
  }

  #acknowledged(told: Happening & { readonly kind: 'acknowledged' }): void {
    const { member, entry, verdict, height } = told;
    const fail = (text: string): never => {
      throw new Violation(name, `${member} is told that entry ${entry} ${text}`);
    };
    if (verdict === 'refused') fail(`is refused in block ${height}`);
    if (this.#truthOf(member).lastBlock.height < height) fail('is in a block not on its card');
    const found = this.#heights.get(entry);
    if (found === undefined || found > height) fail(`is in block ${height}, and it is not`);
    if (verdict === 'accepted' && found !== height) fail(`is in block ${height}, not ${found}`);
    this.#count += 1;
  }
}

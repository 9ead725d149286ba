// SPDX-License-Identifier: Apache-2.0
// A co-signature is of blocks that are on the signer's card, and is itself there before anybody
// gets it; the sizes that a member signs only grow, over all crashes; and nobody signs another root
// than others at the same size.

import type { NodeId } from '../../../sidechain/raft/entry.ts';
import type { CardImage } from '../gateways/card-image.ts';
import type { Tell } from '../happening.ts';
import { Violation } from '../violation.ts';

const name = 'cosignatures';

export function cosignatures(truthOf: (member: NodeId) => CardImage): Tell {
  const roots = new Map<number, string>();
  /** Of each member, in the order in which it has signed them. */
  const signed = new Map<NodeId, number[]>();
  const sign = (member: NodeId, size: number): void => {
    const sizes = signed.get(member) ?? [];
    signed.set(member, sizes);
    const last = sizes.at(-1) ?? 0;
    if (size <= last) {
      throw new Violation(name, `${member} signs ${size} blocks after it has signed ${last}`);
    }
    const { length } = truthOf(member).blocks;
    if (length < size) {
      throw new Violation(name, `${member} signs ${size} blocks, and its card holds ${length}`);
    }
    sizes.push(size);
  };
  return (happening) => {
    // What it has signed since, and nobody heard of, it cannot know; the roots must be alike.
    if (happening.kind === 'taken-back') {
      const { member } = happening;
      const { cosignedSize } = truthOf(member);
      signed.set(member, signed.get(member)?.filter((size) => size <= cosignedSize) ?? []);
    }
    if (happening.kind === 'signed') sign(happening.member, happening.size);
    if (happening.kind !== 'cosigned') return;
    const { member, size, root } = happening;
    if (signed.get(member)?.includes(size) !== true) {
      const text = `${member} says that it has signed ${size} blocks, which its card never held`;
      throw new Violation(name, text);
    }
    const known = roots.get(size) ?? root;
    if (known !== root) {
      throw new Violation(name, `${member} signs ${size} blocks at another root than others`);
    }
    roots.set(size, root);
  };
}

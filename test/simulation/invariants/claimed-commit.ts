// SPDX-License-Identifier: Apache-2.0
// What a leader says to be committed is on the cards of a majority of the voters.

import type { NodeId } from '../../../sidechain/raft/entry.ts';
import type { Tell } from '../happening.ts';
import type { DurableImage } from '../member/durable-image.ts';
import { Violation } from '../violation.ts';

export function claimedCommit(ports: {
  readonly voters: readonly NodeId[];
  readonly truthOf: (member: NodeId) => DurableImage;
  /** Its card does not hold any more what it held. */
  readonly isLost: (member: NodeId) => boolean;
}): Tell {
  const { voters, truthOf, isLost } = ports;
  let known = 0;
  return (happening) => {
    if (happening.kind !== 'said') return;
    const { member, message } = happening;
    if (message.kind !== 'append' && message.kind !== 'heartbeat') return;
    const { commit: index } = message;
    if (index <= known) return;
    const lost = voters.filter(isLost);
    const terms = voters
      .filter((id) => !isLost(id))
      .map((id) => truthOf(id).log.term(index))
      .filter((term) => term !== undefined);
    // Of those who have some entry there, the most who have the same one.
    const counts = terms.map((term) => terms.filter((other) => other === term).length);
    const count = Math.max(0, ...counts) + lost.length;
    if (count * 2 <= voters.length) {
      const text = `${member} says that index ${index} is committed, which no majority holds`;
      throw new Violation('claimed-commit', text);
    }
    known = index;
  };
}

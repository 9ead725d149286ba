// SPDX-License-Identifier: Apache-2.0
// A promise is durable before it is made: an acknowledgement is of what is on the disk, a vote as
// well, and each in a term that is.

import type { NodeId } from '../../../sidechain/raft/entry.ts';
import type { PeerMessage } from '../../../sidechain/raft/message.ts';
import type { Tell } from '../happening.ts';
import type { DurableImage } from '../member/durable-image.ts';
import { Violation } from '../violation.ts';

const name = 'durable-promises';

export function durablePromises(truthOf: (member: NodeId) => DurableImage): Tell {
  return (happening) => {
    if (happening.kind !== 'said') return;
    const { member, message } = happening;
    const broken = flawOf(message, truthOf(member));
    if (broken === undefined) return;
    const text = `${member} tells ${message.to} ${broken}, and its disk does not have it`;
    throw new Violation(name, text);
  };
}

function flawOf(message: PeerMessage, { hardState, log }: DurableImage): string | undefined {
  const { kind, term } = message;
  if (kind === 'vote-response' && message.granted) {
    const isKept =
      hardState.term > term || (hardState.term === term && hardState.vote === message.to);
    return isKept ? undefined : `that it votes for it in term ${term}`;
  }
  if (kind !== 'append-response') return undefined;
  if (hardState.term < term) return `that its term is ${term}`;
  // A leader of a later term may have replaced it before it was written. It was elected without it,
  // so no majority has it, nor will have; and its own leader's term is over.
  const isOver = hardState.term > term;
  const isKept = message.rejection !== undefined || isOver || log.lastIndex >= message.index;
  return isKept ? undefined : `that it has index ${message.index}`;
}

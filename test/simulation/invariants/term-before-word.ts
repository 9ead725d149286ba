// SPDX-License-Identifier: Apache-2.0
// Whoever speaks in a term has it on its disk: else it could crash, forget it, and lead it once
// more with another log. Asking whether one may campaign is not speaking in that term.

import type { NodeId } from '../../../sidechain/raft/entry.ts';
import type { Tell } from '../happening.ts';
import type { DurableImage } from '../member/durable-image.ts';
import { Violation } from '../violation.ts';

export function termBeforeWord(truthOf: (member: NodeId) => DurableImage): Tell {
  return (happening) => {
    if (happening.kind !== 'said') return;
    const { member, message } = happening;
    if (message.kind === 'pre-vote' || message.kind === 'pre-vote-response') return;
    const { term } = truthOf(member).hardState;
    if (message.term <= term) return;
    const text = `${member} says ${message.kind} in term ${message.term}, and its disk is in ${term}`;
    throw new Violation('term-before-word', text);
  };
}

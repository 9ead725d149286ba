// SPDX-License-Identifier: Apache-2.0
// On a disk no entry is of a later term than the term there: else its member would forget, in a
// crash, that it heard of that term, and follow an older leader over what it has acknowledged.

import type { NodeId } from '../../../sidechain/raft/entry.ts';
import type { Tell } from '../happening.ts';
import type { DurableImage } from '../member/durable-image.ts';
import { Violation } from '../violation.ts';

export function termCoversLog(truthOf: (member: NodeId) => DurableImage): Tell {
  return (happening) => {
    if (happening.kind !== 'durable' || happening.transaction.kind !== 'log') return;
    const { member } = happening;
    const { hardState, log } = truthOf(member);
    const term = log.term(log.lastIndex) ?? 0;
    if (term <= hardState.term) return;
    const text = `the disk of ${member} is in term ${hardState.term} and has an entry of ${term}`;
    throw new Violation('term-covers-log', text);
  };
}

// SPDX-License-Identifier: Apache-2.0
// Log matching (Raft §5.3): an entry is known by its term and index, wherever it is on a disk, and
// so is the one before it; thus logs that agree on one entry agree on all before.

import { crc32 } from 'node:zlib';
import type { NodeId, Position } from '../../../sidechain/raft/entry.ts';
import type { Tell } from '../happening.ts';
import type { DurableImage } from '../member/durable-image.ts';
import { Violation } from '../violation.ts';

const name = 'log-matching';

export function logMatching(truthOf: (member: NodeId) => DurableImage): Tell {
  const known = new Map<string, string>();
  return (happening) => {
    if (happening.kind !== 'durable' || happening.transaction.kind !== 'log') return;
    const { member, transaction } = happening;
    const first = transaction.entries[0];
    if (first === undefined) return;
    const { log } = truthOf(member);
    let before: Position = { term: log.term(first.index - 1) ?? 0, index: first.index - 1 };
    for (const entry of transaction.entries) {
      const { term, index, kind, data } = entry;
      const place = `term ${term}, index ${index}`;
      const what = `${kind} ${crc32(data)} after term ${before.term}`;
      const other = known.get(place) ?? what;
      if (other !== what) {
        throw new Violation(name, `${member} has at ${place}: ${what}; another had ${other}`);
      }
      known.set(place, what);
      before = entry;
    }
  };
}

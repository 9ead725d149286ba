// SPDX-License-Identifier: Apache-2.0
// A read sees everything that was acknowledged to anybody, or seen by any read, before it was asked.

import type { Tell } from '../happening.ts';
import { Violation } from '../violation.ts';

export function linearizableReads(): Tell {
  const due = new Map<number, number>();
  let knownIndex = 0;
  const settledAt = new Map<string, number>();
  return (happening) => {
    switch (happening.kind) {
      case 'applied': {
        const { judged } = happening.step;
        if (judged === undefined || judged.verdict !== 'accepted') break;
        const { client, number } = judged.operation;
        settledAt.set(`${client}:${number}`, happening.entry.index);
        break;
      }
      case 'settled': {
        const { client, number } = happening.operation;
        knownIndex = Math.max(knownIndex, settledAt.get(`${client}:${number}`) ?? 0);
        break;
      }
      case 'read-asked':
        due.set(happening.read, knownIndex);
        break;
      case 'read-confirmed': {
        const { member, read, index } = happening;
        const dueIndex = due.get(read) ?? 0;
        if (index < dueIndex) {
          const text = `${member} answers read ${read} as of index ${index}, due was ${dueIndex}`;
          throw new Violation('linearizable-reads', text);
        }
        knownIndex = Math.max(knownIndex, index);
        break;
      }
      default:
        break;
    }
  };
}

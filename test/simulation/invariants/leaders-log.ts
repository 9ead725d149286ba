// SPDX-License-Identifier: Apache-2.0
// Leader completeness (Raft §5.4), by what is on cards: once the first entry of a leader's own term
// is on its card, all is that anybody's card had as committed in an earlier term. And nobody's card
// has another entry in its place.

import type { NodeId } from '../../../sidechain/raft/entry.ts';
import type { Tell } from '../happening.ts';
import type { DurableImage } from '../member/durable-image.ts';
import { Violation } from '../violation.ts';
import type { Committed } from './committed-log.ts';

const name = 'leaders-log';

export function leadersLog(truthOf: (member: NodeId) => DurableImage): Tell {
  const committed: Committed[] = [];
  const leaders = new Map<number, NodeId>();
  const learn = (member: NodeId): void => {
    const { hardState, log } = truthOf(member);
    const known = committed.length - 1;
    for (let index = Math.max(known, 0) + 1; index <= hardState.commit; index += 1) {
      const term = log.term(index);
      if (term !== undefined) committed[index] = { term, inTerm: hardState.term };
    }
    const here = Math.min(hardState.commit, log.lastIndex);
    const other = committed[here];
    if (other === undefined || log.holds({ ...other, index: here })) return;
    const text = `index ${here}: ${member} has as committed what is not of term ${other.term}`;
    throw new Violation(name, text);
  };
  const check = (member: NodeId, term: number): void => {
    const { log } = truthOf(member);
    for (const [index, entry] of committed.entries()) {
      if (entry === undefined || entry.inTerm >= term || log.holds({ ...entry, index })) continue;
      const text = `${member} leads in term ${term} without index ${index}, which was committed`;
      throw new Violation(name, text);
    }
  };
  return (happening) => {
    if (happening.kind === 'leads') leaders.set(happening.term, happening.member);
    if (happening.kind !== 'durable' || happening.transaction.kind !== 'log') return;
    const { member, transaction } = happening;
    const last = transaction.entries.at(-1);
    if (last !== undefined && leaders.get(last.term) === member) check(member, last.term);
    if (transaction.hardState !== undefined) learn(member);
  };
}

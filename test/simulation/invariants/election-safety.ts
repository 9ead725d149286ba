// SPDX-License-Identifier: Apache-2.0
// Election safety (Raft §5.2): at most one leader a term; and who is elected has a vote, as far as it knows.

import type { NodeId } from '../../../sidechain/raft/entry.ts';
import type { Tell } from '../happening.ts';
import { Violation } from '../violation.ts';

const name = 'election-safety';

export function electionSafety(): Tell {
  const leaders = new Map<number, NodeId>();
  /** @returns whether it is new. */
  const leads = (member: NodeId, term: number): boolean => {
    const known = leaders.get(term);
    if (known !== undefined && known !== member) {
      throw new Violation(name, `term ${term} has two leaders: ${known} and ${member}`);
    }
    leaders.set(term, member);
    return known === undefined;
  };
  return (happening) => {
    if (happening.kind === 'leads') leads(happening.member, happening.term);
    if (happening.kind !== 'took' || happening.status.role !== 'leader') return;
    const { member, status } = happening;
    const { term, configuration } = status;
    if (!leads(member, term)) return;
    const { voters, votersOutgoing } = configuration;
    if (!voters.includes(member) && !votersOutgoing.includes(member)) {
      throw new Violation(name, `${member} was elected in term ${term} and is no voter`);
    }
  };
}

// SPDX-License-Identifier: Apache-2.0
// Election safety (Raft §5.2): at most one leader a term; and who is elected has a vote, as far as it knows.

import type { NodeId } from '../../../sidechain/raft/entry.ts';
import type { Tell } from '../happening.ts';
import { Violation } from '../violation.ts';

const name = 'election-safety';

export function electionSafety(): Tell {
  const leaders = new Map<number, NodeId>();
  return (happening) => {
    if (happening.kind !== 'took' || happening.status.role !== 'leader') return;
    const { member, status } = happening;
    const { term, configuration } = status;
    const known = leaders.get(term);
    if (known === member) return;
    if (known !== undefined) {
      throw new Violation(name, `term ${term} has two leaders: ${known} and ${member}`);
    }
    leaders.set(term, member);
    const { voters, votersOutgoing } = configuration;
    if (!voters.includes(member) && !votersOutgoing.includes(member)) {
      throw new Violation(name, `${member} was elected in term ${term} and is no voter`);
    }
  };
}

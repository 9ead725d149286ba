// SPDX-License-Identifier: Apache-2.0
// One vote a term (Raft §5.2): whoever voted for one candidate does not vote for another in the
// same term, over all crashes.

import type { NodeId } from '../../../sidechain/raft/entry.ts';
import type { Tell } from '../happening.ts';
import { Violation } from '../violation.ts';

const name = 'single-vote';

export function singleVote(): Tell {
  const votes = new Map<string, NodeId>();
  const cast = (member: NodeId, term: number, vote: NodeId): void => {
    const ballot = `${member} in term ${term}`;
    const before = votes.get(ballot) ?? vote;
    if (before !== vote) {
      throw new Violation(name, `${ballot} voted for ${before} and for ${vote}`);
    }
    votes.set(ballot, vote);
  };
  return (happening) => {
    if (happening.kind === 'emptied') {
      const ballots = [...votes.keys()].filter((key) => key.startsWith(`${happening.member} in `));
      for (const ballot of ballots) votes.delete(ballot);
    }
    if (happening.kind === 'durable' && happening.transaction.kind === 'log') {
      const { term, vote } = happening.transaction.hardState ?? { term: 0, vote: 0 };
      if (vote !== 0) cast(happening.member, term, vote);
    }
    if (happening.kind !== 'said') return;
    const { member, message } = happening;
    if (message.kind === 'vote-response' && message.granted) cast(member, message.term, message.to);
  };
}

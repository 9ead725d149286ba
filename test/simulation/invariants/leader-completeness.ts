// SPDX-License-Identifier: Apache-2.0
// Leader completeness (Raft §5.4): what was committed in one term is in the log of every leader of
// a later term. And nothing else is ever committed in its place.

import type { Tell } from '../happening.ts';
import { Violation } from '../violation.ts';
import type { CommittedLog } from './committed-log.ts';

const name = 'leader-completeness';

export function leaderCompleteness(committed: CommittedLog): Tell {
  const checked = new Set<string>();
  return (happening) => {
    const [disagreement] = committed.see(happening);
    if (happening.kind !== 'took') return;
    const { member, status, log } = happening;
    if (disagreement !== undefined) {
      const { index, term, known } = disagreement;
      const text = `index ${index}: ${member} commits an entry of term ${term}, another one of ${known}`;
      throw new Violation(name, text);
    }
    const reign = `${member} in term ${status.term}`;
    if (status.role !== 'leader' || checked.has(reign)) return;
    checked.add(reign);
    for (let index = log.base.index; index <= committed.lastIndex; index += 1) {
      const entry = committed.at(index);
      if (entry === undefined || entry.inTerm >= status.term || log.holds({ ...entry, index })) {
        continue;
      }
      throw new Violation(name, `${reign} leads without index ${index}, which was committed`);
    }
  };
}

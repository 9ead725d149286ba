// SPDX-License-Identifier: Apache-2.0
// What never falls: a member's term, also over crashes; its commit index while it runs; the state
// on its disk.

import type { NodeId } from '../../../sidechain/raft/entry.ts';
import type { Tell } from '../happening.ts';
import type { Transaction } from '../member/durable-image.ts';
import { Violation } from '../violation.ts';

export function neverBackwards(): Tell {
  const marks = new Map<string, number>();
  const check = (member: NodeId, mark: string, value: number): void => {
    const before = marks.get(`${member} ${mark}`) ?? value;
    if (value < before) {
      const text = `the ${mark} of ${member} falls from ${before} to ${value}`;
      throw new Violation('never-backwards', text);
    }
    marks.set(`${member} ${mark}`, value);
  };
  const checkDisk = (member: NodeId, transaction: Transaction): void => {
    if (transaction.kind === 'log') {
      const { hardState, snapshot } = transaction;
      if (hardState !== undefined) check(member, 'term on disk', hardState.term);
      if (snapshot !== undefined) check(member, 'state on disk', snapshot.ledger.index);
    }
    if (transaction.kind === 'applied') {
      check(member, 'state on disk', transaction.applied.ledger.index);
    }
  };
  return (happening) => {
    const { member } = happening;
    switch (happening.kind) {
      case 'emptied':
      case 'taken-back':
        marks.delete(`${member} term on disk`);
        marks.delete(`${member} state on disk`);
        break;
      case 'started':
        marks.delete(`${member} commit index`);
        marks.delete(`${member} term`);
        check(member, 'term on disk', happening.image.hardState.term);
        check(member, 'state on disk', happening.image.applied.ledger.index);
        break;
      case 'took':
        check(member, 'commit index', happening.status.commit);
        check(member, 'term', happening.status.term);
        break;
      case 'durable':
        checkDisk(member, happening.transaction);
        break;
      default:
        break;
    }
  };
}

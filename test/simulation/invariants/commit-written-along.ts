// SPDX-License-Identifier: Apache-2.0
// A commit index that needs no write of its own is on the card once entries are that came after it.
// Else a member that starts again has changes of members in its log, has forgotten that those before
// are committed, and campaigns by voters of long ago.

import type { Entry, NodeId } from '../../../sidechain/raft/entry.ts';
import type { Tell } from '../happening.ts';
import type { DurableImage } from '../member/durable-image.ts';
import { Violation } from '../violation.ts';

export function commitWrittenAlong(truthOf: (member: NodeId) => DurableImage): Tell {
  /** Of each member, what its core has last handed out. */
  const handedOut = new Map<NodeId, number>();
  /** Of entries that were handed out, what had been by then. */
  const due = new WeakMap<readonly Entry[], number>();
  return (happening) => {
    const { member } = happening;
    if (happening.kind === 'started') handedOut.delete(member);
    if (happening.kind === 'took') {
      const { hardState, entries } = happening.ready;
      const commit = hardState?.commit ?? handedOut.get(member) ?? 0;
      handedOut.set(member, commit);
      if (entries.length > 0) due.set(entries, commit);
    }
    if (happening.kind !== 'durable' || happening.transaction.kind !== 'log') return;
    const commit = due.get(happening.transaction.entries) ?? 0;
    const known = truthOf(member).hardState.commit;
    if (known >= commit) return;
    const text = `${member} writes entries that came after index ${commit} was committed, and ${known}`;
    throw new Violation('commit-written-along', text);
  };
}

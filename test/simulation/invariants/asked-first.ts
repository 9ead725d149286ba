// SPDX-License-Identifier: Apache-2.0
// Nobody binds itself after a start before it has heard from another voter what that remembers of
// it: its disk may be older than its promises.

import type { NodeId } from '../../../sidechain/raft/entry.ts';
import type { Tell } from '../happening.ts';
import { Violation } from '../violation.ts';

const binding = ['append', 'append-response', 'vote', 'vote-response', 'heartbeat'];

export function askedFirst(voters: readonly NodeId[]): Tell {
  const silent = new Set<NodeId>();
  return (happening) => {
    const { member } = happening;
    if (happening.kind === 'started' && voters.some((id) => id !== member)) silent.add(member);
    if (happening.kind === 'answered' && voters.includes(happening.by)) silent.delete(member);
    const isWord = happening.kind === 'said' && binding.includes(happening.message.kind);
    if (!isWord || !silent.has(member)) return;
    const text = `${member} says ${happening.message.kind} before any voter has told what it knows`;
    throw new Violation('asked-first', text);
  };
}

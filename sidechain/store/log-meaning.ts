// SPDX-License-Identifier: Apache-2.0
// What a committed entry of the log means, decided here for all who walk the log: live, at a
// restart, in an audit. A leader may put into the log what is no block; nobody can take it out
// again, so all members pass over it alike: it has no height, and the log goes on behind it.

import { type BlockBody, decodeBlock } from '../chain/block.ts';
import type { Entry } from '../raft/entry.ts';

export type LogMeaning =
  | { readonly kind: 'block'; readonly body: BlockBody }
  /** Raft's own: the empty entry that begins a term, and changes of members. */
  | { readonly kind: 'own' }
  /** No honest leader has put it there. */
  | { readonly kind: 'no-block'; readonly detail: string };

/** attacker-controlled: a leader's word. */
export function meaningOf(entry: Entry): LogMeaning {
  if (entry.kind !== 'normal' || entry.data.length === 0) return { kind: 'own' };
  const decoded = decodeBlock(entry.data);
  return decoded.ok
    ? { kind: 'block', body: decoded.value }
    : { kind: 'no-block', detail: decoded.detail };
}

// SPDX-License-Identifier: Apache-2.0
// What a candidate or pre-candidate heeds: answers to its own campaign, and anyone who leads this
// term.

import type { Core } from '../core.ts';
import { countVote } from '../election.ts';
import type { PeerMessage } from '../message.ts';
import { becomeFollower } from './become.ts';
import { stepFollower } from './follower.ts';

export function stepCandidate(core: Core, message: PeerMessage): void {
  switch (message.kind) {
    case 'append':
    case 'heartbeat':
    case 'snapshot':
      becomeFollower(core, message.term, message.from);
      stepFollower(core, message);
      break;
    case 'vote-response':
      // A pre-vote that was granted late is no vote, though it may bear our term.
      if (core.role === 'candidate') countVote(core, message.from, message.granted);
      break;
    case 'pre-vote-response':
      if (core.role === 'pre-candidate') countVote(core, message.from, message.granted);
      break;
    default:
      break;
  }
}

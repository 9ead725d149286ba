// SPDX-License-Identifier: Apache-2.0
// What no honest member ever says. Types and ranges of the single fields are checked where a
// message is decoded; here it is whether they fit together, for the log relies on it.

import { limits } from '../../base/limits.ts';
import { flawOfConfiguration } from './configuration/configuration.ts';
import type { Core } from './core.ts';
import type { Append, InstallSnapshot, PeerMessage } from './message.ts';

/** `undefined` for a message that may be believed as far as Raft believes anybody. */
export function flawOfMessage(message: PeerMessage): string | undefined {
  if (message.term > limits.raftNumberMax) return 'the term is beyond all terms';
  switch (message.kind) {
    case 'append':
      return flawOfLeader(message) ?? flawOfAppend(message);
    case 'snapshot':
      return flawOfLeader(message) ?? flawOfSnapshot(message);
    case 'heartbeat':
    case 'timeout-now':
    case 'vote':
    case 'pre-vote':
      return flawOfLeader(message);
    default:
      return undefined;
  }
}

/**
 * What does not fit our log: a leader tells a member no more than what that has acknowledged to it,
 * and a member acknowledges no more than what it was sent.
 */
export function flawAgainstLog(core: Core, message: PeerMessage): string | undefined {
  const last = core.log.lastIndex();
  if (message.kind === 'heartbeat' && message.commit > last) {
    return `index ${message.commit} is said to be committed, and our log ends at ${last}`;
  }
  const isAnswerToUs =
    message.kind === 'append-response' && core.role === 'leader' && message.term === core.term;
  if (isAnswerToUs && message.index > last) {
    return `index ${message.index} is acknowledged, and our log ends at ${last}`;
  }
  return undefined;
}

/** Also of one that would like to be. */
function flawOfLeader({ term }: PeerMessage): string | undefined {
  return term < 1 ? 'nobody leads before term 1' : undefined;
}

function flawOfAppend({ previous, entries, term }: Append): string | undefined {
  let before = previous;
  for (const entry of entries) {
    if (entry.index !== before.index + 1) return `entry ${entry.index} follows ${before.index}`;
    if (entry.term < before.term) return `the term falls at entry ${entry.index}`;
    if (entry.data.length > limits.raftEntryBytesMax) return `entry ${entry.index} is too large`;
    before = entry;
  }
  if (before.term > term) return 'an entry is of a later term than its leader';
  if (before.index > limits.raftNumberMax) return 'the index is beyond all indexes';
  return undefined;
}

function flawOfSnapshot({ snapshot, term }: InstallSnapshot): string | undefined {
  if (snapshot.index < 1) return 'the snapshot stands for nothing';
  if (snapshot.index > limits.raftNumberMax) return 'the index is beyond all indexes';
  if (snapshot.term > term) return 'the snapshot is of a later term than its leader';
  return flawOfConfiguration(snapshot.configuration);
}

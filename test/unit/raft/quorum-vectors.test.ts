// SPDX-License-Identifier: Apache-2.0
// The quorum cases of etcd-io/raft, exactly. Its harness adds a line where an equivalent
// computation differs; ours does the same, so that each case also says: symmetric, equal to a joint
// one with itself or with nobody.

import { assert } from '../../../base/assert.ts';
import type { NodeId } from '../../../sidechain/raft/entry.ts';
import { jointCommitted, jointVote, type Voters } from '../../../sidechain/raft/quorum/joint.ts';
import {
  type AckedIndex,
  majorityCommitted,
  majorityVote,
  type VoteResult,
} from '../../../sidechain/raft/quorum/majority.ts';
import { type Case, valuesOf } from '../../scenario/data-driven.ts';
import { countByQuorum } from './slow-quorum.ts';
import { testVectors } from './vectors.ts';

const voteNames: Readonly<Record<VoteResult, string>> = {
  pending: 'VotePending',
  lost: 'VoteLost',
  won: 'VoteWon',
};

testVectors({ folder: 'quorum', caseCount: 127, newRunner: () => runCase });

type Quorum = Voters & { readonly isJoint: boolean; readonly all: readonly NodeId[] };

function runCase(one: Case): readonly string[] {
  const voters = distinct(valuesOf(one, 'cfg'));
  const outgoing = valuesOf(one, 'cfgj');
  const votersOutgoing = distinct(outgoing.filter((value) => value !== 'zero'));
  const all = [...new Set([...voters, ...votersOutgoing])];
  const quorum: Quorum = { voters, votersOutgoing, isJoint: outgoing.length > 0, all };
  const given = valuesOf(one, one.command === 'vote' ? 'votes' : 'idx');
  if (given.length !== all.length) {
    const values = given.map((value) => (value === '_' ? '0' : value)).join(' ');
    return [`error: mismatched input (explicit or _) for voters map[${all}]: [${values}]`];
  }
  const known = new Map(all.map((id, i) => [id, given[i] ?? '_'] as const));
  for (const [id, value] of known) if (value === '_') known.delete(id);
  return one.command === 'vote' ? vote(quorum, known) : committed(quorum, known);
}

function distinct(values: readonly string[]): readonly NodeId[] {
  return [...new Set(values.map(Number))];
}

function vote(quorum: Quorum, known: ReadonlyMap<NodeId, string>): readonly string[] {
  const votes = new Map([...known].map(([id, value]) => [id, value === 'y']));
  const result = quorum.isJoint ? jointVote(quorum, votes) : majorityVote(quorum.voters, votes);
  const swapped = jointVote(swap(quorum), votes);
  return [
    ...(swapped === result ? [] : [`${voteNames[swapped]} <-- via symmetry`]),
    voteNames[result],
  ];
}

function swap({ voters, votersOutgoing }: Voters): Voters {
  return { voters: votersOutgoing, votersOutgoing: voters };
}

function committed(quorum: Quorum, known: ReadonlyMap<NodeId, string>): readonly string[] {
  const indexes = new Map([...known].map(([id, value]) => [id, Number(value)]));
  const acked: AckedIndex = (id) => indexes.get(id);
  const index = quorum.isJoint
    ? jointCommitted(quorum, acked)
    : majorityCommitted(quorum.voters, acked);
  const { voters } = quorum;
  const others = quorum.isJoint
    ? [['symmetry', jointCommitted(swap(quorum), acked)] as const]
    : ([
        ['alternative computation', countByQuorum(voters, acked)],
        ['zero-joint quorum', jointCommitted({ voters, votersOutgoing: [] }, acked)],
        ['self-joint quorum', jointCommitted({ voters, votersOutgoing: voters }, acked)],
        ...overlays(voters, indexes, index),
      ] as const);
  const differing = others.filter(([, other]) => other !== index);
  // Nobody to describe: it leaves out the line break, too.
  if (quorum.all.length === 0) return [`<empty majority quorum>${show(index)}`];
  return [
    ...describe(
      [...quorum.all].sort((a, b) => a - b),
      acked,
    ),
    ...differing.map(([via, other]) => `${show(other)} <-- via ${via}`),
    show(index),
  ];
}

/** A voter below the committed index may fall further, or never have been heard of: it changes
 * nothing. */
function overlays(
  voters: readonly NodeId[],
  indexes: ReadonlyMap<NodeId, number>,
  committedIndex: number,
): readonly (readonly [string, number])[] {
  return [...indexes].flatMap(([id, index]) => {
    if (index >= committedIndex) return [];
    return [index - 1, 0].map((lower) => {
      const acked: AckedIndex = (other) => (other === id ? lower : indexes.get(other));
      return [`overlaying ${id}->${lower}`, majorityCommitted(voters, acked)] as const;
    });
  });
}

function show(index: number): string {
  return index === Number.POSITIVE_INFINITY ? '∞' : String(index);
}

/** One bar a voter: how many voters stand below its index. */
function describe(ids: readonly NodeId[], acked: AckedIndex): readonly string[] {
  const width = ids.length;
  const ascending = ids.map((id) => acked(id) ?? 0).sort((a, b) => a - b);
  const rows = ids.map((id) => {
    const index = acked(id);
    const below = ascending.indexOf(index ?? 0);
    assert(below >= 0, 'each index is among the indexes');
    const bar = index === undefined ? '?' : `${'x'.repeat(below)}>`;
    const number = String(index ?? 0).padStart(5);
    return `${bar.padEnd(width + 1)} ${number}    (id=${id.toString(16)})`;
  });
  return [`${' '.repeat(width)}    idx`, ...rows];
}

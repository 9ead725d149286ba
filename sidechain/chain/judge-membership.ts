// SPDX-License-Identifier: Apache-2.0
// Whether a change of members may be, judged from the members there are. What it leaves must be a chain
// that can go on: it has a voter, and its voters can satisfy its policy.

import { equal } from '../../base/bytes.ts';
import { accept, type Result, refuse } from '../../base/errors.ts';
import { keyIdOf } from '../../base/ids.ts';
import { checkPublicKey } from '../../base/key-check.ts';
import { limits } from '../../base/limits.ts';
import type { Suite } from '../../base/suite.ts';
import type { Member, Person } from './member.ts';
import type { MembershipChange } from './membership.ts';
import { isPolicyPossible, type Policy } from './policy.ts';

/** Why a change is refused, besides for its signer and its number. */
export type MembershipRefusal =
  /** No point of the prime-order group, or not in its canonical form. */
  | 'weak-key'
  /** A member or person has, or had, the same key id. */
  | 'key-taken'
  /** A member is called so. */
  | 'name-taken'
  /** Whom it is about, or who is superseded, was never a member. */
  | 'no-member'
  /** The same, and was revoked. */
  | 'member-revoked'
  /** To be promoted, and a voter already. */
  | 'voter-already'
  | 'last-voter'
  | 'too-many-voters'
  /** As many as a chain has at once, or ever. */
  | 'too-many-members'
  /** The policy asks for more co-signatures than there would be voters. */
  | 'policy';

export type MembershipBench = {
  readonly members: readonly Member[];
  readonly persons: readonly Person[];
  readonly policy: Policy;
  /** Of the block that holds the change. */
  readonly height: number;
  /** Key id of the person who signed it. */
  readonly by: Uint8Array;
};

/** The members as the change leaves them. */
export function changeMembers(
  suite: Suite,
  change: MembershipChange,
  bench: MembershipBench,
): Result<readonly Member[], MembershipRefusal> {
  const changed = makeChange(suite, change, bench);
  if (!changed.ok) return changed;
  const active = changed.value.filter(({ revoked }) => !revoked);
  const voterCount = active.filter(({ role }) => role === 'voter').length;
  if (voterCount === 0) return refuse('last-voter', 'no voter would be left');
  if (voterCount > limits.votersMax) {
    return refuse('too-many-voters', `a chain has at most ${limits.votersMax} voters`);
  }
  if (active.length > limits.membersMax || changed.value.length > limits.membersEverMax) {
    return refuse('too-many-members', `at most ${limits.membersMax} at once`);
  }
  if (!isPolicyPossible(bench.policy, voterCount)) {
    return refuse('policy', `${voterCount} voters cannot satisfy the policy`);
  }
  return changed;
}

function makeChange(
  suite: Suite,
  change: MembershipChange,
  bench: MembershipBench,
): Result<readonly Member[], MembershipRefusal> {
  switch (change.kind) {
    case 'grant':
      return grant(suite, change, bench);
    case 'revoke':
      return revoke(change.keyId, bench);
    case 'promote': {
      const found = activeMember(change.keyId, bench);
      if (!found.ok) return found;
      if (found.value.role === 'voter') return refuse('voter-already', 'it is a voter');
      return accept(replace(bench.members, { ...found.value, role: 'voter' }));
    }
  }
}

function grant(
  suite: Suite,
  change: Extract<MembershipChange, { kind: 'grant' }>,
  bench: MembershipBench,
): Result<readonly Member[], MembershipRefusal> {
  const { publicKey, name, role, address, supersedes } = change;
  const checked = checkPublicKey(publicKey, suite);
  if (!checked.ok) return refuse('weak-key', checked.detail);
  const keyId = keyIdOf(suite, publicKey);
  if ([...bench.members, ...bench.persons].some((one) => equal(one.keyId, keyId))) {
    return refuse('key-taken', 'a key is enrolled once, for ever');
  }
  const rest = supersedes === null ? accept(bench.members) : revoke(supersedes, bench);
  if (!rest.ok) return rest;
  if (rest.value.some((one) => !one.revoked && one.name === name)) {
    return refuse('name-taken', `a member is called ${name}`);
  }
  const granted: Member = {
    ...{ raftId: rest.value.length + 1, keyId, publicKey, role, name, address },
    ...{ sinceHeight: bench.height, revoked: false, end: null },
  };
  return accept([...rest.value, granted]);
}

function revoke(
  keyId: Uint8Array,
  bench: MembershipBench,
): Result<readonly Member[], MembershipRefusal> {
  const { height, by } = bench;
  const found = activeMember(keyId, bench);
  if (!found.ok) return found;
  return accept(replace(bench.members, { ...found.value, revoked: true, end: { height, by } }));
}

function activeMember(
  keyId: Uint8Array,
  { members }: MembershipBench,
): Result<Member, MembershipRefusal> {
  const member = members.find((one) => equal(one.keyId, keyId));
  if (member === undefined) return refuse('no-member', 'nobody was ever a member under this id');
  return member.revoked ? refuse('member-revoked', 'it was revoked before') : accept(member);
}

function replace(members: readonly Member[], by: Member): readonly Member[] {
  return members.map((one) => (one.raftId === by.raftId ? by : one));
}

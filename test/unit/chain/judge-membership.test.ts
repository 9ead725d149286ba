// SPDX-License-Identifier: Apache-2.0
// Who may be made a member, and of what chain: every reason for which a change is refused, and that
// a change counts once.

import { describe, expect, test } from 'vitest';
import { fromHex, toHex } from '../../../base/bytes.ts';
import { toKeyId } from '../../../base/ids.ts';
import { limits } from '../../../base/limits.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { changeMembers } from '../../../sidechain/chain/judge-membership.ts';
import type { Member } from '../../../sidechain/chain/member.ts';
import { type MembershipChange, signMembership } from '../../../sidechain/chain/membership.ts';
import { decodeRefused } from '../../../sidechain/chain/own-outputs.ts';
import { stateRoot } from '../../../sidechain/chain/state.ts';
import { readVectors } from '../../vectors/read-vectors.ts';
import { flip } from '../base/flip.ts';
import { engineer, chainId as otherChainId, stranger, testSigner } from './fixture.ts';
import { Group } from './group.ts';

type Grant = Extract<MembershipChange, { kind: 'grant' }>;

function grant(number: number, changed: Partial<Grant> = {}): Grant {
  return {
    kind: 'grant',
    publicKey: testSigner(number).publicKey,
    name: `newcomer ${number}`,
    role: 'follower',
    address: null,
    supersedes: null,
    ...changed,
  };
}

const idOf = (number: number) => toKeyId(testSigner(number).keyId);
const promote = (number: number): MembershipChange => ({ kind: 'promote', keyId: idOf(number) });
const revoke = (number: number): MembershipChange => ({ kind: 'revoke', keyId: idOf(number) });

/** Members 10 to 12 are voters, 13 follows. */
function newGroup(options: ConstructorParameters<typeof Group>[0] = {}): Group {
  return new Group(options);
}

function reasonsOf(group: Group, ...changes: readonly MembershipChange[]): readonly string[] {
  return changes.flatMap((change) => group.reasons(group.membership(change)));
}

function memberOf(group: Group, number: number): Member | undefined {
  return group.ledger.registry.member(testSigner(number).keyId);
}

test('a follower is granted, promoted, and revoked; its place is never given again', () => {
  const group = newGroup();
  expect(reasonsOf(group, grant(20, { address: '192.0.2.7:7700' }), promote(20))).toEqual([]);
  expect(memberOf(group, 20)).toMatchObject({ raftId: 5, role: 'voter', sinceHeight: 1 });
  expect(memberOf(group, 20)?.address).toBe('192.0.2.7:7700');
  expect(group.ledger.registry.voters).toHaveLength(4);
  expect(reasonsOf(group, revoke(20), grant(21))).toEqual([]);
  const end = { height: 3, by: engineer.keyId };
  expect(memberOf(group, 20)).toMatchObject({ revoked: true, end });
  expect(memberOf(group, 21)).toMatchObject({ raftId: 6, revoked: false });
  expect(group.ledger.registry.membership?.version).toBe(4);
  expect(group.resumed().registry.members).toEqual(group.members);
});

test('who is granted counts for the entries after it, in the same block', () => {
  const group = newGroup();
  const newcomer = testSigner(20);
  const schema = group.schema();
  const late = signMembership({ version: 1, change: grant(20) }, group.chainId, engineer);
  expect(group.reasons(schema, { entry: late }, group.revocation(1))).toEqual(['version']);
  expect(group.ledger.registry.member(newcomer.keyId)).toBeDefined();
});

test('a key is rotated in one entry: the old one ends where the new one begins', () => {
  const group = newGroup({ voters: 1, followers: 0 });
  const change = grant(20, { role: 'voter', name: 'gateway 0', supersedes: idOf(10) });
  expect(reasonsOf(group, change)).toEqual([]);
  expect(memberOf(group, 10)).toMatchObject({ revoked: true });
  expect(memberOf(group, 20)).toMatchObject({ raftId: 2, role: 'voter', name: 'gateway 0' });
});

describe('a change is refused', () => {
  test('of a signer who is no person of the chain, or one without the right', () => {
    const persons = [
      { publicKey: stranger.publicKey, name: 'sam', rights: ['command'] },
      { publicKey: engineer.publicKey, name: 'eve', rights: ['command', 'members'] },
    ];
    const group = newGroup({ altered: { persons } });
    const by = (signer: typeof stranger) => group.membership(grant(20), { by: signer });
    expect(group.reasons(by(testSigner(10)))).toEqual(['unknown-signer']);
    expect(group.reasons(by(stranger))).toEqual(['right']);
    expect(group.reasons(by(engineer))).toEqual([]);
  });

  test('where its signature does not hold, or was made for another chain', () => {
    const group = newGroup();
    const { entry } = group.membership(grant(20));
    const other = signMembership({ version: 1, change: grant(20) }, otherChainId, engineer);
    expect(group.reasons({ entry: flip(entry, 8 * entry.length - 1) })).toEqual(['signature']);
    expect(group.reasons({ entry: other })).toEqual(['signature']);
  });

  test('with packs beside it, or a payload that is none', () => {
    const group = newGroup();
    const packs = { secret: new Uint8Array(32), packs: [] };
    expect(group.reasons({ ...group.membership(grant(20)), packs })).toEqual(['malformed']);
  });

  test('the second time, before its turn, and where another was made since', () => {
    const group = newGroup();
    const first = group.membership(grant(20));
    expect(group.reasons(first, first)).toEqual(['duplicate']);
    expect(group.reasons(group.membership(grant(21), { version: 3 }))).toEqual(['version']);
    expect(reasonsOf(group, revoke(20))).toEqual([]);
    // Replayed, it would make a member again of one that was revoked.
    expect(group.reasons(first)).toEqual(['version']);
  });

  test('with a weak key', () => {
    const group = newGroup();
    const { encodings } = readVectors<{ encodings: string[] }>('ed25519-weak-points.json');
    const weak = encodings.map((hex) => fromHex(hex) ?? new Uint8Array());
    expect(weak.length).toBeGreaterThan(8);
    for (const publicKey of weak) {
      expect(reasonsOf(group, grant(20, { publicKey }))).toEqual(['weak-key']);
    }
  });

  test('with a key that is a member’s or a person’s, or was one', () => {
    const group = newGroup();
    const person = grant(20, { publicKey: engineer.publicKey });
    expect(reasonsOf(group, grant(11), person, revoke(13), grant(13))).toEqual([
      'key-taken',
      'key-taken',
      'key-taken',
    ]);
  });

  test('with a name that a member has; that of a revoked one is free again', () => {
    const group = newGroup();
    const named = grant(20, { name: 'gateway 3' });
    expect(reasonsOf(group, named)).toEqual(['name-taken']);
    expect(reasonsOf(group, revoke(13), named)).toEqual([]);
  });

  test('about nobody, one revoked, or one that is a voter already', () => {
    const group = newGroup();
    expect(reasonsOf(group, revoke(20), promote(20), promote(10))).toEqual([
      'no-member',
      'no-member',
      'voter-already',
    ]);
    expect(reasonsOf(group, revoke(13))).toEqual([]);
    const instead = grant(20, { supersedes: idOf(13) });
    expect(reasonsOf(group, revoke(13), promote(13), instead)).toEqual(
      Array(3).fill('member-revoked'),
    );
  });

  test('that takes the last voter', () => {
    const group = newGroup({ voters: 1, followers: 1 });
    const instead = grant(20, { supersedes: idOf(10) });
    expect(reasonsOf(group, revoke(10), instead)).toEqual(['last-voter', 'last-voter']);
    expect(reasonsOf(group, promote(11), revoke(10))).toEqual([]);
  });

  test('that leaves fewer voters than the policy needs', () => {
    const group = newGroup({ voters: 3, altered: { policy: { class: 'prevent', faulty: 1 } } });
    expect(reasonsOf(group, revoke(12))).toEqual([]);
    expect(reasonsOf(group, revoke(11))).toEqual(['policy']);
    expect(reasonsOf(group, promote(13), revoke(11))).toEqual([]);
  });

  test('that makes too many voters, or members', () => {
    const group = newGroup({ voters: limits.votersMax, followers: 1 });
    const follower = 10 + limits.votersMax;
    expect(reasonsOf(group, promote(follower), grant(60, { role: 'voter' }))).toEqual([
      'too-many-voters',
      'too-many-voters',
    ]);
    const free = limits.membersMax - group.members.length;
    const fill = Array.from({ length: free + 1 }, (_, i) => grant(100 + i));
    expect(reasonsOf(group, ...fill)).toEqual(['too-many-members']);
  });

  test('that makes more members than a chain may ever have had', () => {
    const { members, persons, policy } = newGroup().ledger.registry;
    const [one] = members;
    if (one === undefined) throw new Error('a chain has members');
    const gone = { ...one, role: 'follower', revoked: true, end: null } as const;
    const count = limits.membersEverMax - members.length;
    const ever = Array.from({ length: count }, (_, i) => ({
      ...{ ...gone, raftId: members.length + 1 + i, name: `gone ${i}` },
      keyId: Uint8Array.of(0, 0, 0, 0, 0, 0, i >> 8, i & 0xff),
    }));
    const by = engineer.keyId;
    const judgedAmong = (all: readonly Member[]) =>
      changeMembers(suite, grant(20), { members: all, persons, policy, height: 1, by });
    const full = [...members, ...ever];
    expect(full).toHaveLength(limits.membersEverMax);
    expect(judgedAmong(full)).toMatchObject({ ok: false, code: 'too-many-members' });
    expect(judgedAmong(full.slice(0, -1))).toMatchObject({ ok: true });
  });

  test('and leaves members, number and the state as they were', () => {
    const group = newGroup();
    const before = group.ledger.statePairs();
    const block = group.apply([group.membership(revoke(20))]);
    expect(group.ledger.statePairs()).toEqual(before);
    expect(block.outputs.map(({ bytes }) => decodeRefused(bytes)?.reason)).toEqual(['no-member']);
  });
});

test('a chain of no engineer keeps the members of its genesis', () => {
  const group = newGroup({ altered: { persons: [] } });
  expect(reasonsOf(group, grant(20))).toEqual(['unknown-signer']);
});

test('each change makes the state root an output of its block', () => {
  const group = newGroup();
  expect(group.apply([]).outputs).toEqual([]);
  const { outputs } = group.apply([group.membership(grant(20))]);
  const root = stateRoot(suite, group.ledger.statePairs());
  expect(outputs).toHaveLength(1);
  expect(toHex(outputs[0]?.bytes ?? new Uint8Array())).toContain(toHex(root));
});

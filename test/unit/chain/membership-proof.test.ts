// SPDX-License-Identifier: Apache-2.0
// Changes of the members that are shown to somebody who does not hold the chain: each step of the proof is
// looked at, also where a checkpoint that is signed well speaks for what no honest member puts into a block.

import { expect, test } from 'vitest';
import { toKeyId } from '../../../base/ids.ts';
import { leafHash, rootOf } from '../../../base/merkle.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { signEntry } from '../../../sidechain/chain/entry.ts';
import { encodeHeader } from '../../../sidechain/chain/header.ts';
import { foundingMembers, foundingPersons, membersRight } from '../../../sidechain/chain/member.ts';
import { type MembershipChange, signMembership } from '../../../sidechain/chain/membership.ts';
import { followChanges, type ProvenChange } from '../../../sidechain/chain/membership-proof.ts';
import { chainId, engineer, gateway, stranger, testSigner } from './fixture.ts';

const zeros = new Uint8Array(32);
const otherChainId = suite.sha256(chainId);
const clerk = testSigner(40);
const persons = [
  { publicKey: engineer.publicKey, name: 'eve', rights: [membersRight] },
  { publicKey: clerk.publicKey, name: 'carl', rights: ['enter'] },
];
const founding = {
  members: foundingMembers(suite, [
    { publicKey: gateway.publicKey, role: 'voter', name: 'gateway' },
  ]),
  persons: foundingPersons(suite, persons),
  policy: { class: 'blame', faulty: 0 } as const,
  version: 0,
};

function grant(number: number): MembershipChange {
  const { publicKey } = testSigner(number);
  const rest = { name: `newcomer ${number}`, role: 'follower', address: null, supersedes: null };
  return { kind: 'grant', publicKey, ...rest } as MembershipChange;
}

function entryOf(
  version: number,
  { change = grant(19 + version), by = engineer, of = chainId } = {},
) {
  return signMembership({ version, change }, of, by);
}

/** One header for each entry, whatever that is, with this entry alone under its entry root. */
function history(entries: readonly Uint8Array[], of = chainId) {
  const headers = entries.map((entry, height) =>
    encodeHeader({
      ...{ chainId: of, height, previous: zeros, entryCount: 1 },
      ...{ entryRoot: leafHash(suite, entry), outputRoot: zeros, stateHash: zeros },
      ...{ timeMs: 1, outputCount: 0, clock: { state: 'unset', errorMs: null } },
    }),
  );
  const leaves = headers.map((header) => leafHash(suite, header));
  const changes = entries.map((entry, i): ProvenChange => {
    const headerPath = leaves.length === 1 ? [] : [leaves[1 - i] ?? zeros];
    return { entry, entryIndex: 0, entryPath: [], header: headers[i] ?? zeros, headerPath };
  });
  return { changes, checkpoint: { size: leaves.length, root: rootOf(suite, leaves) } };
}

function verdictOn({
  changes,
  checkpoint,
}: {
  readonly changes: readonly ProvenChange[];
  readonly checkpoint: { readonly size: number; readonly root: Uint8Array };
}): string {
  const given = { chainId, from: founding, checkpoint };
  const followed = followChanges(suite, changes, given);
  return followed.ok ? `version ${followed.value.version}` : followed.detail;
}

const two = history([entryOf(1), entryOf(2)]);
const [first, second] = two.changes as [ProvenChange, ProvenChange];

test('two changes that are proven are followed', () => {
  expect(verdictOn(two)).toBe('version 2');
});

test.each<[string, readonly ProvenChange[], string]>([
  ['in another order', [second, first], 'change 2 does not follow 0'],
  ['the later one alone', [second], 'change 2 does not follow 0'],
  ['one twice', [first, first], 'change 1 does not follow 1'],
  ['with another path', [{ ...first, headerPath: [zeros] }], 'block 0 is not under the checkpoint'],
  ['with another entry', [{ ...first, entry: second.entry }], 'the change is not in block 0'],
  ['at another place', [{ ...first, entryIndex: 1 }], 'the change is not in block 0'],
  ['with no header', [{ ...first, header: zeros }], expect.any(String) as unknown as string],
])('refused: %s', (_, changes, detail) => {
  expect(verdictOn({ ...two, changes })).toEqual(detail);
});

test('blocks go up', () => {
  const turned = history([entryOf(2), entryOf(1)]);
  const changes = turned.changes.toReversed();
  expect(verdictOn({ ...turned, changes })).toBe('its blocks are not in order');
});

test('a header of another chain is none of this one', () => {
  expect(verdictOn(history([entryOf(1)], otherChainId))).toBe('of another chain');
});

test.each<[string, Uint8Array, RegExp]>([
  ['signed by nobody of the chain', entryOf(1, { by: stranger }), /may not change the members/],
  ['signed by a member', entryOf(1, { by: gateway }), /may not change the members/],
  ['signed by one without the right', entryOf(1, { by: clerk }), /may not change the members/],
  [
    'in the name of one with the right',
    entryOf(1, { by: { ...stranger, keyId: engineer.keyId } }),
    /the signature of eve does not verify/,
  ],
  ['made for another chain', entryOf(1, { of: otherChainId }), /signature of eve does not verify/],
  [
    'of another kind',
    signEntry({ kind: 'manual-entry', payload: zeros, chainId }, engineer),
    /an entry of kind manual-entry/,
  ],
  [
    'of a payload that is none',
    signEntry({ kind: 'membership', payload: zeros, chainId }, engineer),
    /./,
  ],
  ['no entry at all', zeros, /./],
  [
    'that the chain refuses',
    entryOf(1, { change: { kind: 'revoke', keyId: toKeyId(gateway.keyId) } }),
    /no voter would be left/,
  ],
])('a change %s counts for nothing, whoever has signed the checkpoint', (_, entry, detail) => {
  const verdict = verdictOn(history([entry]));
  expect(verdict).not.toMatch(/^version/);
  expect(verdict).toMatch(detail);
});

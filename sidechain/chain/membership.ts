// SPDX-License-Identifier: Apache-2.0
// Membership: a person's signed word that a gateway becomes a member, a voter, or a member no longer.
// Each states the number that it gives to the membership, so it counts once and in one place.

import type { Result } from '../../base/errors.ts';
import {
  bytes,
  type Content,
  choice,
  code,
  decodeWith,
  encodeWith,
  nullable,
  uint,
} from '../../base/fields.ts';
import { keyIdField } from '../../base/ids.ts';
import { nameField } from '../../base/label.ts';
import { limits } from '../../base/limits.ts';
import { byKind, record } from '../../base/records.ts';
import type { Signer } from '../../base/suite.ts';
import { signEntry } from './entry.ts';
import { addressField } from './member.ts';

const changeField = byKind(1, {
  grant: record({
    kind: [1, choice('grant')],
    publicKey: [2, bytes(32)],
    name: [3, nameField],
    role: [4, code('voter', 'follower')],
    /** Where it is reached, `host:port`. */
    address: [5, nullable(addressField)],
    /** Key id of the member that it takes the place of, which is revoked thereby. */
    supersedes: [6, nullable(keyIdField)],
  }),
  revoke: record({ kind: [1, choice('revoke')], keyId: [2, keyIdField] }),
  /** A follower becomes a voter. */
  promote: record({ kind: [1, choice('promote')], keyId: [2, keyIdField] }),
});

const membershipField = record({
  /** Of the membership that it makes: one more than the last. That of the genesis is 0. */
  version: [1, uint()],
  change: [2, changeField],
});

export type Membership = Content<typeof membershipField>;
export type MembershipChange = Membership['change'];

/** Entry bytes, by a person with the right `members`. */
export function signMembership(
  membership: Membership,
  chainId: Uint8Array,
  signer: Signer,
): Uint8Array {
  const payload = encodeWith(membershipField, membership);
  return signEntry({ kind: 'membership', payload, chainId }, signer);
}

/** Payload bytes are attacker-controlled. */
export function decodeMembership(payload: Uint8Array): Result<Membership, 'cbor' | 'form'> {
  const bytesMax = limits.entryBytesMax;
  return decodeWith(membershipField, payload, { name: 'membership', bytesMax });
}

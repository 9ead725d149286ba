// SPDX-License-Identifier: Apache-2.0
// The members of a chain in bytes: a column of the ledger, and how most chains are kept in memory. Key ids
// are in them, and nothing is verified again.

import { assert } from '../../base/assert.ts';
import { accept } from '../../base/errors.ts';
import { choice, decodeWith, encodeWith, mapped, tuple, uint } from '../../base/fields.ts';
import { limits } from '../../base/limits.ts';
import { membersField, personsField } from '../../sidechain/chain/member.ts';
import type { Membership } from '../../sidechain/chain/membership-proof.ts';

const policyField = mapped(tuple(choice('blame', 'prevent'), uint(limits.votersMax)), {
  read: ([kind, faulty]) => accept({ class: kind, faulty }),
  write: (policy) => [policy.class, policy.faulty] as const,
});

const membershipField = tuple(membersField, personsField, policyField, uint());

export function encodeMembership(membership: Membership): Uint8Array {
  const { members, persons, policy, version } = membership;
  return encodeWith(membershipField, [members, persons, policy, version]);
}

export function decodeMembership(column: Uint8Array): Membership {
  const read = decodeWith(membershipField, column, { name: 'membership' });
  assert(read.ok, 'a membership is stored as it is encoded');
  const [members, persons, policy, version] = read.value;
  return { members, persons, policy, version };
}

// SPDX-License-Identifier: Apache-2.0
// Members and policy of a chain as a column of its row. The keys were checked when the chain was
// enrolled; a start with many chains reads them without doing so again.

import { assert } from '../../base/assert.ts';
import { accept } from '../../base/errors.ts';
import {
  bytes,
  choice,
  decodeWith,
  encodeWith,
  listOf,
  mapped,
  tuple,
  uint,
} from '../../base/fields.ts';
import { keyIdOf } from '../../base/ids.ts';
import { limits } from '../../base/limits.ts';
import type { Suite } from '../../base/suite.ts';
import type { Signatories } from '../../sidechain/chain/anchor.ts';

const memberField = mapped(tuple(bytes(32), choice('voter', 'follower'), choice(true, false)), {
  read: ([publicKey, role, revoked]) => accept({ publicKey, role, revoked }),
  write: ({ publicKey, role, revoked }) => [publicKey, role, revoked] as const,
});

const policyField = mapped(tuple(choice('blame', 'prevent'), uint(limits.votersMax)), {
  read: ([kind, faulty]) => accept({ class: kind, faulty }),
  write: (policy) => [policy.class, policy.faulty] as const,
});

const signatoriesField = tuple(listOf(memberField, limits.membersMax), policyField);

export function encodeSignatories({ members, policy }: Signatories): Uint8Array {
  return encodeWith(signatoriesField, [members, policy]);
}

export function decodeSignatories(suite: Suite, column: Uint8Array): Signatories {
  const read = decodeWith(signatoriesField, column, { name: 'signatories' });
  assert(read.ok, 'signatories are stored as they are encoded');
  const [members, policy] = read.value;
  return {
    members: members.map((member) => ({ ...member, keyId: keyIdOf(suite, member.publicKey) })),
    policy,
  };
}

// SPDX-License-Identifier: Apache-2.0
// A member and a person of a chain, as its state has them and its genesis begins them. Members are never
// taken off the list: one that is revoked stays where it was, so a place is given once, and with it the
// id in Raft.

import { accept } from '../../base/errors.ts';
import {
  bytes,
  choice,
  type Field,
  listOf,
  mapped,
  nullable,
  tuple,
  uint,
} from '../../base/fields.ts';
import { keyIdField, keyIdOf } from '../../base/ids.ts';
import { label, nameField } from '../../base/label.ts';
import { limits } from '../../base/limits.ts';
import type { Suite } from '../../base/suite.ts';

export type MemberRole = 'voter' | 'follower';

export type Member = {
  /** Place in the list, from 1: its id in Raft. */
  readonly raftId: number;
  readonly keyId: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly role: MemberRole;
  readonly name: string;
  /** Where it said to be reached, `host:port`; a hint, nobody has checked it. */
  readonly address: string | null;
  /** Block that made it a member; 0 for those of the genesis. */
  readonly sinceHeight: number;
  readonly revoked: boolean;
  /** Block that revoked it, and key id of the person who did. */
  readonly end: { readonly height: number; readonly by: Uint8Array } | null;
};

export type Person = {
  readonly keyId: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly name: string;
  readonly rights: readonly string[];
};

/** What a person must have to change the members. */
export const membersRight = 'members';

/** What a person must have to enter data by hand; who may change the members may do that, too. */
export const enterRight = 'enter';

export function mayEnter({ rights }: Pick<Person, 'rights'>): boolean {
  return rights.includes(enterRight) || rights.includes(membersRight);
}

export const addressField = label(limits.addressMax);

const endField = mapped(tuple(uint(), keyIdField), {
  read: ([height, by]) => accept({ height, by: by as Uint8Array }),
  write: ({ height, by }) => [height, by as never] as const,
});

type StoredMember = Omit<Member, 'raftId' | 'revoked'>;

const storedField: Field<StoredMember> = mapped(
  tuple(
    bytes(8),
    bytes(32),
    choice('voter', 'follower'),
    nameField,
    nullable(addressField),
    uint(),
    nullable(endField),
  ),
  {
    read: ([keyId, publicKey, role, name, address, sinceHeight, end]) =>
      accept({ keyId, publicKey, role, name, address, sinceHeight, end }),
    write: ({ keyId, publicKey, role, name, address, sinceHeight, end }) =>
      [keyId, publicKey, role, name, address, sinceHeight, end] as const,
  },
);

function memberAt(stored: StoredMember, place: number): Member {
  return { ...stored, raftId: place + 1, revoked: stored.end !== null };
}

export const membersField: Field<readonly Member[]> = mapped(
  listOf(storedField, limits.membersEverMax),
  {
    read: (stored) => accept<readonly Member[]>(stored.map(memberAt)),
    write: (members) => members,
  },
);

const personField: Field<Person> = mapped(
  tuple(bytes(8), bytes(32), nameField, listOf(label(32), 16)),
  {
    read: ([keyId, publicKey, name, rights]) => accept({ keyId, publicKey, name, rights }),
    write: ({ keyId, publicKey, name, rights }) => [keyId, publicKey, name, rights] as const,
  },
);

export const personsField = listOf(personField, limits.personsMax);

/** Those that the genesis names, in its order. */
export function foundingMembers(
  suite: Suite,
  members: readonly Pick<Member, 'publicKey' | 'role' | 'name'>[],
): readonly Member[] {
  return members.map((member, i) => ({
    ...member,
    ...{ raftId: i + 1, keyId: keyIdOf(suite, member.publicKey), address: null },
    ...{ sinceHeight: 0, revoked: false, end: null },
  }));
}

export function foundingPersons(
  suite: Suite,
  persons: readonly Omit<Person, 'keyId'>[],
): readonly Person[] {
  return persons.map((person) => ({ ...person, keyId: keyIdOf(suite, person.publicKey) }));
}

// SPDX-License-Identifier: Apache-2.0
// The members of a chain as they are shown: what the ledger says of each, and what Raft has made of it.

import { toHex } from '../base/bytes.ts';
import { type Member, membersRight } from './chain/member.ts';
import type { Registry } from './chain/registry.ts';
import type { Configuration } from './raft/configuration/configuration.ts';

export type MemberStatus = {
  readonly name: string;
  /** In hex. */
  readonly keyId: string;
  readonly raftId: number;
  readonly role: 'voter' | 'follower';
  /** `none` while it is on its way in, and once it is out. */
  readonly raftRole: 'voter' | 'learner' | 'none';
  readonly address: string | null;
  readonly sinceHeight: number;
  readonly revoked: { readonly height: number; readonly by: string } | undefined;
};

export type MembershipStatus = {
  /** Of the newest change; 0 while the members are those of the genesis. */
  readonly version: number;
  /** Nobody may change the members. */
  readonly isFixed: boolean;
  /** All there ever were, in the order of the chain. */
  readonly members: readonly MemberStatus[];
};

export function membershipStatus(
  registry: Registry,
  configuration: Configuration,
): MembershipStatus {
  return {
    version: registry.membership?.version ?? 0,
    isFixed: !registry.persons.some(({ rights }) => rights.includes(membersRight)),
    members: registry.members.map((member) => memberStatus(member, { registry, configuration })),
  };
}

function memberStatus(
  { name, keyId, raftId, role, address, sinceHeight, end }: Member,
  of: { readonly registry: Registry; readonly configuration: Configuration },
): MemberStatus {
  const { voters, learners } = of.configuration;
  const learnsOr = learners.includes(raftId) ? 'learner' : 'none';
  return {
    ...{ name, keyId: toHex(keyId), raftId, role, address, sinceHeight },
    raftRole: voters.includes(raftId) ? 'voter' : learnsOr,
    revoked: end === null ? undefined : { height: end.height, by: personName(of.registry, end.by) },
  };
}

function personName(registry: Registry, keyId: Uint8Array): string {
  return registry.person(keyId)?.name ?? toHex(keyId);
}

// SPDX-License-Identifier: Apache-2.0
// The members of a chain as its newest applied block has them, under the names they have: the Raft id,
// which is a member's place in the list + 1, and the key id, by which signatures and states name it.

import { assert } from '../base/assert.ts';
import { equal, toHex } from '../base/bytes.ts';
import { TielineError } from '../base/errors.ts';
import type { Member } from './chain/member.ts';
import type { Registry } from './chain/registry.ts';
import type { NodeId } from './raft/entry.ts';

export type ChainMember = {
  readonly id: NodeId;
  readonly keyId: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly role: 'voter' | 'follower';
  readonly name: string;
  /** `host:port` where the chain says it is reached. */
  readonly address: string | null;
  readonly revoked: boolean;
  /** Block that made it a member, as far as our copy of the chain tells; else 0. */
  readonly sinceHeight: number;
};

/**
 * What a member has told one whose own copy of the chain does not reach to its grant: all members, it
 * among them. It may be a lie; once the copy reaches so far, the copy counts.
 */
export type Introduction = readonly ChainMember[];

/** As the registry has them, also those that were revoked. */
export function chainMembers({ members }: Registry): readonly ChainMember[] {
  return members.map(({ raftId: id, ...member }) => ({ id, ...member }));
}

/** With this gateway among them. @throws TielineError `not-a-member`, and what `introduce` throws. */
export async function openMembers(
  registry: Registry,
  ownKeyId: Uint8Array,
  introduce: (registry: Registry) => Promise<Introduction> = async () => [],
): Promise<Members> {
  if (registry.member(ownKeyId) !== undefined) return new Members(registry, ownKeyId);
  const introduction = await introduce(registry);
  if (introduction.some(({ keyId }) => equal(keyId, ownKeyId))) {
    return new Members(registry, ownKeyId, introduction);
  }
  const text = `gateway ${toHex(ownKeyId)} is no member of this chain`;
  throw new TielineError('not-a-member', text, {
    hint: 'an engineer of the chain grants it, on any member: `tieline members grant`',
  });
}

export class Members {
  readonly #registry: Registry;
  readonly #ownKeyId: Uint8Array;
  readonly #introduction: Introduction;
  /** Made once for each change of the list. */
  #view: { readonly of: readonly Member[]; readonly ever: readonly ChainMember[] } | undefined;

  constructor(registry: Registry, ownKeyId: Uint8Array, introduction: Introduction = []) {
    this.#registry = registry;
    this.#ownKeyId = ownKeyId;
    this.#introduction = introduction;
  }

  /** Also those that were revoked. */
  get ever(): readonly ChainMember[] {
    const { members } = this.#registry;
    if (this.#view?.of !== members) {
      const isKnown = members.some(({ keyId }) => equal(keyId, this.#ownKeyId));
      const ever = isKnown ? chainMembers(this.#registry) : this.#introduction;
      this.#view = { of: members, ever };
    }
    return this.#view.ever;
  }

  get all(): readonly ChainMember[] {
    return this.ever.filter(({ revoked }) => !revoked);
  }

  get own(): ChainMember {
    const own = this.ever.find(({ keyId }) => equal(keyId, this.#ownKeyId));
    assert(own !== undefined, 'the gateway whose copy this is, is a member');
    return own;
  }

  get peers(): readonly ChainMember[] {
    return this.all.filter(({ keyId }) => !equal(keyId, this.#ownKeyId));
  }

  get voterPeers(): readonly ChainMember[] {
    return this.peers.filter(({ role }) => role === 'voter');
  }

  get voters(): readonly ChainMember[] {
    return this.all.filter(({ role }) => role === 'voter');
  }

  /** So many voters are a majority. */
  get majority(): number {
    return Math.floor(this.voters.length / 2) + 1;
  }

  /** @throws TielineError `revoked` (fatal): nothing that this gateway signs counts any more. */
  assertActive(): void {
    const end = this.#registry.member(this.#ownKeyId)?.end ?? null;
    if (end === null) return;
    const person = this.#registry.person(end.by)?.name;
    const text = `this gateway was revoked at block ${end.height} by ${person}`;
    throw new TielineError('revoked', text, {
      retry: 'fatal',
      hint: 'what it holds stays here; to take part again it joins with a new key: `tieline join`',
    });
  }

  member(id: NodeId): ChainMember | undefined {
    return this.ever.find((member) => member.id === id);
  }
}

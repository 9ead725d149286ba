// SPDX-License-Identifier: Apache-2.0
// The members of a chain under the names they have: the Raft id, which is a member's place in the
// genesis + 1, and the key id, by which signatures and states name it.

import { assert } from '../base/assert.ts';
import { equal } from '../base/bytes.ts';
import { keyIdOf } from '../base/ids.ts';
import type { Suite } from '../base/suite.ts';
import type { Genesis } from './chain/genesis.ts';
import type { NodeId } from './raft/entry.ts';

export type ChainMember = {
  readonly id: NodeId;
  readonly keyId: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly role: 'voter' | 'follower';
  readonly name: string;
};

export class Members {
  readonly all: readonly ChainMember[];
  readonly own: ChainMember;

  constructor(suite: Suite, genesis: Genesis, ownKeyId: Uint8Array) {
    this.all = genesis.members.map(({ publicKey, role, name }, i) => ({
      id: i + 1,
      keyId: keyIdOf(suite, publicKey),
      publicKey,
      role,
      name,
    }));
    const own = this.all.find(({ keyId }) => equal(keyId, ownKeyId));
    assert(own !== undefined, 'the gateway whose copy this is, is a member');
    this.own = own;
  }

  get peers(): readonly ChainMember[] {
    return this.all.filter(({ id }) => id !== this.own.id);
  }

  get voterPeers(): readonly ChainMember[] {
    return this.peers.filter(({ role }) => role === 'voter');
  }

  get voterCount(): number {
    return this.all.filter(({ role }) => role === 'voter').length;
  }

  /** So many voters are a majority. */
  get majority(): number {
    return Math.floor(this.voterCount / 2) + 1;
  }

  member(id: NodeId): ChainMember | undefined {
    return this.all[id - 1];
  }
}

// SPDX-License-Identifier: Apache-2.0
// Whom this member talks to, as the chain has it: its members, and one that was revoked for as long as
// Raft still counts it, for its answers may be needed until it is out, and it hears why.

import { TielineError } from '../base/errors.ts';
import type { ChainMember, Members } from './members.ts';
import { isMember } from './raft/configuration/configuration.ts';
import type { NodeId } from './raft/entry.ts';
import type { RaftNode } from './raft/raft-node.ts';
import type { Address, Transport } from './transport/transport.ts';

/** Where a member is reached; undefined where only it can call us. */
export type AddressOf = (member: ChainMember) => Address | undefined;

export class Links {
  readonly #members: Members;
  readonly #raft: RaftNode;
  readonly #transport: Transport;
  readonly #addressOf: AddressOf;
  readonly #fail: (error: unknown) => void;
  readonly #ownId: NodeId;
  #followed: readonly unknown[] = [];

  constructor(parts: {
    readonly members: Members;
    readonly raft: RaftNode;
    readonly transport: Transport;
    readonly addressOf: AddressOf;
    readonly fail: (error: unknown) => void;
  }) {
    this.#members = parts.members;
    this.#raft = parts.raft;
    this.#transport = parts.transport;
    this.#addressOf = parts.addressOf;
    this.#fail = parts.fail;
    this.#ownId = parts.members.own.id;
    this.follow();
  }

  /** Called often: does something where members or configuration are others than before. */
  follow(): void {
    const { ever } = this.#members;
    const { configuration } = this.#raft.status();
    if (this.#followed[0] === ever && this.#followed[1] === configuration) return;
    this.#followed = [ever, configuration];
    if (this.#members.own.id !== this.#ownId) this.#fail(misled());
    const linked = ever.filter(({ id, revoked }) => !revoked || isMember(configuration, id));
    this.#transport.setMembers(
      linked.map((member) => {
        const { id, publicKey } = member;
        return { id, publicKey, address: this.#addressOf(member) };
      }),
    );
  }
}

function misled(): TielineError {
  return new TielineError('not-a-member', 'the chain has this gateway in another place', {
    retry: 'transient',
    hint: 'a member has introduced it wrongly; started again it goes by its own copy of the chain',
  });
}

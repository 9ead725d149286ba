// SPDX-License-Identifier: Apache-2.0
// How a gateway that holds the genesis learns that it is granted, and who the members are: it calls those
// that it knows until one of them takes the call and says so. Who is not granted is turned away by their
// transports, and hears nothing.

import { toHex } from '../base/bytes.ts';
import { TielineError } from '../base/errors.ts';
import { keyIdOf } from '../base/ids.ts';
import { checkPublicKey } from '../base/key-check.ts';
import { limits } from '../base/limits.ts';
import type { Suite } from '../base/suite.ts';
import type { AddressOf } from './links.ts';
import { type MessageOf, ofChannel, toChannel } from './member-message.ts';
import type { ChainMember, Introduction } from './members.ts';
import type { Every } from './store/durable-write.ts';
import type { Receiver, Transport } from './transport/transport.ts';

export type Waiting = {
  readonly suite: Suite;
  readonly ownKeyId: Uint8Array;
  /** Members as our copy of the chain has them: whom we believe. */
  readonly known: readonly ChainMember[];
  readonly addressOf: AddressOf;
  readonly openTransport: (receiver: Receiver) => Promise<Transport>;
  readonly every: Every;
  /** Nothing is waited for any more. */
  readonly ending: AbortSignal;
};

/** The transport is closed when this resolves. @throws TielineError `closing`, and as opening one. */
export async function untilIntroduced(waiting: Waiting): Promise<Introduction> {
  const { suite, ownKeyId, known, addressOf, every, ending } = waiting;
  const { promise, resolve, reject } = Promise.withResolvers<Introduction>();
  const stop = (): void =>
    reject(new TielineError('closing', 'the gateway is closing', { retry: 'transient' }));
  ending.addEventListener('abort', stop, { once: true });
  if (ending.aborted) stop();
  const transport = await waiting.openTransport({
    message: (_, message) => {
      const said = message.kind === 'channel' ? ofChannel(message) : undefined;
      if (said?.ok !== true || said.value.kind !== 'introduced') return;
      const members = membersIn(suite, said.value);
      const isGranted = members.some(({ keyId }) => toHex(keyId) === toHex(ownKeyId));
      if (isGranted) resolve(members);
    },
    unreachable: () => {},
  });
  try {
    transport.setMembers(
      known.map((member) => {
        const { id, publicKey } = member;
        return { id, publicKey, address: addressOf(member) };
      }),
    );
    const ask = (): void => {
      for (const { id } of known) transport.send(id, toChannel({ kind: 'introduce' }));
    };
    const stopAsking = every(limits.standingMs, ask);
    return await promise.finally(stopAsking);
  } finally {
    ending.removeEventListener('abort', stop);
    await transport.close();
  }
}

/** Nobody where the list is none that a chain could have. attacker-controlled */
function membersIn(suite: Suite, { members }: MessageOf<'introduced'>): Introduction {
  const isSound = members.every(
    ({ id, publicKey }) => id > 0 && checkPublicKey(publicKey, suite).ok,
  );
  const ids = new Set(members.map(({ id }) => id));
  const keys = new Set(members.map(({ publicKey }) => toHex(keyIdOf(suite, publicKey))));
  if (!isSound || ids.size < members.length || keys.size < members.length) return [];
  return members.map((member) => {
    return { ...member, keyId: keyIdOf(suite, member.publicKey), revoked: false, sinceHeight: 0 };
  });
}

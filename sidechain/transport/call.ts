// SPDX-License-Identifier: Apache-2.0
// Calling a member: TLS to its address, its key checked, one hello there and the same back.

import { connect } from 'node:tls';
import { equal } from '../../base/bytes.ts';
import { Connection } from './connection.ts';
import { peerKey, type TlsOptions } from './credentials.ts';
import { decodeHello, encodeHello, type Hello } from './message-codec.ts';
import type { Member } from './transport.ts';

export type CallEvents = {
  /** The member has answered: `connection.open` is to be called. */
  readonly answered: (connection: Connection) => void;
  /** Who is there is not that member, or says what no member says. The connection is about to close. */
  readonly refused: (code: string, detail: string) => void;
  readonly closed: (reason: string) => void;
};

export function call(
  member: Member & { readonly address: { readonly host: string; readonly port: number } },
  hello: Hello,
  tls: TlsOptions,
  events: CallEvents,
): Connection {
  const socket = connect({ ...tls, ...member.address, checkServerIdentity: () => undefined });
  const refuse = (code: string, detail: string): void => {
    events.refused(code, detail);
    connection.close(code);
  };
  const connection = new Connection(socket, {
    frame: (frame) => {
      const answer = decodeHello(frame);
      if (!answer.ok) refuse(answer.code, answer.detail);
      else if (!isSame(answer.value, hello)) refuse('hello', 'its hello is not the answer to ours');
      else events.answered(connection);
    },
    refused: refuse,
    drained: () => {},
    closed: events.closed,
  });
  socket.once('secureConnect', () => {
    const key = peerKey(socket);
    if (key !== undefined && equal(key, member.publicKey)) connection.write(encodeHello(hello));
    else refuse('wrong-key', 'another key is at this address');
  });
  return connection;
}

function isSame(one: Hello, other: Hello): boolean {
  return (
    equal(one.chainId, other.chainId) && one.lane === other.lane && one.session === other.session
  );
}

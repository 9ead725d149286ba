// SPDX-License-Identifier: Apache-2.0
// Where others connect to. It lets nobody take more than a bounded place before TLS is done. A
// member that does not get through, as strangers keep that place busy, is one that we can still
// call.

import { createServer as createNetServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { messageOf, TielineError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { TlsOptions } from './credentials.ts';
import type { Address } from './transport.ts';

export type ListenerEvents = {
  /** TLS stands; whose key it is has not been asked. */
  readonly secured: (socket: TLSSocket) => void;
  /** No TLS came about. */
  readonly failed: (from: string | undefined, reason: 'busy' | 'handshake', detail: string) => void;
};

export type Listener = {
  readonly address: Address;
  /** What `secured` was given is the caller's to close. */
  readonly close: () => Promise<void>;
};

/** @throws TielineError `transport-listen` */
export async function listen(
  { host, port }: Address,
  tls: TlsOptions,
  events: ListenerEvents,
): Promise<Listener> {
  /** By the far end's address: connections that are not secure yet. */
  const handshakes = new Map<string, Socket>();
  const { secured, failed } = events;
  const secure = createTlsServer(
    { ...tls, requestCert: true, handshakeTimeout: limits.transportOpenMs },
    (socket) => {
      handshakes.delete(placeOf(socket));
      secured(socket);
    },
  );
  secure.on('tlsClientError', (error, socket) => {
    failed(socket.remoteAddress, 'handshake', messageOf(error));
    socket.destroy();
  });
  const server = createNetServer((socket) => {
    if (handshakes.size >= limits.transportHandshakesMax) {
      failed(socket.remoteAddress, 'busy', 'too many handshakes at once');
      socket.destroy();
      return;
    }
    const place = placeOf(socket);
    handshakes.set(place, socket);
    socket.once('close', () => handshakes.delete(place));
    secure.emit('connection', socket);
  });
  await begin(server, host, port);
  const bound = server.address();
  return {
    address: { host, port: typeof bound === 'object' && bound !== null ? bound.port : port },
    close: () => {
      for (const socket of handshakes.values()) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function placeOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

function begin(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      const where = `${host}, port ${port}`;
      reject(
        new TielineError('transport-listen', `cannot listen at ${where}: ${messageOf(cause)}`, {
          hint: 'choose an address of this machine and a free port',
          cause,
        }),
      );
    });
    server.listen(port, host, () => {
      server.removeAllListeners('error');
      // Out of files or memory: those that come now are lost, and call again.
      server.on('error', () => {});
      resolve();
    });
  });
}

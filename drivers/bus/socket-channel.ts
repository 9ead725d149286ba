// SPDX-License-Identifier: Apache-2.0
// A TCP connection as a channel of bytes.

import { connect, type Socket } from 'node:net';
import { messageOf } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { ByteChannel, ByteChannelListener, OpenByteChannel } from './byte-channel.ts';
import { connectError } from './connect-error.ts';
import { deadline } from './deadline.ts';

export function socketChannel(host: string, port: number): OpenByteChannel {
  return async (listener) => {
    const socket = connect({ host, port, noDelay: true });
    socket.setKeepAlive(true, limits.lineKeepAliveMs);
    try {
      await deadline(limits.lineConnectMs, connected(socket), () => new Error('ETIMEDOUT'));
    } catch (error) {
      socket.destroy();
      // Of the deadline the message is the reason.
      const said = { reason: reasonOf(error), what: 'the serial server', cause: error };
      throw connectError({ host, port }, said);
    }
    return channelOf(socket, listener);
  };
}

export function channelOf(socket: Socket, listener: ByteChannelListener): ByteChannel {
  let reason = 'the other side closed the connection';
  socket.on('error', (error) => {
    reason = reasonOf(error);
  });
  socket.on('data', (bytes: Uint8Array) => listener.bytes(bytes));
  // Without this a half-closed connection would stay open for ever.
  socket.on('end', () => socket.destroy());
  const closed = () => listener.closed(reason);
  socket.once('close', closed);
  return {
    write: (bytes) =>
      new Promise((resolve, reject) => {
        socket.write(bytes, (error) => (error ? reject(error) : resolve()));
      }),
    // Whatever has come in is handed over before anything else runs.
    discardInput: () => new Promise((resolve) => setImmediate(resolve)),
    setBaudRate: undefined,
    close: async () => {
      socket.off('close', closed);
      socket.destroy();
    },
  };
}

function connected(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('connect', resolve);
    // Stays: an `error` without a listener ends the process.
    socket.on('error', reject);
  });
}

function reasonOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : messageOf(error);
}

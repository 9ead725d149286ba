// SPDX-License-Identifier: Apache-2.0
// What stands between a gateway and a device behind TCP, to order: it passes bytes on, resets connections,
// lets them go dead without a word, or lets bytes trickle.

import { connect, type Socket } from 'node:net';
import { listenTcp } from '../../drivers/simulator/tcp-server.ts';

export type TcpProxy = {
  readonly port: number;
  readonly connectionCount: () => number;
  /** All connections there are end with a reset, in the middle of whatever they do. */
  readonly reset: () => void;
  /** Connections there are stay open, and nothing ever comes of them: their other end is gone. New ones
   * are as they should be. */
  readonly goDead: () => void;
  /** Answers come in pieces of a few bytes from now on, with so long between any two. */
  readonly trickle: (pieceMs: number) => void;
  readonly close: () => Promise<void>;
};

const trickleBytes = 7;

export async function tcpProxy(to: number): Promise<TcpProxy> {
  const pairs = new Set<{ readonly near: Socket; readonly far: Socket }>();
  const dead = new Set<Socket>();
  let [count, pieceMs] = [0, 0];
  const server = await listenTcp({ host: '127.0.0.1', port: 0 }, (near) => {
    count += 1;
    const far = connect({ host: '127.0.0.1', port: to });
    const pair = { near, far };
    pairs.add(pair);
    for (const socket of [near, far]) socket.on('error', () => undefined);
    near.on('data', (bytes) => {
      if (!dead.has(near)) far.write(bytes);
    });
    far.on('data', (bytes) => void pass(bytes, near));
    near.on('close', () => {
      pairs.delete(pair);
      far.destroy();
    });
    far.on('close', () => {
      if (!dead.has(near)) near.destroy();
    });
  });
  const pass = async (bytes: Uint8Array, near: Socket): Promise<void> => {
    if (dead.has(near)) return;
    if (pieceMs === 0) {
      near.write(bytes);
      return;
    }
    for (let at = 0; at < bytes.length; at += trickleBytes) {
      near.write(bytes.slice(at, at + trickleBytes));
      await new Promise((resolve) => setTimeout(resolve, pieceMs));
    }
  };
  return {
    port: server.port,
    connectionCount: () => count,
    reset: () => {
      for (const { near } of pairs) near.resetAndDestroy();
    },
    goDead: () => {
      for (const { near } of pairs) dead.add(near);
    },
    trickle: (ms) => {
      pieceMs = ms;
    },
    close: async () => {
      for (const { near, far } of pairs) {
        near.destroy();
        far.destroy();
      }
      await server.close();
    },
  };
}

// SPDX-License-Identifier: Apache-2.0
// A Modbus RTU slave that answers as a test orders: late, half, twice, damaged, or with somebody
// else's frame. Register n holds n, so that an answer to another request shows.

import type { ByteChannel } from '../../drivers/bus/byte-channel.ts';
import { serialChannel } from '../../drivers/bus/serial-channel.ts';
import { channelOf } from '../../drivers/bus/socket-channel.ts';
import { answerLength, hasGoodCrc, withCrc } from '../../drivers/modbus/rtu-frame.ts';
import { listenTcp } from '../../drivers/simulator/tcp-server.ts';

/** Sends bytes, at once or later. */
export type Send = (bytes: Uint8Array, afterMs?: number) => void;

/** What to do about request number `index`, whose right answer is `sound`. */
export type Reaction = (sound: Uint8Array, send: Send, index: number) => void;

export type FaultySlave = {
  readonly send: Send;
  readonly requestCount: () => number;
  readonly close: () => Promise<void>;
};

export const honest: Reaction = (sound, send) => send(sound);

/** The faulty reaction to the requests whose number is in `indexes`, honest to the others. */
export function onlyAt(indexes: readonly number[], faulty: Reaction): Reaction {
  return (sound, send, index) => (indexes.includes(index) ? faulty : honest)(sound, send, index);
}

export async function faultySlaveOnTcp(
  react: Reaction,
): Promise<FaultySlave & { readonly port: number }> {
  const slave = faultySlave(react);
  const server = await listenTcp({ host: '127.0.0.1', port: 0 }, (socket) => {
    slave.attach(channelOf(socket, { bytes: slave.receive, closed: () => undefined }));
  });
  const close = async () => {
    slave.stop();
    await server.close();
  };
  return { ...slave, port: server.port, close };
}

export async function faultySlaveOnTty(path: string, react: Reaction): Promise<FaultySlave> {
  const slave = faultySlave(react);
  const settings = { path, baudRate: 9600, parity: 'none', dataBits: 8, stopBits: 1 } as const;
  const channel = await serialChannel(settings)({
    bytes: slave.receive,
    closed: () => undefined,
  });
  slave.attach(channel);
  const close = async () => {
    slave.stop();
    await channel.close();
  };
  return { ...slave, close };
}

/** The one right answer to a read request. */
export function soundAnswer(request: Uint8Array): Uint8Array {
  const view = new DataView(request.buffer, request.byteOffset, request.byteLength);
  const address = view.getUint16(2);
  const count = view.getUint16(4);
  const frame = new Uint8Array(answerLength(count) - 2);
  frame.set([view.getUint8(0), view.getUint8(1), 2 * count]);
  const words = new DataView(frame.buffer);
  for (let i = 0; i < count; i++) words.setUint16(3 + 2 * i, address + i);
  return withCrc(frame);
}

function faultySlave(react: Reaction) {
  const timers = new Set<NodeJS.Timeout>();
  let channel: ByteChannel | undefined;
  let pending = new Uint8Array();
  let count = 0;
  const send: Send = (bytes, afterMs = 0) => {
    const now = () => void channel?.write(bytes).catch(() => undefined);
    if (afterMs === 0) now();
    else timers.add(setTimeout(now, afterMs));
  };
  return {
    send,
    requestCount: () => count,
    attach: (to: ByteChannel) => {
      channel = to;
    },
    receive: (bytes: Uint8Array) => {
      pending = Uint8Array.of(...pending, ...bytes);
      while (pending.length >= 8) {
        const request = pending.slice(0, 8);
        pending = hasGoodCrc(request) ? pending.slice(8) : new Uint8Array();
        if (hasGoodCrc(request)) react(soundAnswer(request), send, count++);
      }
    },
    stop: () => {
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

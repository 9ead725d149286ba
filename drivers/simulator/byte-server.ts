// SPDX-License-Identifier: Apache-2.0
// Puts a simulated device behind a tty, or behind a TCP port as simple serial servers do.

import type { ByteChannel } from '../bus/byte-channel.ts';
import { serialChannel } from '../bus/serial-channel.ts';
import { channelOf } from '../bus/socket-channel.ts';
import type { Transport } from '../transport.ts';
import { listenTcp } from './tcp-server.ts';

/** One end of a line, where the device is. */
export type ByteSlave = {
  readonly attach: (channel: ByteChannel) => void;
  readonly receive: (bytes: Uint8Array) => void;
  readonly close: () => void;
};

export type ByteServer = {
  /** With the port that it got. */
  readonly transport: Transport;
  readonly close: () => Promise<void>;
};

/** @throws TielineError where the port is not to be had */
export async function serveBytes(
  transport: Exclude<Transport, { readonly kind: 'modbus-tcp' }>,
  makeSlave: () => ByteSlave,
): Promise<ByteServer> {
  if (transport.kind === 'rtu-tcp') {
    const { port, close } = await listenTcp(transport, (socket) => {
      const slave = makeSlave();
      slave.attach(channelOf(socket, { bytes: slave.receive, closed: slave.close }));
    });
    return { transport: { ...transport, port }, close };
  }
  const slave = makeSlave();
  const channel = await serialChannel(transport)({ bytes: slave.receive, closed: slave.close });
  slave.attach(channel);
  const close = async () => {
    slave.close();
    await channel.close();
  };
  return { transport, close };
}

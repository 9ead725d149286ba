// SPDX-License-Identifier: Apache-2.0
// A TCP listener for simulated meters: hands each connection to `serve`, and can be closed with all
// of them.

import { createServer, type Socket } from 'node:net';
import { messageOf, TielineError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';

export type TcpServer = { readonly port: number; readonly close: () => Promise<void> };

/** @throws TielineError `listen` */
export async function listenTcp(
  { host, port }: { readonly host: string; readonly port: number },
  serve: (socket: Socket) => void,
): Promise<TcpServer> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
    serve(socket);
  });
  server.maxConnections = limits.simulatorPeersMax;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      const message = `cannot listen on ${host}:${port}: ${messageOf(error)}`;
      const hint = 'choose another port, or end the program that has it';
      reject(new TielineError('listen', message, { hint, cause: error }));
    });
    server.listen(port, host, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

// SPDX-License-Identifier: Apache-2.0
// The application's end of the ABCI socket: the engine opens four connections (consensus, mempool,
// query, snapshots) and expects the answers of each in the order of its questions. All of them are
// handled one at a time, for they are about one state; what consensus asks goes before the rest,
// so that a full mempool does not hold up a block.

import { chmod, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { Request, Response } from 'cosmjs-types/tendermint/abci/types';
import { messageOf, TielineError } from '../../../base/errors.ts';
import { limits } from '../../../base/limits.ts';
import { FrameReader, frameOf } from './abci-frame.ts';

export type AbciHandler = (request: Request) => Promise<Partial<Response>>;

type Connection = {
  readonly socket: Socket;
  readonly requests: Request[];
  isConsensus: boolean;
};

export class AbciServer {
  readonly #handle: AbciHandler;
  readonly #onFailure: (error: unknown) => void;
  readonly #server: Server;
  readonly #connections = new Set<Connection>();
  #running = false;
  #closed = false;

  private constructor(handle: AbciHandler, onFailure: (error: unknown) => void) {
    this.#handle = handle;
    this.#onFailure = onFailure;
    this.#server = createServer((socket) => this.#connected(socket));
  }

  /**
   * Listens on a Unix socket that its owner alone may open. `onFailure`: a question could not be
   * answered, and there will be no further answers: the engine must end, and so must we.
   * @throws TielineError `engine-socket`
   */
  static async listen(options: {
    readonly path: string;
    readonly handle: AbciHandler;
    readonly onFailure: (error: unknown) => void;
  }): Promise<AbciServer> {
    const { path } = options;
    if (Buffer.byteLength(path) > socketPathBytesMax) {
      throw new TielineError('engine-socket', `a socket cannot have so long a path: ${path}`, {
        hint: `move the directory: the path may have ${socketPathBytesMax} bytes`,
      });
    }
    await rm(path, { force: true });
    const server = new AbciServer(options.handle, options.onFailure);
    const listening = Promise.withResolvers<void>();
    server.#server.once('error', listening.reject);
    server.#server.listen(path, listening.resolve);
    await listening.promise.catch((cause: unknown) => {
      throw new TielineError('engine-socket', messageOf(cause), { cause });
    });
    await chmod(path, 0o600);
    return server;
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const { socket } of this.#connections) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #connected(socket: Socket): void {
    const connection: Connection = { socket, requests: [], isConsensus: false };
    const reader = new FrameReader();
    this.#connections.add(connection);
    socket.setNoDelay(true);
    socket.on('data', (chunk) => {
      const read = reader.push(chunk);
      if (!read.ok) {
        this.#fail(new TielineError('engine-protocol', read.detail, { retry: 'fatal' }));
        return;
      }
      try {
        for (const message of read.value) this.#enqueue(connection, Request.decode(message));
      } catch (error) {
        this.#fail(error);
        return;
      }
      if (connection.requests.length > limits.abciRequestsMax) socket.pause();
      if (!this.#running) void this.#run();
    });
    // An engine that ends closes its sockets; whoever supervises it says so.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#connections.delete(connection));
  }

  #enqueue(connection: Connection, request: Request): void {
    connection.isConsensus ||= isOfConsensus(request);
    connection.requests.push(request);
  }

  async #run(): Promise<void> {
    this.#running = true;
    for (;;) {
      const connection = this.#next();
      const request = connection?.requests.shift();
      if (connection === undefined || request === undefined) break;
      if (connection.requests.length === 0) connection.socket.resume();
      try {
        const response = await this.#handle(request);
        if (this.#closed) break;
        connection.socket.write(frameOf(Response.encode(Response.fromPartial(response)).finish()));
      } catch (error) {
        this.#fail(error);
        break;
      }
    }
    this.#running = false;
  }

  #next(): Connection | undefined {
    let found: Connection | undefined;
    for (const connection of this.#connections) {
      if (connection.requests.length === 0) continue;
      if (connection.isConsensus) return connection;
      found ??= connection;
    }
    if (found !== undefined) {
      // The last in the row next time, so that a busy mempool leaves room for queries.
      this.#connections.delete(found);
      this.#connections.add(found);
    }
    return found;
  }

  #fail(error: unknown): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const { socket } of this.#connections) socket.destroy();
    this.#onFailure(error);
  }
}

/** Of `sun_path`, with its end. */
const socketPathBytesMax = 107;

function isOfConsensus(request: Request): boolean {
  return (
    request.initChain !== undefined ||
    request.prepareProposal !== undefined ||
    request.processProposal !== undefined ||
    request.extendVote !== undefined ||
    request.verifyVoteExtension !== undefined ||
    request.finalizeBlock !== undefined ||
    request.commit !== undefined
  );
}

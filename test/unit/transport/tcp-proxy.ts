// SPDX-License-Identifier: Apache-2.0
// What lies between two members: it passes on what comes, until it is told to hold it back, to lose it, to
// break.

import { connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import type { Address } from '../../../sidechain/transport/transport.ts';

type Pair = readonly [near: Socket, far: Socket];

export class TcpProxy {
  #address: Address = { host: '127.0.0.1', port: 0 };
  readonly #pairs = new Set<Pair>();
  #isHeld = false;

  static async to(target: Address): Promise<TcpProxy> {
    const proxy = new TcpProxy();
    const server = createServer((near) => proxy.#join([near, connect(target)]));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const bound = server.address();
    if (bound === null || typeof bound === 'string') throw new Error('no port');
    proxy.#address = { host: '127.0.0.1', port: bound.port };
    onTestFinished(() => {
      proxy.cut();
      server.close();
    });
    return proxy;
  }

  get address(): Address {
    return this.#address;
  }

  get connections(): number {
    return this.#pairs.size;
  }

  /** Nothing passes on connections made from now on, until they are released. */
  hold(): void {
    this.#isHeld = true;
  }

  release(): void {
    this.#isHeld = false;
    for (const [near, far] of this.#pairs) {
      near.resume();
      far.resume();
    }
  }

  /** What is connected now passes nothing any more, and nobody is told. */
  blackHole(): void {
    for (const [near, far] of this.#pairs) {
      for (const socket of [near, far]) socket.removeAllListeners().on('error', () => {});
      near.on('data', () => {});
      far.on('data', () => {});
    }
    this.#pairs.clear();
  }

  cut(): void {
    for (const [near, far] of this.#pairs) {
      near.resetAndDestroy();
      far.resetAndDestroy();
    }
  }

  #join(pair: Pair): void {
    const [near, far] = pair;
    this.#pairs.add(pair);
    for (const [from, to] of [pair, [far, near]] as const) {
      from.on('data', (chunk) => {
        if (!to.write(chunk)) from.pause();
      });
      to.on('drain', () => from.resume());
      from.on('error', () => {});
      from.once('close', () => {
        to.destroy();
        this.#pairs.delete(pair);
      });
      if (this.#isHeld) from.pause();
    }
  }
}

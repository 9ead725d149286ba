// SPDX-License-Identifier: Apache-2.0
// The connections, one a lane, that one call has made between two members. They stand and fall together.

import type { Connection } from './connection.ts';
import type { Lane } from './lane.ts';

export class Session {
  readonly calledBy: 'us' | 'peer';
  /** Given by the caller: says which connections belong together. */
  readonly number: number;
  /** Since it was opened. */
  ticks = 0;
  readonly #connections = new Map<Lane, Connection>();

  constructor(calledBy: 'us' | 'peer', number: number) {
    this.calledBy = calledBy;
    this.number = number;
  }

  at(lane: Lane): Connection | undefined {
    return this.#connections.get(lane);
  }

  set(lane: Lane, connection: Connection): void {
    this.#connections.set(lane, connection);
  }

  tick(): void {
    this.ticks += 1;
    for (const connection of this.#connections.values()) connection.tick();
  }

  close(reason: string): void {
    for (const connection of this.#connections.values()) connection.close(reason);
  }
}

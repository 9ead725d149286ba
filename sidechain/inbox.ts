// SPDX-License-Identifier: Apache-2.0
// What has come in and is not looked at yet. Small and urgent messages are always taken; those with
// entries wait while the disk is behind, and then their sender feels it. Bounded: what is too much
// is lost, which Raft expects of any message.

import { limits } from '../base/limits.ts';
import type { NodeId } from './raft/entry.ts';
import type { Receiver, WireMessage } from './transport/transport.ts';

export type Arrived = { readonly from: NodeId; readonly message: WireMessage };

type Waiting = Arrived & { readonly bytes: number; readonly taken: () => void };

export class Inbox implements Receiver {
  #ring: () => void = () => {};
  readonly #unreachable = new Set<NodeId>();
  #urgent: Arrived[] = [];
  #large: Waiting[] = [];
  #largeBytes = 0;

  /** Called whenever something has come in. */
  onArrival(ring: () => void): void {
    this.#ring = ring;
  }

  readonly message = (from: NodeId, message: WireMessage): void | Promise<void> => {
    if (this.#urgent.length + this.#large.length >= limits.inboxMessagesMax) return;
    this.#ring();
    const bytes = bytesOf(message);
    if (bytes === 0) {
      this.#urgent.push({ from, message });
      return;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#large.push({ from, message, bytes, taken: resolve });
    this.#largeBytes += bytes;
    return this.#largeBytes > limits.inboxBytesMax ? promise : undefined;
  };

  readonly unreachable = (id: NodeId): void => {
    this.#unreachable.add(id);
    this.#ring();
  };

  /** All that waits, in the order in which it came within its kind. */
  take(options: { readonly large: boolean }): readonly Arrived[] {
    const urgent = this.#urgent;
    this.#urgent = [];
    if (!options.large) return urgent;
    const large = this.#large;
    this.#large = [];
    this.#largeBytes = 0;
    for (const { taken } of large) taken();
    return [...urgent, ...large];
  }

  takeUnreachable(): readonly NodeId[] {
    const ids = [...this.#unreachable];
    this.#unreachable.clear();
    return ids;
  }
}

/** Of the entries in it; 0 for what is small. */
function bytesOf(message: WireMessage): number {
  if (message.kind === 'channel') return message.lane === 'control' ? 0 : message.body.length;
  if (message.kind !== 'append') return 0;
  // An append without entries keeps its place among those with some: it says what is committed.
  return message.entries.reduce((sum, { data }) => sum + data.length, 1);
}

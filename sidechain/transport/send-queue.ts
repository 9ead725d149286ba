// SPDX-License-Identifier: Apache-2.0
// What waits to be sent on one lane, never more than a bound. Messages wait as they are and become
// frames when they are sent: an entry that waits for six members is in memory once.

import { limits } from '../../base/limits.ts';
import { entriesBytes, payloadBytes } from '../raft/entry.ts';
import type { WireMessage } from './transport.ts';

/** Where a newer one says all that an older one said. */
const superseding: ReadonlySet<WireMessage['kind']> = new Set(['heartbeat', 'heartbeat-response']);

export class SendQueue {
  readonly #bytesMax: number;
  readonly #waiting: { readonly message: WireMessage; readonly bytes: number }[] = [];
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /**
   * @returns false if there is no room: what waits is older, and what comes would be of no use
   * without it.
   */
  add(message: WireMessage): boolean {
    if (superseding.has(message.kind)) this.#remove(message.kind);
    const bytes = messageBytes(message);
    const isFull =
      this.#waiting.length >= limits.transportQueueMessagesMax ||
      this.#bytes + bytes > this.#bytesMax;
    // One message of any size is let in: else the longest could never be sent.
    if (isFull && this.#waiting.length > 0) return false;
    this.#waiting.push({ message, bytes });
    this.#bytes += bytes;
    return true;
  }

  take(): WireMessage | undefined {
    const first = this.#waiting.shift();
    this.#bytes -= first?.bytes ?? 0;
    return first?.message;
  }

  /** @returns how many messages are lost by it. */
  clear(): number {
    this.#bytes = 0;
    return this.#waiting.splice(0).length;
  }

  #remove(kind: WireMessage['kind']): void {
    const at = this.#waiting.findIndex(({ message }) => message.kind === kind);
    if (at === -1) return;
    const [removed] = this.#waiting.splice(at, 1);
    this.#bytes -= removed?.bytes ?? 0;
  }
}

const overheadBytes = 64;

function messageBytes(message: WireMessage): number {
  switch (message.kind) {
    case 'append':
      return overheadBytes + entriesBytes(message.entries);
    case 'propose':
      return overheadBytes * (1 + message.proposals.length) + payloadBytes(message.proposals);
    case 'snapshot':
      return overheadBytes + message.snapshot.data.length;
    case 'channel':
      return overheadBytes + message.body.length;
    default:
      return overheadBytes;
  }
}

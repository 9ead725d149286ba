// SPDX-License-Identifier: Apache-2.0
// Two members talk over three connections, its lanes, so that what is small and urgent never waits behind
// what is large: not in our queues, and not in the buffers of two kernels and whatever lies between, which
// on a slow link hold seconds of traffic that no priority of ours could overtake.

import { limits } from '../../base/limits.ts';
import type { WireMessage } from './transport.ts';

/** `control`: heartbeats, votes, answers. `log`: entries, which have to keep their order among
 * themselves, whatever their size: one that comes before its predecessor is rejected. `bulk`: snapshots,
 * and all that may take as long as it takes. */
export const lanes = ['control', 'log', 'bulk'] as const;
export type Lane = (typeof lanes)[number];

export function laneOf(message: WireMessage): Lane {
  switch (message.kind) {
    case 'append':
    case 'propose':
      return 'log';
    case 'snapshot':
      return 'bulk';
    case 'channel':
      return message.lane;
    default:
      return 'control';
  }
}

/** The longest frame of a lane, in bytes. */
export function frameBytesMax(lane: Lane): number {
  return lane === 'control' ? limits.transportControlFrameBytesMax : limits.transportFrameBytesMax;
}

/** The longest body of a `channel` message of a lane, in bytes. */
export function bodyBytesMax(lane: Lane): number {
  return frameBytesMax(lane) - limits.transportEnvelopeBytesMax;
}

/** What may wait in a lane's queue, in bytes. */
export function queueBytesMax(lane: Lane): number {
  switch (lane) {
    case 'control':
      return limits.transportControlQueueBytesMax;
    case 'log':
      return limits.transportLogQueueBytesMax;
    case 'bulk':
      return limits.transportBulkQueueBytesMax;
  }
}

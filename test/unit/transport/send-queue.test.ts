// SPDX-License-Identifier: Apache-2.0
// What waits to be sent: in order, bounded, and of heartbeats only the newest.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { limits } from '../../../base/limits.ts';
import { SendQueue } from '../../../sidechain/transport/send-queue.ts';
import type { WireMessage } from '../../../sidechain/transport/transport.ts';
import { channelMessage, heartbeat } from './mesh.ts';
import { wireMessage } from './messages.ts';

function bulk(length: number): WireMessage {
  return channelMessage('bulk', new Uint8Array(length));
}

function drain(queue: SendQueue): WireMessage[] {
  const all: WireMessage[] = [];
  for (let one = queue.take(); one !== undefined; one = queue.take()) all.push(one);
  return all;
}

describe('a queue', () => {
  test('gives what it was given, in order, but of heartbeats the newest alone', () => {
    const superseding = ['heartbeat', 'heartbeat-response'];
    fc.assert(
      fc.property(fc.array(wireMessage), (messages) => {
        const queue = new SendQueue(2 ** 30);
        for (const message of messages) expect(queue.add(message)).toBe(true);
        const expected = messages.filter(
          ({ kind }, i) =>
            !superseding.includes(kind) || messages.findLastIndex((one) => one.kind === kind) === i,
        );
        expect(drain(queue)).toEqual(expected);
        expect(queue.take()).toBeUndefined();
      }),
      { seed: 1 },
    );
  });

  test('takes no more bytes than it may, and takes again when there is room', () => {
    const queue = new SendQueue(10_000);
    expect([4_000, 4_000, 4_000].map((length) => queue.add(bulk(length)))).toEqual([
      true,
      true,
      false,
    ]);
    queue.take();
    expect(queue.add(bulk(4_000))).toBe(true);
    expect(drain(queue)).toHaveLength(2);
    expect(queue.add(bulk(9_000))).toBe(true);
  });

  test('takes one message that is longer than all it may hold', () => {
    const queue = new SendQueue(10);
    expect(queue.add(bulk(1_000))).toBe(true);
    expect(queue.add(bulk(1))).toBe(false);
  });

  test('takes no more messages than it may', () => {
    const queue = new SendQueue(2 ** 30);
    const taken = Array.from({ length: limits.transportQueueMessagesMax + 1 }, () =>
      queue.add(bulk(0)),
    );
    expect(taken.filter(Boolean)).toHaveLength(limits.transportQueueMessagesMax);
    expect(queue.add(heartbeat(1, 2))).toBe(false);
  });

  test('has room for a newer heartbeat where an older one waits', () => {
    const queue = new SendQueue(150);
    expect(queue.add(heartbeat(1, 2, 1))).toBe(true);
    expect(queue.add(bulk(0))).toBe(true);
    expect(queue.add(heartbeat(1, 2, 2))).toBe(true);
    expect(drain(queue)).toEqual([bulk(0), heartbeat(1, 2, 2)]);
  });

  test('is empty after it was cleared, and says what that cost', () => {
    const queue = new SendQueue(100);
    queue.add(bulk(100));
    expect(queue.clear()).toBe(1);
    expect(queue.add(bulk(100))).toBe(true);
    expect(drain(queue)).toHaveLength(1);
  });
});

// SPDX-License-Identifier: Apache-2.0
// What is urgent passes what is large: one lane that a member does not read holds up no other, and what
// waits for it is bounded.

import { describe, expect, test } from 'vitest';
import { limits } from '../../../base/limits.ts';
import type { Lane } from '../../../sidechain/transport/lane.ts';
import type { WireMessage } from '../../../sidechain/transport/transport.ts';
import { channelMessage, heartbeat, openMesh, type TestMember, until } from './mesh.ts';

const megabyte = new Uint8Array(1_000_000);

/** Member 2 reads one message of each of these lanes, and then no more until it is released. */
async function withSlowReader(...slow: readonly Lane[]) {
  const [one, two] = (await openMesh(1, 2)) as [TestMember, TestMember];
  const holds: (() => void)[] = [];
  two.hold = (message) =>
    message.kind === 'channel' && slow.includes(message.lane)
      ? new Promise((resolve) => holds.push(resolve))
      : undefined;
  const release = (): void => {
    two.hold = () => undefined;
    for (const hold of holds) hold();
  };
  return { one, two, release };
}

function append(index: number): WireMessage {
  const entries = [
    { kind: 'normal' as const, term: 1, index: index + 1, data: new Uint8Array(100) },
  ];
  const previous = { term: 1, index };
  return { kind: 'append', from: 1, to: 2, term: 1, previous, entries, commit: 0, session: 1 };
}

describe('with 50 MB of bulk for a member that does not read it', () => {
  test('heartbeats and entries pass', async () => {
    const { one, two, release } = await withSlowReader('bulk');
    let taken = 0;
    for (let i = 0; i < 50; i++) {
      if (one.transport.send(2, channelMessage('bulk', megabyte))) taken += 1;
    }
    await until(() => two.received.length === 1);
    for (let round = 1; round <= 3; round++) {
      one.transport.send(2, heartbeat(1, 2, round));
      one.transport.send(2, append(round));
    }
    await until(() => two.received.length === 7);
    expect(two.received.filter(({ message }) => message.kind === 'channel')).toHaveLength(1);
    release();
    await until(() => two.received.length === 6 + taken);
  });

  test('no more waits than may, the rest is dropped, and whoever sends is told', async () => {
    const { one, two } = await withSlowReader('bulk');
    const taken = Array.from({ length: 50 }, () =>
      one.transport.send(2, channelMessage('bulk', megabyte)),
    ).filter(Boolean).length;
    const inQueue = Math.floor(limits.transportBulkQueueBytesMax / megabyte.length);
    // One more may have left the queue for the socket.
    expect([inQueue, inQueue + 1]).toContain(taken);
    expect(one.peer(2).dropped).toEqual({ control: 0, log: 0, bulk: 50 - taken });
    await until(() => one.unreachable.length > 0);
    expect([one.isConnectedTo(2), two.isConnectedTo(1)]).toEqual([true, true]);
  });

  test('the connection lasts, however long it is not read', async () => {
    const { one, two, release } = await withSlowReader('bulk', 'log');
    for (const lane of ['bulk', 'log'] as const) {
      while (one.transport.send(2, channelMessage(lane, megabyte)));
    }
    // Twice as long as silence is borne.
    await new Promise((resolve) => setTimeout(resolve, limits.transportSilenceMs / 5));
    expect([one.peer(2).connects, two.peer(1).connects]).toEqual([1, 1]);
    release();
    await until(() => two.received.length === one.peer(2).sent && two.received.length > 20);
    expect(one.isConnectedTo(2)).toBe(true);
  });
});

test('heartbeats that cannot be sent do not pile up', async () => {
  const { one, two, release } = await withSlowReader('control');
  const body = new Uint8Array(60_000);
  while (one.transport.send(2, channelMessage('control', body)));
  for (let round = 1; round <= 1_000; round++) one.transport.send(2, heartbeat(1, 2, round));
  release();
  const heartbeats = () => two.received.filter(({ message }) => message.kind === 'heartbeat');
  await until(() => heartbeats().length > 0);
  expect(heartbeats()).toEqual([{ from: 1, message: heartbeat(1, 2, 1_000) }]);
});

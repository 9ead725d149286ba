// SPDX-License-Identifier: Apache-2.0
// Members over real sockets: what is sent arrives, from whom it says and in order; who leaves and comes
// back.

import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { TielineError } from '../../../base/errors.ts';
import { limits } from '../../../base/limits.ts';
import type { Lane } from '../../../sidechain/transport/lane.ts';
import {
  channelMessage,
  heartbeat,
  identity,
  introduce,
  isMeshed,
  openMesh,
  TestMember,
  until,
} from './mesh.ts';

describe('members', () => {
  test('connect, and what is sent arrives', async () => {
    const mesh = await openMesh(1, 2, 3);
    for (const one of mesh) {
      for (const other of mesh) {
        if (one === other) continue;
        expect(one.transport.send(other.id, heartbeat(one.id, other.id))).toBe(true);
      }
    }
    await until(() => mesh.every(({ received }) => received.length === 2));
    for (const { id, received } of mesh) {
      for (const { from, message } of received) expect(message).toEqual(heartbeat(from, id));
      expect(new Set(received.map(({ from }) => from)).size).toBe(2);
    }
  });

  test('send 100,000 messages in order', async () => {
    const [one, two] = await pair();
    const count = 100_000;
    for (let i = 0; i < count; ) {
      const body = new Uint8Array(4);
      new DataView(body.buffer).setUint32(0, i);
      if (one.transport.send(2, channelMessage('log', body))) i += 1;
      else await new Promise((resolve) => setImmediate(resolve));
    }
    await until(() => two.received.length === count);
    const numbers = two.received.map(({ message }) => {
      if (message.kind !== 'channel') throw new Error('a channel message');
      return new DataView(message.body.buffer).getUint32(0);
    });
    expect(numbers).toEqual(Array.from({ length: count }, (_, i) => i));
  });

  test.each(['control', 'log', 'bulk'] as const)('talk on the %s lane, both ways', async (lane) => {
    const [one, two] = await pair();
    const message = channelMessage(lane, Uint8Array.of(1, 2, 3));
    expect(one.transport.send(2, message)).toBe(true);
    expect(two.transport.send(1, message)).toBe(true);
    await until(() => one.received.length + two.received.length === 2);
    expect(one.received).toEqual([{ from: 2, message }]);
    expect(two.received).toEqual([{ from: 1, message }]);
  });

  test('come back after one was killed, and say who was lost', async () => {
    const mesh = await openMesh(1, 2, 3);
    const [one, two, three] = mesh as [TestMember, TestMember, TestMember];
    const { port } = two.address;
    await two.close();
    await until(() => !one.isConnectedTo(2) && !three.isConnectedTo(2));
    expect(one.transport.send(2, heartbeat(1, 2))).toBe(false);
    await until(() => one.unreachable.includes(2));
    expect(one.isConnectedTo(3)).toBe(true);
    expect(one.said.map(({ event }) => event)).toContain('peer-lost');
    await two.open({ port });
    introduce(mesh);
    await until(() => isMeshed(mesh));
    one.transport.send(2, heartbeat(1, 2));
    await until(() => two.received.length > 0);
  });

  test('that are not members any more are cut off at once, and not let in again', async () => {
    const mesh = await openMesh(1, 2, 3);
    const [one, two, three] = mesh as [TestMember, TestMember, TestMember];
    one.transport.setMembers([one.asMember(), three.asMember()]);
    await until(() => !two.isConnectedTo(1));
    await until(() => (one.transport.status().strangers.key ?? 0) > 1);
    expect(one.transport.send(2, heartbeat(1, 2))).toBe(false);
    expect(one.transport.status().peers.map(({ id }) => id)).toEqual([3]);
    expect([two.isConnectedTo(3), one.isConnectedTo(3)]).toEqual([true, true]);
  });

  test('that come under a new id start anew', async () => {
    const [one, two] = await pair();
    one.transport.setMembers([one.asMember(), { ...two.asMember(), id: 9 }]);
    two.transport.setMembers([one.asMember(), { ...two.asMember(), id: 9 }]);
    await until(() => one.isConnectedTo(9) && two.isConnectedTo(1));
    expect(one.transport.send(2, heartbeat(1, 2))).toBe(false);
    one.transport.send(9, heartbeat(1, 9));
    await until(() => two.received.length > 0);
  });

  test('of which only one can be called connect all the same', async () => {
    const [one, two] = [new TestMember(1), new TestMember(2)];
    await one.open();
    await two.open();
    one.transport.setMembers([one.asMember(), two.asCaller()]);
    two.transport.setMembers([one.asMember(), two.asMember()]);
    await until(() => one.isConnectedTo(2) && two.isConnectedTo(1));
    expect(one.peer(2).calledBy).toBe('peer');
  });
});

describe('a member that does not know its id', () => {
  test('gets what its peers say to it, but nothing of Raft', async () => {
    const [one, two] = await pair();
    two.transport.setMembers([one.asMember()]);
    one.transport.send(2, heartbeat(1, 2));
    one.transport.send(2, channelMessage('control', Uint8Array.of(7)));
    await until(() => two.received.length > 0);
    expect(two.received.map(({ message }) => message.kind)).toEqual(['channel']);
    // Nor is that held against them: they know of its grant before it does.
    expect(two.peer(1).refused).toEqual({});
    expect(two.said.filter(({ event }) => event === 'peer-refused')).toEqual([]);
    expect(two.transport.send(1, heartbeat(2, 1))).toBe(false);
    expect(two.transport.send(1, channelMessage('control', Uint8Array.of(8)))).toBe(true);
    expect(one.isConnectedTo(2)).toBe(true);
  });
});

describe('a transport', () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

  test.each([
    ['another Ed25519 key', identity(2).keyPem],
    ['a P-256 key', privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()],
    ['no key', 'key'],
  ])('refuses %s for the signer’s', async (_, keyPem) => {
    const member = new TestMember(1, { ...identity(1), keyPem });
    await expect(member.open()).rejects.toMatchObject({ code: 'transport-key' });
  });

  test('says where it cannot listen', async () => {
    const [one] = await pair();
    const opening = new TestMember(3).open({ port: one.address.port });
    await expect(opening).rejects.toThrow(TielineError);
    await expect(opening).rejects.toMatchObject({ code: 'transport-listen' });
  });

  test('takes the longest message of each lane', async () => {
    const [one, two] = await pair();
    for (const lane of ['control', 'log', 'bulk'] satisfies Lane[]) {
      const length = lane === 'control' ? 63 * 1_024 : limits.transportFrameBytesMax - 1_024;
      expect(one.transport.send(2, channelMessage(lane, new Uint8Array(length)))).toBe(true);
    }
    await until(() => two.received.length === 3);
    expect(one.isConnectedTo(2)).toBe(true);
  });
});

async function pair(): Promise<[TestMember, TestMember]> {
  return (await openMesh(1, 2)) as [TestMember, TestMember];
}

// SPDX-License-Identifier: Apache-2.0
// Members that call one another at the same time: both must end with the same session, and stay with it.

import { describe, expect, test } from 'vitest';
import { compare } from '../../../base/bytes.ts';
import { encodeHello } from '../../../sidechain/transport/message-codec.ts';
import { chainId, identity, introduce, openMesh, TestMember, until } from './mesh.ts';
import { memberTls, RawPeer } from './raw-peer.ts';
import { TcpProxy } from './tcp-proxy.ts';

const hello = encodeHello({ chainId, lane: 'control', session: 1 });

describe('of two members that call one another', () => {
  const [lower, higher] = [1, 2].sort((a, b) => compare(keyOf(a), keyOf(b))) as [number, number];

  /** One that has called `other`, and whom someone with the key of `other` calls now. */
  async function calledBack(id: number, other: number) {
    const [one, called] = [new TestMember(id), new TestMember(other)];
    await one.open();
    await called.open({ members: [one.asCaller()] });
    one.transport.setMembers([one.asMember(), called.asMember()]);
    await until(() => one.isConnectedTo(other));
    const peer = new RawPeer(one.address, memberTls(identity(other)));
    peer.write(hello);
    return { one, called, peer };
  }

  test('the one with the lower key keeps the session that it called for', async () => {
    const { one, called, peer } = await calledBack(lower, higher);
    await peer.closed();
    expect(peer.received).toEqual([]);
    expect([one.isConnectedTo(higher), called.isConnectedTo(lower)]).toEqual([true, true]);
    expect(one.peer(higher)).toMatchObject({ calledBy: 'us', connects: 1 });
  });

  test('the other takes the new session for the one that it called for', async () => {
    const { one, peer } = await calledBack(higher, lower);
    await until(() => peer.received.length > 0);
    expect(one.peer(lower)).toMatchObject({ calledBy: 'peer', connects: 2 });
  });

  /** One that calls `other`, and is called with that key before there is an answer; then the answer
   * comes. */
  async function crossing(id: number, other: number) {
    const [one, called] = [new TestMember(id), new TestMember(other)];
    await one.open();
    await called.open({ members: [one.asCaller()] });
    const proxy = await TcpProxy.to(called.address);
    proxy.hold();
    one.transport.setMembers([one.asMember(), called.asMember(proxy.address)]);
    await until(() => proxy.connections === 1);
    const peer = await RawPeer.greeted(one.address, identity(other), 'control');
    expect(one.peer(other).calledBy).toBe('peer');
    proxy.release();
    return { one, called, peer };
  }

  test('the one with the lower key takes a late answer to its call', async () => {
    const { one, called, peer } = await crossing(lower, higher);
    await peer.closed();
    expect(one.peer(higher)).toMatchObject({ calledBy: 'us', connects: 2 });
    expect(called.isConnectedTo(lower)).toBe(true);
  });

  test('the other hangs up on a late answer to its call', async () => {
    const { one, called, peer } = await crossing(higher, lower);
    await until(() => called.peer(higher).connects === 1 && !called.isConnectedTo(higher));
    expect(one.peer(lower)).toMatchObject({ calledBy: 'peer', connects: 1 });
    expect(peer.isClosed).toBe(false);
  });

  test('both find to one session, whoever gets through first', async () => {
    const [one, two] = [new TestMember(1), new TestMember(2)];
    await one.open();
    await two.open();
    const [toOne, toTwo] = [await TcpProxy.to(one.address), await TcpProxy.to(two.address)];
    for (const release of [
      [toOne, toTwo],
      [toTwo, toOne],
    ]) {
      toOne.hold();
      toTwo.hold();
      one.transport.setMembers([one.asMember(), two.asMember(toTwo.address)]);
      two.transport.setMembers([two.asMember(), one.asMember(toOne.address)]);
      await until(() => toOne.connections > 0 && toTwo.connections > 0);
      for (const proxy of release) proxy.release();
      await until(() => agree(one, two) && toOne.connections + toTwo.connections === 3);
      one.transport.setMembers([]);
      two.transport.setMembers([]);
      await until(() => toOne.connections + toTwo.connections === 0);
    }
  });

  test('both stay with the session that they have', async () => {
    const mesh = await openMesh(1, 2, 3, 4, 5);
    for (const member of mesh) member.transport.setMembers([]);
    introduce(mesh);
    await until(() =>
      mesh.every((one) => mesh.every((other) => one === other || agree(one, other))),
    );
    const connects = () =>
      mesh.map((one) => one.transport.status().peers.map((peer) => peer.connects));
    // So long as a silent one would be given up; nothing is made anew. A busy machine may look silent
    // for once: then the next such time must be calm.
    let before = connects();
    for (let attempt = 0; attempt < 5; attempt++) {
      before = connects();
      await new Promise((resolve) => setTimeout(resolve, 400));
      if (String(connects()) === String(before)) break;
    }
    expect(connects()).toEqual(before);
  });
});

function agree(one: TestMember, other: TestMember): boolean {
  const callers = [one.peer(other.id).calledBy, other.peer(one.id).calledBy];
  return callers.includes('us') && callers.includes('peer');
}

function keyOf(id: number): Uint8Array {
  return identity(id).signer.publicKey;
}

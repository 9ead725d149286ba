// SPDX-License-Identifier: Apache-2.0
// What lies between two members fails: connections that break, that pass nothing on, that meet one another.

import { describe, expect, test } from 'vitest';
import { channelMessage, heartbeat, introduce, openMesh, TestMember, until } from './mesh.ts';
import { TcpProxy } from './tcp-proxy.ts';

/** Member 1 calls member 2 through the proxy; 2 does not call. */
async function acrossProxy(): Promise<{ one: TestMember; two: TestMember; proxy: TcpProxy }> {
  const [one, two] = [new TestMember(1), new TestMember(2)];
  await one.open();
  await two.open();
  const proxy = await TcpProxy.to(two.address);
  two.transport.setMembers([one.asCaller(), two.asMember()]);
  one.transport.setMembers([one.asMember(), two.asMember(proxy.address)]);
  await until(() => one.isConnectedTo(2) && two.isConnectedTo(1) && proxy.connections === 3);
  return { one, two, proxy };
}

describe('a connection', () => {
  test('that passes nothing on is noticed by both, and made anew', async () => {
    const { one, two, proxy } = await acrossProxy();
    proxy.blackHole();
    await until(() => one.peer(2).connects === 2 && two.peer(1).connects === 2);
    expect([one.unreachable, two.unreachable]).toEqual([[2], [1]]);
    one.transport.send(2, heartbeat(1, 2));
    await until(() => two.received.length === 1);
  });

  test('that is reset is made anew', async () => {
    const { one, two, proxy } = await acrossProxy();
    for (let round = 1; round < 4; round++) {
      proxy.cut();
      await until(() => [one.peer(2), two.peer(1)].every((peer) => peer.connects > round));
      await until(() => one.isConnectedTo(2) && two.isConnectedTo(1));
      one.transport.send(2, heartbeat(1, 2));
      await until(() => two.received.length === round);
    }
  });

  test('that ends takes along what waited, which is counted', async () => {
    const { one, two, proxy } = await acrossProxy();
    two.hold = () => new Promise(() => {});
    const body = new Uint8Array(1_000_000);
    let taken = 0;
    while (one.transport.send(2, channelMessage('log', body))) taken += 1;
    await until(() => two.received.length === 1);
    proxy.cut();
    await until(() => one.peer(2).connects === 2);
    const { sent, dropped } = one.peer(2);
    // One was not even taken.
    expect(sent + dropped.log).toBe(taken + 1);
    expect(dropped.log).toBeGreaterThan(1);
    expect(one.unreachable).toContain(2);
  });
});

describe('two members that call at once', () => {
  test('keep the session of the one with the lower key, both of them', async () => {
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
      await until(() => agree(one, two));
      await until(() => toOne.connections + toTwo.connections === 3);
      expect(agree(one, two)).toBe(true);
      const [lower, higher] = lowerFirst(one, two);
      expect([lower.peer(higher.id).calledBy, higher.peer(lower.id).calledBy]).toEqual([
        'us',
        'peer',
      ]);
      one.transport.send(2, heartbeat(1, 2));
      await until(() => two.received.length > 0);
      two.received.length = 0;
      one.transport.setMembers([]);
      two.transport.setMembers([]);
      await until(() => toOne.connections + toTwo.connections === 0);
    }
  });

  test('settle, after any number of cuts, on one session', async () => {
    const mesh = await openMesh(1, 2, 3, 4, 5);
    for (const member of mesh) member.transport.setMembers([]);
    introduce(mesh);
    await until(() =>
      mesh.every((one) => mesh.every((other) => one === other || agree(one, other))),
    );
    const before = mesh.map((one) => one.transport.status().peers.map(({ connects }) => connects));
    // So long as a silent one would be given up; nothing is made anew.
    await new Promise((resolve) => setTimeout(resolve, 400));
    const after = mesh.map((one) => one.transport.status().peers.map(({ connects }) => connects));
    expect(after).toEqual(before);
  });
});

function agree(one: TestMember, other: TestMember): boolean {
  const callers = [one.peer(other.id).calledBy, other.peer(one.id).calledBy];
  return callers.includes('us') && callers.includes('peer');
}

function lowerFirst(one: TestMember, other: TestMember): readonly [TestMember, TestMember] {
  const [key, otherKey] = [one, other].map(({ identity }) =>
    Buffer.from(identity.signer.publicKey).toString('hex'),
  );
  return (key ?? '') < (otherKey ?? '') ? [one, other] : [other, one];
}

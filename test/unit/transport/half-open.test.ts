// SPDX-License-Identifier: Apache-2.0
// What lies between two members fails: connections that break, and connections that pass nothing on.

import { describe, expect, test } from 'vitest';
import { lanes } from '../../../sidechain/transport/lane.ts';
import { channelMessage, heartbeat, TestMember, until } from './mesh.ts';
import { TcpProxy } from './tcp-proxy.ts';

/** Member 1 calls member 2 through the proxy; 2 does not call. */
async function acrossProxy(): Promise<{ one: TestMember; two: TestMember; proxy: TcpProxy }> {
  const [one, two] = [new TestMember(1), new TestMember(2)];
  await one.open();
  await two.open();
  const proxy = await TcpProxy.to(two.address);
  two.transport.setMembers([one.asCaller(), two.asMember()]);
  one.transport.setMembers([one.asMember(), two.asMember(proxy.address)]);
  await until(() => one.isConnectedTo(2));
  for (const lane of lanes) one.transport.send(2, channelMessage(lane, new Uint8Array()));
  await until(() => two.received.length === lanes.length);
  two.received.length = 0;
  return { one, two, proxy };
}

describe('a connection', () => {
  test('that passes nothing on is noticed by both, and made anew', async () => {
    const { one, two, proxy } = await acrossProxy();
    proxy.blackHole();
    await until(() => one.peer(2).connects === 2 && two.peer(1).connects === 2);
    const silent = expect.objectContaining({ event: 'peer-lost', reason: 'silent' });
    expect(one.said).toContainEqual(silent);
    expect(two.said).toContainEqual(silent);
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
    const { sent: before } = one.peer(2);
    let taken = 0;
    while (one.transport.send(2, channelMessage('log', body))) taken += 1;
    await until(() => two.received.length === 1);
    proxy.cut();
    await until(() => one.peer(2).connects === 2);
    const { sent, dropped } = one.peer(2);
    // One was not even taken.
    expect(sent - before + dropped.log).toBe(taken + 1);
    expect(dropped.log).toBeGreaterThan(1);
    expect(one.unreachable).toContain(2);
  });
});

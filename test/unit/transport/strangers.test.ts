// SPDX-License-Identifier: Apache-2.0
// Whoever is no member gets nothing: mutual TLS 1.3 (RFC 8446) with a member's key, our protocol, or the
// end.

import { connect, type Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import { limits } from '../../../base/limits.ts';
import { encodeHello } from '../../../sidechain/transport/message-codec.ts';
import { chainId, identity, openMesh, TestMember, until } from './mesh.ts';
import { memberTls, RawPeer } from './raw-peer.ts';

const hello = encodeHello({ chainId, lane: 'control', session: 1 });

async function lonely(): Promise<TestMember> {
  const member = new TestMember(1);
  await member.open({ members: [new TestMember(2).asCaller()] });
  return member;
}

describe('a stranger', () => {
  const { key: memberKey, cert: memberCertificate } = memberTls(identity(2));

  const strangers: readonly (readonly [string, ConnectionOptions, 'key' | 'handshake'])[] = [
    ['without a certificate', { ALPNProtocols: ['tieline-sidechain/1'] }, 'key'],
    ['with a key of its own', memberTls(identity(66)), 'key'],
    [
      'that speaks another protocol',
      { ...memberTls(identity(2)), ALPNProtocols: ['h2'] },
      'handshake',
    ],
    ['that names no protocol', { key: memberKey, cert: memberCertificate }, 'key'],
    [
      'that speaks TLS 1.2 at most',
      { ...memberTls(identity(2)), minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' },
      'handshake',
    ],
  ];

  test.each(strangers)('%s is turned away with nothing', async (_, options, reason) => {
    const member = await lonely();
    const stranger = new RawPeer(member.address, options);
    stranger.write(hello);
    await stranger.closed();
    await until(() => Object.keys(member.transport.status().strangers).length > 0);
    expect(member.transport.status().strangers).toEqual({ [reason]: 1 });
    expect(stranger.received).toEqual([]);
    expect(member.isConnectedTo(2)).toBe(false);
    expect(member.said).toMatchObject([
      { event: 'stranger-refused', reason, address: '127.0.0.1' },
    ]);
  });

  test('that writes no TLS is turned away', async () => {
    const member = await lonely();
    const socket = plain(member);
    socket.write('GET / HTTP/1.1\r\n\r\n');
    await until(() => member.transport.status().strangers.handshake === 1);
    expect(member.said).toMatchObject([{ event: 'stranger-refused', address: '127.0.0.1' }]);
  });

  test('is written of once, however often it comes', async () => {
    const member = await lonely();
    for (let i = 0; i < 5; i++) await new RawPeer(member.address, memberTls(identity(66))).closed();
    await until(() => member.transport.status().strangers.key === 5);
    expect(member.said).toHaveLength(1);
  });
});

test('handshakes that strangers leave open are bounded, and members still connect by our calls', async () => {
  const member = await lonely();
  for (let i = 0; i < limits.transportHandshakesMax + 10; i++) plain(member);
  await until(() => (member.transport.status().strangers.busy ?? 0) >= 10);
  const other = new TestMember(2);
  await other.open({ members: [member.asCaller()] });
  member.transport.setMembers([other.asMember()]);
  await until(() => member.isConnectedTo(2));
});

test('a member that finds another key at an address says so, and tells it nothing', async () => {
  const [one] = await openMesh(1, 2);
  if (one === undefined) throw new Error('a mesh of two');
  const third = new TestMember(3);
  await third.open({ members: [new TestMember(9).asMember(one.address)] });
  await until(() => third.peer(9).refused['wrong-key'] !== undefined);
  expect(third.isConnectedTo(9)).toBe(false);
  expect(third.said.map(({ code }) => code)).toContain('wrong-key');
});

function plain(member: TestMember): Socket {
  const socket = connect(member.address);
  socket.on('error', () => {});
  onTestFinished(() => {
    socket.destroy();
  });
  return socket;
}

// SPDX-License-Identifier: Apache-2.0
// A member with a good key that says what no member says: its connection ends, and it is counted why.

import { describe, expect, test } from 'vitest';
import { u32 } from '../../../base/bytes.ts';
import { limits } from '../../../base/limits.ts';
import { encodeFrame } from '../../../sidechain/transport/frame.ts';
import type { Lane } from '../../../sidechain/transport/lane.ts';
import {
  encodeHello,
  encodeMessage,
  frameTypes,
  pingFrame,
} from '../../../sidechain/transport/message-codec.ts';
import {
  chainId,
  channelMessage,
  heartbeat,
  identity,
  openMesh,
  TestMember,
  until,
} from './mesh.ts';
import { memberTls, RawPeer } from './raw-peer.ts';

const liar = identity(2);

/** A member that waits for member 2 to call. */
async function waiting(): Promise<TestMember> {
  const member = new TestMember(1);
  await member.open();
  member.transport.setMembers([member.asMember(), new TestMember(2).asCaller()]);
  return member;
}

function forged(type: number, ...payload: readonly number[]): Uint8Array {
  return encodeFrame({ type, payload: Uint8Array.from(payload) });
}

describe('a member that has said hello', () => {
  const voteType = frameTypes.indexOf('vote');

  test.each<readonly [string, Lane, Uint8Array, string]>([
    [
      'a frame that is too long',
      'control',
      u32(limits.transportControlFrameBytesMax + 1),
      'length',
    ],
    ['the longest frame of all', 'bulk', u32(2 ** 32 - 1), 'length'],
    ['a frame of no length', 'control', u32(0), 'length'],
    ['a frame of an unknown type', 'control', forged(250, 1, 2, 3), 'type'],
    ['hello once more', 'control', encodeHello({ chainId, lane: 'control', session: 1 }), 'type'],
    ['what is no CBOR', 'control', forged(voteType, 0xff, 0xff), 'cbor'],
    ['a tag', 'control', forged(voteType, 0xc1, 0x00), 'cbor'],
    ['a vote of another form', 'control', forged(voteType, 0x81, 0x01), 'form'],
    ['a heartbeat on the bulk lane', 'bulk', encodeMessage(heartbeat(2, 1)), 'lane'],
  ])('and then %s is cut off', async (_, lane, bytes, reason) => {
    const member = await waiting();
    const control = await RawPeer.greeted(member.address, liar, 'control');
    const peer = lane === 'control' ? control : await RawPeer.greeted(member.address, liar, lane);
    peer.write(encodeMessage(channelMessage(lane, Uint8Array.of(1))));
    await until(() => member.received.length === 1);
    peer.write(bytes);
    await peer.closed();
    await control.closed();
    expect(member.peer(2).refused).toEqual({ [reason]: 1 });
    expect(member.received).toHaveLength(1);
    expect(member.said).toContainEqual(
      expect.objectContaining({ event: 'peer-refused', peer: 2, code: reason }),
    );
  });

  test('and sends byte by byte is understood', async () => {
    const member = await waiting();
    const peer = await RawPeer.greeted(member.address, liar, 'control');
    for (const byte of encodeMessage(heartbeat(2, 1))) peer.write(Uint8Array.of(byte));
    await until(() => member.received.length === 1);
    expect(member.received[0]?.message).toEqual(heartbeat(2, 1));
  });

  test('and names another sender is taken for itself', async () => {
    const member = await waiting();
    const peer = await RawPeer.greeted(member.address, liar, 'control');
    peer.write(encodeMessage(heartbeat(77, 1)));
    await until(() => member.received.length === 1);
    expect(member.received[0]).toEqual({ from: 2, message: heartbeat(2, 1) });
  });

  test('and speaks to another receiver is not heard', async () => {
    const member = await waiting();
    const peer = await RawPeer.greeted(member.address, liar, 'control');
    peer.write(encodeMessage(heartbeat(2, 3)));
    peer.write(encodeMessage(heartbeat(2, 1)));
    await until(() => member.received.length === 1);
    expect(member.received[0]?.message).toEqual(heartbeat(2, 1));
    expect(member.peer(2).refused).toEqual({ 'not-for-us': 1 });
  });

  test('and then nothing is given up', async () => {
    const member = await waiting();
    const peer = await RawPeer.greeted(member.address, liar, 'control');
    await peer.closed();
    expect(member.said).toContainEqual(
      expect.objectContaining({ event: 'peer-lost', reason: 'silent' }),
    );
  });

  test('and then pings is kept', async () => {
    const member = await waiting();
    const peer = await RawPeer.greeted(member.address, liar, 'control');
    const before = peer.received.length;
    // Six pings of the member take twice as long as it bears silence.
    const pings = setInterval(() => peer.write(pingFrame), 20);
    await until(() => peer.received.length >= before + 6 * pingFrame.length);
    clearInterval(pings);
    expect(member.isConnectedTo(2)).toBe(true);
    expect(member.received).toEqual([]);
  });
});

describe('a member that should say hello', () => {
  const otherChain = encodeHello({ chainId: new Uint8Array(32), lane: 'control', session: 1 });

  test.each([
    ['of another chain', otherChain, 'chain'],
    ['and says something else', encodeMessage(heartbeat(2, 1)), 'type'],
    ['and says it too long', u32(limits.transportHelloBytesMax + 1), 'length'],
    ['in another form', forged(0, 0x80), 'form'],
  ])('%s is cut off', async (_, bytes, reason) => {
    const member = await waiting();
    const peer = new RawPeer(member.address, memberTls(liar));
    peer.write(bytes);
    await peer.closed();
    expect(member.peer(2).refused).toEqual({ [reason]: 1 });
    expect(peer.received).toEqual([]);
  });

  test('and does not is given up', async () => {
    const member = await waiting();
    const peer = new RawPeer(member.address, memberTls(liar));
    await peer.closed();
    expect([peer.isSecure, peer.received]).toEqual([true, []]);
    expect(member.isConnectedTo(2)).toBe(false);
  });

  test('and does not cannot take all places', async () => {
    const member = await waiting();
    const peers = Array.from(
      { length: limits.transportGreetingsMax + 3 },
      () => new RawPeer(member.address, memberTls(liar)),
    );
    await until(() => (member.peer(2).refused.greetings ?? 0) >= 3);
    expect(peers.filter(({ isClosed }) => !isClosed).length).toBeGreaterThan(0);
  });

  test('and is a member no more is cut off', async () => {
    const member = await waiting();
    const peer = new RawPeer(member.address, memberTls(liar));
    await until(() => peer.isSecure);
    member.transport.setMembers([member.asMember()]);
    peer.write(encodeHello({ chainId, lane: 'control', session: 1 }));
    await peer.closed();
    expect(peer.received).toEqual([]);
  });

  test.each<readonly [string, readonly Lane[], Lane, number]>([
    ['a session that is not there', [], 'log', 1],
    ['another session than there is', ['control'], 'log', 2],
    ['a lane that is taken', ['control', 'log'], 'log', 1],
  ])('and says it to %s is cut off', async (_, before, lane, session) => {
    const member = await waiting();
    for (const one of before) await RawPeer.greeted(member.address, liar, one);
    const peer = new RawPeer(member.address, memberTls(liar));
    peer.write(encodeHello({ chainId, lane, session }));
    await peer.closed();
    expect(peer.received).toEqual([]);
    expect(member.isConnectedTo(2)).toBe(before.length > 0);
  });
});

test('a member on another chain is called in vain', async () => {
  const [one] = await openMesh(1, 2);
  if (one === undefined) throw new Error('a mesh of two');
  const third = new TestMember(3);
  await third.open({ members: [one.asMember()], chainId: new Uint8Array(32) });
  one.transport.setMembers([one.asMember(), third.asCaller()]);
  await until(() => one.peer(3).refused.chain !== undefined);
  expect([one.isConnectedTo(3), third.isConnectedTo(1)]).toEqual([false, false]);
});

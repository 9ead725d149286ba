// SPDX-License-Identifier: Apache-2.0
// The configuration against the chain: each other member has an address, and nobody else.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadGatewayConfig } from '../../../agent/config.ts';
import { addressOf, type NamedMember, peerProblems } from '../../../agent/peers.ts';
import { toHex } from '../../../base/bytes.ts';
import { testSigner } from '../chain/fixture.ts';
import { newDirectory } from './members.ts';

const names = ['cellar', 'attic', 'shed', 'shed'];
const members = names.map(
  (name, i): NamedMember => ({
    name,
    keyId: testSigner(i + 1).keyId,
    address: null,
    revoked: false,
    sinceHeight: 0,
  }),
);
const [cellar, attic, shed] = members;
const chain = { members: members.slice(0, 3), own: cellar?.keyId ?? new Uint8Array() };
const listen = '127.0.0.1:7700';

function peer(name: string, address = '127.0.0.1:7701') {
  return { name, address };
}

describe('peers', () => {
  test('by name and by key id, all of them, are no problem', () => {
    const peers = [peer('attic', '[::1]:7702'), peer(toHex(shed?.keyId ?? new Uint8Array()))];
    expect(peerProblems({ listen, peers }, chain)).toEqual([]);
    if (attic === undefined || shed === undefined) throw new Error('three members');
    expect(addressOf(attic, { peers }, chain.members)).toEqual({ host: '::1', port: 7_702 });
    expect(addressOf(shed, { peers }, chain.members)).toEqual({ host: '127.0.0.1', port: 7_701 });
  });

  test.each([
    ['a stranger', [peer('attic'), peer('shed'), peer('barn')], 2, 'no member of the chain'],
    ['the gateway itself', [peer('attic'), peer('shed'), peer('cellar')], 2, 'itself'],
    ['a member twice', [peer('attic'), peer('shed'), peer('attic')], 2, 'already'],
  ])('with %s are one problem, at its place', (_, peers, index, message) => {
    expect(peerProblems({ listen, peers }, chain)).toEqual([
      expect.objectContaining({
        path: ['peers', index, 'name'],
        message: expect.stringContaining(message),
      }),
    ]);
  });

  test('of one name must be told apart by their key ids', () => {
    const peers = [peer('attic'), peer('shed')];
    const problems = peerProblems({ listen, peers }, { ...chain, members });
    expect(problems).toMatchObject([{ message: expect.stringContaining('give the key id') }]);
  });

  test('need no address where the chain has one; the configuration counts before it', () => {
    const later = { ...(shed as NamedMember), sinceHeight: 7 };
    const withLater = { ...chain, members: [...members.slice(0, 2), later] };
    expect(peerProblems({ listen, peers: [peer('attic')] }, withLater)).toEqual([]);
    const told = { ...(shed as NamedMember), address: '192.0.2.9:7703' };
    const known = [...members.slice(0, 2), told];
    const peers = [peer('attic')];
    expect(peerProblems({ listen, peers }, { ...chain, members: known })).toEqual([]);
    expect(addressOf(told, { peers }, known)).toEqual({ host: '192.0.2.9', port: 7_703 });
    const both = [...peers, peer('shed', '[::1]:7704')];
    expect(addressOf(told, { peers: both }, known)).toEqual({ host: '::1', port: 7_704 });
  });

  test('may name who was revoked, and who is not known yet to one that joins', () => {
    const revoked = { ...(shed as NamedMember), revoked: true };
    const known = [...members.slice(0, 2), revoked];
    const peers = [peer('attic'), peer('shed')];
    expect(peerProblems({ listen, peers }, { ...chain, members: known })).toEqual([]);
    const joining = { members: known, own: testSigner(9).keyId };
    expect(peerProblems({ listen, peers: [peer('attic'), peer('barn')] }, joining)).toEqual([]);
    expect(peerProblems({ listen, peers: [] }, joining)).toMatchObject([
      { message: expect.stringContaining('no address is given') },
    ]);
  });

  test('of a chain of one are none, and nothing listens', () => {
    const alone = { ...chain, members: members.slice(0, 1) };
    expect(peerProblems({ peers: [] }, alone)).toEqual([]);
    expect(peerProblems({ peers: [peer('attic')] }, alone)).toHaveLength(1);
  });

  test('that are missing are named, with line and column of the file', async () => {
    const { dir } = await newDirectory();
    const file = join(dir, 'gateway.yaml');
    const lines = [
      'name: cellar',
      'mqtt: { url: mqtt://127.0.0.1 }',
      'peers:',
      '  - name: attic',
      '    address: attic:99999',
      '  - { name: barn, address: 192.0.2.1:7700 }',
    ];
    await writeFile(file, lines.join('\n'));
    const load = () => loadGatewayConfig(file, (given) => peerProblems(given, chain));
    const shedId = toHex(shed?.keyId ?? new Uint8Array());
    for (const said of [
      `${file}:1:1: \`listen\` is missing`,
      `${file}:5:14: peers[0].address: not host:port`,
      `${file}:6:13: peers[1].name: no member of the chain is called so`,
      `${file}:4:3: peers: no address is given for shed (${shedId})`,
    ]) {
      expect(load).toThrow(said);
    }
  });
});

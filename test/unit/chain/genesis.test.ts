// SPDX-License-Identifier: Apache-2.0
// Genesis of a sidechain: every flaw for which it is refused, so that no chain begins that cannot
// be run, judged or trusted.

import { describe, expect, test } from 'vitest';
import { fromHex } from '../../../base/bytes.ts';
import { type CborValue, decode, encode } from '../../../base/cbor.ts';
import { limits } from '../../../base/limits.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { noChain, openEntry, signEntry } from '../../../sidechain/chain/entry.ts';
import {
  enrolGenesis,
  type Genesis,
  openGenesis,
  signGenesis,
} from '../../../sidechain/chain/genesis.ts';
import { everyFlip } from '../base/flip.ts';
import {
  chainId,
  engineer,
  gateway,
  genesisBytes,
  mainGenesis,
  startMs,
  stranger,
  testSigner,
} from './fixture.ts';

const founder = { publicKey: gateway.publicKey, role: 'voter', name: 'cellar-1' } as const;
const good: Genesis = {
  version: 1,
  members: [founder],
  policy: { class: 'blame', faulty: 0 },
  persons: [{ publicKey: engineer.publicKey, name: 'eve', rights: ['members'] }],
  mainLog: mainGenesis.mainLog,
  summary: { windowMs: 10_000, graceMs: 2_000 },
  timeMs: startMs,
  nonce: new Uint8Array(32).fill(7),
};
const members = (count: number, role: 'voter' | 'follower' = 'voter'): Genesis['members'] => [
  founder,
  ...Array.from({ length: count - 1 }, (_, i) => ({
    publicKey: testSigner(100 + i).publicKey,
    role,
    name: `member ${i}`,
  })),
];

function flaw(altered: Partial<Genesis>, signer = gateway): string {
  const opened = openGenesis(suite, signGenesis({ ...good, ...altered }, signer));
  return opened.ok ? '' : opened.detail;
}

/** Signs a payload that no Genesis could be written as. */
function flawOfRaw(key: number, value: CborValue): string {
  const entry = openEntry(suite, genesisBytes);
  if (!entry.ok) throw new Error(entry.detail);
  const decoded = decode(entry.value.payload);
  if (!decoded.ok || !(decoded.value instanceof Map)) throw new Error('a genesis is a map');
  const payload = encode(new Map<number | string, CborValue>(decoded.value).set(key, value));
  const bytes = signEntry({ kind: 'genesis', payload, chainId: noChain }, gateway);
  const opened = openGenesis(suite, bytes);
  return opened.ok ? '' : opened.detail;
}

test('the chain’s id is the hash of its genesis', () => {
  const opened = openGenesis(suite, genesisBytes);
  expect(opened).toMatchObject({ ok: true, value: { genesis: good, bytes: genesisBytes } });
  expect(chainId).toEqual(suite.sha256(genesisBytes));
});

describe('signature', () => {
  test('by another than the first member is refused', () => {
    expect(flaw({}, stranger)).toContain('not signed by its first member');
    const second = { publicKey: stranger.publicKey, role: 'voter', name: 'x' } as const;
    expect(flaw({ members: [founder, second] }, stranger)).toContain('first member');
  });

  test('by another under the first member’s key id is refused', () => {
    expect(flaw({}, { ...stranger, keyId: gateway.keyId })).toContain('does not verify');
  });

  test('for a chain is not one for a genesis', () => {
    const entry = openEntry(suite, genesisBytes);
    const payload = entry.ok ? entry.value.payload : new Uint8Array();
    const bytes = signEntry({ kind: 'genesis', payload, chainId }, gateway);
    expect(openGenesis(suite, bytes)).toMatchObject({ detail: expect.stringContaining('verify') });
  });

  test('any flipped bit is refused', () => {
    const passed = [...everyFlip(genesisBytes)].filter((flipped) => openGenesis(suite, flipped).ok);
    expect(passed).toEqual([]);
  });
});

describe('form', () => {
  test.each<[string, Uint8Array]>([
    ['nothing', new Uint8Array()],
    ['another kind of entry', signEntry({ kind: 'gap', payload: encode(1), chainId }, gateway)],
    ['a longer one', Uint8Array.of(...genesisBytes, 0)],
    ['a shorter one', genesisBytes.slice(0, -1)],
    ['more than an entry may have', new Uint8Array(limits.entryBytesMax + 1)],
  ])('%s is refused', (_, bytes) => {
    expect(openGenesis(suite, bytes)).toMatchObject({ ok: false, code: 'genesis' });
  });

  test.each<[string, number, CborValue]>([
    ['another version', 1, 2],
    ['a field that is not known', 9, 0],
    ['a member without a name', 2, [[gateway.publicKey, 'voter', '']]],
    ['a member whose name ends a line', 2, [[gateway.publicKey, 'voter', 'a\nb']]],
    ['a member whose name moves the cursor', 2, [[gateway.publicKey, 'voter', '\u001b[1A']]],
    ['a member whose name turns the text', 2, [[gateway.publicKey, 'voter', '\u202egnp']]],
    ['a member of another role', 2, [[gateway.publicKey, 'admin', 'a']]],
    ['a member with half a key', 2, [[gateway.publicKey.slice(16), 'voter', 'a']]],
    ['a policy of another class', 3, ['trust', 0]],
    ['a negative number of liars', 3, ['prevent', -1]],
    ['a person without a name', 4, [[stranger.publicKey, '', []]]],
    ['a time after the year 9999', 7, limits.unixMsMax + 1],
    ['a time that is no integer of 53 bits', 7, 2n ** 60n],
    ['a short nonce', 8, new Uint8Array(31)],
  ])('%s is refused', (_, key, value) => {
    expect(flawOfRaw(key, value)).not.toBe('');
  });

  test('more members than a chain may have are refused', () => {
    const many = Array.from({ length: limits.membersMax + 1 }, (_, i) => [
      testSigner(i + 1).publicKey,
      'follower',
      'a',
    ]);
    expect(flawOfRaw(2, many)).toContain(`at most ${limits.membersMax}`);
  });
});

describe('members', () => {
  test('none, or followers alone, are refused', () => {
    expect(flaw({ members: [] })).toContain('no member is a voter');
    expect(flaw({ members: [{ ...founder, role: 'follower' }] })).toContain('no member is a voter');
  });

  test('up to seven voters and 32 followers are taken', () => {
    expect(flaw({ members: members(limits.votersMax) })).toBe('');
    expect(flaw({ members: members(limits.votersMax + 1) })).toContain('more than 7 voters');
    expect(flaw({ members: members(33, 'follower') })).toBe('');
  });

  test('with one key twice, also as a person, are refused', () => {
    expect(flaw({ members: [founder, { ...founder, role: 'follower' }] })).toContain('one key id');
    const person = { publicKey: gateway.publicKey, name: 'owner', rights: ['command'] };
    expect(flaw({ persons: [person] })).toContain('one key id');
    expect(flaw({ persons: [{ ...person, publicKey: stranger.publicKey }] })).toBe('');
  });
});

test.each<[Genesis['policy'], number, string]>([
  [{ class: 'blame', faulty: 0 }, 7, ''],
  [{ class: 'prevent', faulty: 1 }, 3, ''],
  [{ class: 'prevent', faulty: 2 }, 7, ''],
  [{ class: 'prevent', faulty: 1 }, 1, 'cannot be satisfied'],
  [{ class: 'prevent', faulty: 7 }, 7, 'cannot be satisfied'],
  [{ class: 'prevent', faulty: 0 }, 7, 'cannot be satisfied'],
  [{ class: 'blame', faulty: 1 }, 7, 'cannot be satisfied'],
])('policy %j with %i voters: "%s"', (policy, voters, expected) => {
  const found = flaw({ policy, members: members(voters) });
  expect(found).toContain(expected);
  expect(found === '').toBe(expected === '');
});

test.each([
  [5_000, ''],
  [86_400_000, ''],
  [900_000, ''],
  [4_999, 'divisor of a day'],
  [7_000, 'divisor of a day'],
  [0, 'divisor of a day'],
  [172_800_000, 'divisor of a day'],
])('a summary window of %i ms: "%s"', (windowMs, expected) => {
  expect(flaw({ summary: { windowMs, graceMs: 0 } })).toContain(expected);
});

test('a grace of more than a day is refused', () => {
  expect(flaw({ summary: { windowMs: 900_000, graceMs: 86_400_000 } })).toBe('');
  expect(flaw({ summary: { windowMs: 900_000, graceMs: 86_400_001 } })).toContain('grace');
});

describe('main log', () => {
  const { mainLog } = good;
  const wire = (origin: string, keys: CborValue, threshold: number): CborValue =>
    new Map<number, CborValue>([
      [1, origin],
      [2, mainLog.id],
      [3, keys],
      [4, threshold],
    ]);
  const key = [stranger.publicKey, 'utility'];

  test.each<[string, CborValue]>([
    ['without keys', wire('main.example', [], 0)],
    ['that needs nobody', wire('main.example', [key], 0)],
    ['that needs more than there are', wire('main.example', [key], 2)],
    ['with one key twice', wire('main.example', [key, key], 2)],
    ['without a name', wire('', [key], 1)],
    ['with a name of two words', wire('main example', [key], 1)],
    ['with a plus in its name', wire('main+example', [key], 1)],
    ['named like a sidechain', wire(`tieline/v1/${'0'.repeat(64)}`, [key], 1)],
    ['with a key without a name', wire('main.example', [[stranger.publicKey, '']], 1)],
  ])('%s is refused', (_, value) => {
    expect(flawOfRaw(5, value)).toContain('mainLog');
  });
});

describe('enrolment', () => {
  const weak = fromHex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a');
  const publicKey = weak ?? new Uint8Array();

  test('takes what opens and has sound keys', () => {
    expect(enrolGenesis(suite, genesisBytes)).toMatchObject({ ok: true, value: { chainId } });
    expect(enrolGenesis(suite, Uint8Array.of(1))).toMatchObject({ ok: false });
  });

  test.each<[string, Partial<Genesis>]>([
    ['member', { members: [founder, { publicKey, role: 'follower', name: 'weak' }] }],
    ['person', { persons: [{ publicKey, name: 'weak', rights: [] }] }],
    ['key of the main log', { mainLog: { ...good.mainLog, keys: [{ publicKey, name: 'weak' }] } }],
  ])('refuses a %s whose key is a point of small order', (_, altered) => {
    const bytes = signGenesis({ ...good, ...altered }, gateway);
    expect(openGenesis(suite, bytes).ok).toBe(true);
    const detail = expect.stringContaining('the key of weak: a point of small order');
    expect(enrolGenesis(suite, bytes)).toMatchObject({ ok: false, detail });
  });
});

// SPDX-License-Identifier: Apache-2.0
// Genesis of a main log and the enrolment of sidechains on it: flaws, signatures, and which roles may enrol.

import { describe, expect, test } from 'vitest';
import { fromHex } from '../../../base/bytes.ts';
import { type CborValue, decode, encode } from '../../../base/cbor.ts';
import { decodeSign1, sign1 } from '../../../base/cose.ts';
import { limits } from '../../../base/limits.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { openEnrolment, signEnrolment } from '../../../sidechain/chain/enrolment.ts';
import { chainAad, mediaType, noChain } from '../../../sidechain/chain/entry.ts';
import {
  type MainGenesis,
  openMainGenesis,
  signMainGenesis,
} from '../../../sidechain/chain/main-genesis.ts';
import type { MainRole } from '../../../sidechain/chain/main-registry.ts';
import { everyFlip } from '../base/flip.ts';
import {
  chainId,
  dispatcher,
  mainGenesis,
  mainGenesisBytes,
  mainLogSigner,
  startMs,
  stranger,
} from './fixture.ts';

const weak = fromHex('0100000000000000000000000000000000000000000000000000000000000000');

function flaw(altered: Partial<MainGenesis>, signer = mainLogSigner): string {
  const genesis: MainGenesis = { ...mainGenesis.genesis, ...altered };
  const opened = openMainGenesis(suite, signMainGenesis(genesis, signer));
  return opened.ok ? '' : opened.detail;
}

function flawOfRaw(key: number, value: CborValue): string {
  const sign = decodeSign1(mainGenesisBytes);
  const decoded = sign.ok ? decode(sign.value.payload ?? new Uint8Array()) : undefined;
  if (!decoded?.ok || !(decoded.value instanceof Map)) throw new Error('no map');
  const bytes = sign1(
    {
      type: mediaType('main-genesis'),
      payload: encode(new Map<number | string, CborValue>(decoded.value).set(key, value)),
      externalAad: chainAad(noChain),
    },
    mainLogSigner,
  );
  const opened = openMainGenesis(suite, bytes);
  return opened.ok ? '' : opened.detail;
}

describe('a main genesis', () => {
  test('says what sidechains pin', () => {
    const { origin, keys, threshold } = mainGenesis.genesis;
    const id = suite.sha256(mainGenesisBytes);
    expect(mainGenesis.mainLog).toEqual({ origin, id, keys, threshold });
    expect(flaw({})).toBe('');
  });

  test('is signed by its first key', () => {
    expect(flaw({}, stranger)).toContain('not signed by its first key');
    expect(flaw({}, { ...stranger, keyId: mainLogSigner.keyId })).toContain('does not verify');
  });

  test('is refused with a key or a person twice', () => {
    const [key] = mainGenesis.genesis.keys;
    const keys = [key, key].map((one) => [one?.publicKey ?? '', 'utility']);
    expect(flawOfRaw(3, keys)).toContain('none twice');
    const person = { publicKey: dispatcher.publicKey, name: 'dana', organisation: 'utility' };
    const persons: MainGenesis['persons'] = [
      { ...person, roles: ['local'] },
      { ...person, roles: ['dispatch'] },
    ];
    expect(flaw({ persons })).toContain('one key id for two');
  });

  test('is refused with a weak key', () => {
    const persons: MainGenesis['persons'] = [
      { publicKey: weak ?? new Uint8Array(), name: 'eve', roles: [], organisation: 'utility' },
    ];
    expect(flaw({ persons })).toContain('the key of eve: a point of small order');
  });

  test.each<[string, number, CborValue]>([
    ['another version', 1, 2],
    ['a name of two words', 2, 'main log'],
    ['a sidechain’s name', 2, `tieline/v1/${'a'.repeat(64)}`],
    ['no keys', 3, []],
    ['a threshold of nobody', 4, 0],
    ['a threshold beyond its keys', 4, 2],
    ['a role that is not known', 5, [[stranger.publicKey, 'x', ['king']]]],
    ['a person whose name clears the screen', 5, [[stranger.publicKey, '\u001bc', []]]],
    ['a time after the year 9999', 6, limits.unixMsMax + 1],
    ['a short nonce', 7, new Uint8Array(16)],
    ['a field that is not known', 8, 0],
  ])('is refused with %s', (_, key, value) => {
    expect(flawOfRaw(key, value)).not.toBe('');
  });

  test('is refused with any bit flipped, cut off, or longer', () => {
    const passed = [...everyFlip(mainGenesisBytes)].filter((one) => openMainGenesis(suite, one).ok);
    expect(passed).toEqual([]);
    expect(openMainGenesis(suite, mainGenesisBytes.slice(1)).ok).toBe(false);
    const long = new Uint8Array(limits.entryBytesMax + 1);
    expect(openMainGenesis(suite, long)).toMatchObject({ detail: expect.stringContaining('most') });
  });

  test('is refused with claims, for it is a closed statement', () => {
    const sign = decodeSign1(mainGenesisBytes);
    if (!sign.ok || sign.value.payload === null) throw new Error();
    const claimed = sign1(
      {
        type: mediaType('main-genesis'),
        claims: { issuer: 'a', subject: 'b' },
        payload: sign.value.payload,
        externalAad: chainAad(noChain),
      },
      mainLogSigner,
    );
    expect(openMainGenesis(suite, claimed)).toMatchObject({ ok: false, code: 'main-genesis' });
  });
});

describe('an enrolment', () => {
  const enrolment = { chainId, name: 'Rosenweg', timeMs: startMs };
  const { id } = mainGenesis.mainLog;
  const withRoles = (roles: readonly MainRole[]) => ({
    registry: {
      persons: [{ publicKey: dispatcher.publicKey, name: 'dana', roles, organisation: 'utility' }],
    },
    id,
  });
  const signed = signEnrolment(enrolment, id, dispatcher);

  test.each<[MainRole[], boolean]>([
    [['dispatch'], true],
    [['local'], true],
    [['plant', 'local'], true],
    [['regulator'], false],
    [['plant'], false],
    [['regulator', 'plant'], false],
    [[], false],
  ])('by a person with the roles %j: %s', (roles, allowed) => {
    const opened = openEnrolment(suite, signed, withRoles(roles));
    expect(opened.ok).toBe(allowed);
    if (opened.ok)
      expect(opened.value).toMatchObject({ ...enrolment, by: { name: 'dana', roles } });
    else expect(opened.detail).toBe('dana has no role that may enrol a chain');
  });

  test('by nobody, by a key of the log, or under another’s key id is refused', () => {
    const main = withRoles(['dispatch']);
    for (const signer of [stranger, mainLogSigner, { ...stranger, keyId: dispatcher.keyId }]) {
      expect(openEnrolment(suite, signEnrolment(enrolment, id, signer), main).ok).toBe(false);
    }
  });

  test('for another main log is refused', () => {
    const other = signEnrolment(enrolment, new Uint8Array(32), dispatcher);
    const opened = openEnrolment(suite, other, withRoles(['dispatch']));
    expect(opened).toMatchObject({ ok: false, detail: 'its signature does not verify' });
  });

  test('with any bit flipped is refused', () => {
    const main = withRoles(['dispatch']);
    expect([...everyFlip(signed)].filter((one) => openEnrolment(suite, one, main).ok)).toEqual([]);
  });

  test('of another type, or too long, is refused', () => {
    const main = withRoles(['dispatch']);
    const posing = sign1(
      { type: mediaType('answer'), payload: encode([]), externalAad: chainAad(id) },
      dispatcher,
    );
    expect(openEnrolment(suite, posing, main)).toMatchObject({ detail: 'no enrolment' });
    expect(openEnrolment(suite, new Uint8Array(limits.entryBytesMax + 1), main).ok).toBe(false);
  });
});

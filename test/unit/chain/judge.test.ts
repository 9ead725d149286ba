// SPDX-License-Identifier: Apache-2.0
// Every reason for which an entry is refused, and that a refused one changes nothing (S0-05, S0-16).

import { beforeEach, describe, expect, test } from 'vitest';
import { encode } from '../../../base/cbor.ts';
import { sign1 } from '../../../base/cose.ts';
import { toKeyId, toSequence } from '../../../base/ids.ts';
import { limits } from '../../../base/limits.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { encodePack } from '../../../base/pack.ts';
import { encodeSchema, schemaId as idOfSchema, type Schema } from '../../../base/schema.ts';
import type { BlockEntry } from '../../../sidechain/chain/block.ts';
import { chainAad, mediaType, signEntry } from '../../../sidechain/chain/entry.ts';
import { flip } from '../base/flip.ts';
import {
  chainId as otherChainId,
  packAt,
  schema,
  schemaPayload,
  startMs,
  stranger,
} from './fixture.ts';
import { Group } from './group.ts';

const pack = packAt(startMs, 10);
const packs = [10, 11, 12].map((energyWh) => packAt(startMs, energyWh));

let group: Group;
beforeEach(() => {
  group = new Group();
  group.apply([group.schema()]);
});

/** The batch with other packs or another secret beside it. */
function beside(entry: BlockEntry, changed: Partial<NonNullable<BlockEntry['packs']>>): BlockEntry {
  if (entry.packs === undefined) throw new Error('a batch has packs');
  return { entry: entry.entry, packs: { ...entry.packs, ...changed } };
}

describe('who signed', () => {
  test('an entry of an unknown key is refused', () => {
    const { chainId } = group;
    const entry = signEntry({ kind: 'schema', payload: schemaPayload, chainId }, stranger);
    expect(group.reasons({ entry })).toEqual(['unknown-signer']);
  });

  test('an entry of a revoked member is refused, whatever else is wrong with it', () => {
    group.apply([group.revocation(0)]);
    expect(group.reasons(group.batch(1, [pack]), group.batch(9, []))).toEqual([
      'revoked',
      'revoked',
    ]);
  });

  test('a flipped bit of the signature is refused', () => {
    const { entry, packs } = group.batch(1, [pack]);
    const altered = { entry: flip(entry, 8 * entry.length - 1), ...(packs && { packs }) };
    expect(group.reasons(altered)).toEqual(['signature']);
  });

  test('an entry signed by one member under the key id of another is refused', () => {
    const entry = sign1(
      {
        type: mediaType('schema'),
        kid: group.signer(1).keyId,
        payload: schemaPayload,
        externalAad: chainAad(group.chainId),
      },
      group.signer(0),
    );
    expect(group.reasons({ entry })).toEqual(['signature']);
  });

  test('an entry of another chain is refused, although a member signed it', () => {
    const payload = encodeSchema({ ...schema, device: 'another' });
    const entry = signEntry({ kind: 'schema', payload, chainId: otherChainId }, group.signer(0));
    expect(group.reasons({ entry })).toEqual(['signature']);
  });
});

describe('form', () => {
  const { chainId: id } = new Group();
  const aad = chainAad(id);
  const ofType = (type: string) =>
    sign1({ type, payload: schemaPayload, externalAad: aad }, new Group().signer(0));

  test.each<[string, () => Uint8Array]>([
    ['nothing', () => new Uint8Array()],
    ['no COSE_Sign1', () => Uint8Array.of(1, 2, 3)],
    ['a byte after the end', () => Uint8Array.of(...group.schema().entry, 0)],
    ['a kind that is not known', () => ofType(mediaType('rule'))],
    ['a type of somebody else', () => ofType('application/cbor')],
    [
      'an entry that is too long',
      () => group.sign('schema', new Uint8Array(limits.entryBytesMax)).entry,
    ],
    [
      'claims',
      () =>
        sign1(
          {
            type: mediaType('schema'),
            claims: { issuer: 'a', subject: 'b' },
            payload: schemaPayload,
            externalAad: aad,
          },
          group.signer(0),
        ),
    ],
    [
      'a detached payload',
      () =>
        sign1(
          {
            type: mediaType('schema'),
            payload: schemaPayload,
            externalAad: aad,
            detached: true,
          },
          group.signer(0),
        ),
    ],
    ['a genesis signed for the chain', () => group.sign('genesis', Uint8Array.of(0xa0)).entry],
    ['a schema that is none', () => group.sign('schema', encode([1])).entry],
    ['a gap that is none', () => group.sign('gap', encode([1])).entry],
    ['a receipt that is none', () => group.sign('receipt', encode([1])).entry],
  ])('%s is malformed', (_, entry) => {
    expect(group.reasons({ entry: entry() })).toEqual(['malformed']);
  });

  test('a batch without packs, and packs beside anything else, are malformed', () => {
    const bare = { entry: group.batch(1, []).entry };
    const { packs: given } = group.batch(1, []);
    const packed = { ...group.gap(1), ...(given && { packs: given }) };
    expect(group.reasons(bare, packed)).toEqual(['malformed', 'malformed']);
  });

  test.each<[string, number, string, string[]]>([
    ['that ends when it begins', startMs, 'd', []],
    ['that ends before it begins', startMs - 1, 'd', ['malformed']],
    ['of a device that clears the screen', startMs, '\u001b[2J', ['malformed']],
    ['of a device without a name', startMs, '', ['malformed']],
  ])('a gap %s', (_, toMs, device, reasons) => {
    const gap = new Map<number, string | number | Uint8Array>([
      [1, group.signer(0).keyId],
      [2, 1],
      [3, device],
      [4, startMs],
      [5, toMs],
      [6, 'because'],
      [7, 0],
    ]);
    expect(group.reasons(group.sign('gap', encode(gap)))).toEqual(reasons);
  });

  test('a genesis in a later block bears no signature for this chain', () => {
    expect(group.reasons({ entry: group.genesisBytes })).toEqual(['signature']);
  });
});

describe('sequence', () => {
  test('a batch in the name of another member is malformed', () => {
    const gateway = toKeyId(group.signer(1).keyId);
    const batch = group.batch(1, [pack], { altered: { gateway } });
    const gap = group.gap(1, { gateway });
    expect(group.reasons(batch, gap)).toEqual(['malformed', 'malformed']);
  });

  test('the first number is 1: 0 is old, 2 leaves a gap', () => {
    expect(group.reasons(group.batch(0, []), group.batch(2, []))).toEqual(['old', 'gap']);
  });

  test('a replayed batch is old, in the same block and in a later one', () => {
    const batch = group.batch(1, [pack]);
    expect(group.reasons(batch, batch)).toEqual(['old']);
    expect(group.reasons(batch)).toEqual(['old']);
  });

  test('a second statement with a number that is taken is old, be it a batch or a gap', () => {
    group.apply([group.batch(1, [pack]), group.gap(2)]);
    const reasons = group.reasons(group.gap(1), group.batch(2, [pack]), group.batch(1, []));
    expect(reasons).toEqual(['old', 'old', 'old']);
  });

  test('numbers are counted for each member alone', () => {
    expect(group.reasons(group.batch(1, [pack]), group.batch(1, [], { by: 1 }))).toEqual([]);
    expect(group.reasons(group.batch(3, [], { by: 1 }))).toEqual(['gap']);
    expect(group.ledger.registry.sequence(group.signer(0).keyId).sequence).toBe(1);
  });

  test('the largest number there is leaves a gap, not an overflow', () => {
    const sequence = toSequence(Number.MAX_SAFE_INTEGER);
    expect(group.reasons(group.batch(1, [], { altered: { sequence } }))).toEqual(['gap']);
  });

  test('a refused batch does not take its number', () => {
    const batch = group.batch(1, [pack]);
    expect(group.reasons(beside(batch, { packs: [] }), batch)).toEqual(['packs']);
    expect(group.ledger.registry.sequence(group.signer(0).keyId).sequence).toBe(1);
  });
});

describe('packs', () => {
  const [first = pack, second = pack, third = pack] = packs;

  test.each<[string, readonly Uint8Array[]]>([
    ['one removed', [first, second]],
    ['all removed', []],
    ['one added', [first, second, third, pack]],
    ['one said twice', [first, second, third, third]],
    ['two in the other order', [second, first, third]],
    ['one exchanged', [first, second, packAt(startMs, 999)]],
    ['one altered by a bit', [first, flip(second, 77), third]],
  ])('%s: refused', (_, others) => {
    const batch = group.batch(1, packs);
    expect(group.reasons(beside(batch, { packs: others }))).toEqual(['packs']);
  });

  test('another secret: refused, for it makes other salts', () => {
    const secret = new Uint8Array(32).fill(9);
    expect(group.reasons(beside(group.batch(1, packs), { secret }))).toEqual(['packs']);
  });

  test('a count that is not that of the packs: refused, although the root holds', () => {
    const batch = group.batch(1, packs, { altered: { packCount: 4 } });
    expect(group.reasons(batch)).toEqual(['packs']);
  });

  const ofValues = (mantissas: readonly number[]) =>
    encodePack({
      schemaId: idOfSchema(suite, schemaPayload),
      timeMs: startMs,
      clock: { state: 'unset', errorMs: null },
      mantissas,
      qualities: mantissas.map(() => 0),
    });

  test.each<[string, Uint8Array]>([
    ['that is no CBOR', Uint8Array.of(0xff)],
    ['of another form', encode(['x'])],
    ['with a value less than its schema has', ofValues([1])],
    ['with a value more than its schema has', ofValues([1, 2, 3])],
  ])('a pack %s: refused, although it is signed', (_, bytes) => {
    expect(group.reasons(group.batch(1, [bytes]))).toEqual(['packs']);
  });

  test('a pack of a schema that is not on the chain: refused', () => {
    const fresh = new Group();
    expect(fresh.reasons(fresh.batch(1, [pack]), fresh.schema())).toEqual(['unknown-schema']);
    expect(fresh.reasons(fresh.batch(1, [pack]))).toEqual([]);
  });

  test('a pack of a schema that another gateway has put there: refused', () => {
    expect(group.reasons(group.batch(1, [pack], { by: 1 }))).toEqual(['unknown-schema']);
  });
});

describe('devices and schemas', () => {
  const other: Partial<Schema> = { periodMs: 2_000 };

  test('a schema said again is a duplicate', () => {
    expect(group.reasons(group.schema(), group.schema(other))).toEqual(['duplicate']);
    expect(group.reasons(group.schema(other))).toEqual(['duplicate']);
  });

  test('no member speaks of a device that another reports', () => {
    const reasons = group.reasons(group.schema({}, 1), group.schema(other, 1), group.gap(1, {}, 1));
    expect(reasons).toEqual(['device', 'device', 'device']);
    expect(group.reasons(group.schema({ device: 'own' }, 1))).toEqual([]);
  });

  test('a device whose member was revoked is taken over by the next that reports it', () => {
    group.apply([group.revocation(0)]);
    expect(group.reasons(group.schema({}, 1))).toEqual([]);
    expect(group.reasons(group.schema({}, 2))).toEqual(['device']);
  });

  test('a gap of a device that nobody has reported yet is taken', () => {
    expect(group.reasons(group.gap(1, { device: 'new' }, 1))).toEqual([]);
  });

  test('a member fills its share of the state and no more', () => {
    const { keyId } = group.signer(0);
    const full = group.resumed((pairs) => {
      const key = [...pairs.keys()].find((one) => one.startsWith('schema-bytes/'));
      pairs.set(key ?? '', encode(limits.schemaBytesPerMemberMax));
    });
    expect(full.registry.schemaBytes(keyId)).toBe(limits.schemaBytesPerMemberMax);
    const entries = [group.schema(other), group.schema({ device: 'own' }, 1)];
    const { refused } = full.apply(group.body(entries), group.verdicts);
    expect(refused).toMatchObject([{ reason: 'limit', position: 0 }]);
  });
});

test('a block of refused entries changes the state in nothing', () => {
  const before = new Map(group.ledger.statePairs());
  const { writes, accepted, header, outputs } = group.apply([
    group.batch(7, []),
    group.schema(),
    group.schema(),
    { entry: Uint8Array.of(1) },
  ]);
  expect({ writes, accepted, entryCount: header.entryCount }).toEqual({
    writes: [],
    accepted: [],
    entryCount: 0,
  });
  expect(outputs).toHaveLength(4);
  expect(new Map(group.ledger.statePairs())).toEqual(before);
});

test('a refused output names the entry, the reason and the place in the block', () => {
  const [first, second] = [group.schema(), group.batch(3, [])];
  const block = group.apply([first, group.batch(1, [pack]), second]);
  expect(block.refused).toEqual([
    { id: suite.sha256(first.entry), reason: 'duplicate', position: 0 },
    { id: suite.sha256(second.entry), reason: 'gap', position: 2 },
  ]);
  expect(block.outputs[1]?.bytes).toEqual(
    encode(
      new Map<number, string | number | Uint8Array>([
        [1, 'refused'],
        [2, suite.sha256(second.entry)],
        [3, 'gap'],
        [4, 2],
      ]),
    ),
  );
});

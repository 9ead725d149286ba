// SPDX-License-Identifier: Apache-2.0
// The file that the operator of a main log hands out.

import { describe, expect, test } from 'vitest';
import { toHex } from '../../../base/bytes.ts';
import {
  formatKeyPeriods,
  formatMainLogFile,
  parseKeyPeriods,
  parseMainLogFile,
} from '../../../sidechain/chain/main-log-file.ts';
import { mainGenesis, stranger } from './fixture.ts';

const { mainLog } = mainGenesis;
const text = formatMainLogFile(mainLog);

test('is read as it was written', () => {
  expect(parseMainLogFile(text)).toEqual({ ok: true, value: mainLog });
});

test.each<[string, object]>([
  ['no threshold', { threshold: undefined }],
  ['a threshold that is no integer', { threshold: 1.5 }],
  ['a threshold that its keys cannot reach', { threshold: 2 }],
  ['a threshold of nobody', { threshold: 0 }],
  ['no keys', { keys: [] }],
  ['keys that are no list', { keys: {} }],
  ['a key without a name', { keys: [{ publicKey: '00'.repeat(32) }] }],
  ['a name that is an object', { keys: [{ publicKey: '00'.repeat(32), name: { toString: 1 } }] }],
  ['a key that is no hex', { keys: [{ publicKey: 'zz', name: 'a' }] }],
  ['a short id', { id: toHex(mainLog.id).slice(2) }],
  ['an origin of two words', { origin: 'main log' }],
])('is refused with %s', (_, altered) => {
  const changed = JSON.stringify({ ...JSON.parse(text), ...altered });
  expect(parseMainLogFile(changed)).toMatchObject({ ok: false, code: 'main-log' });
});

test.each(['', 'null', '[]', '3', '{'])('is refused as %j', (other) => {
  expect(parseMainLogFile(other)).toMatchObject({ ok: false, code: 'main-log' });
});

describe('after the keys have changed hands', () => {
  const keys = [{ publicKey: stranger.publicKey, name: 'utility' }];
  const periods = [
    { mainLog, fromSize: 0 },
    { mainLog: { ...mainLog, keys, generation: 1 }, fromSize: 7 },
    { mainLog: { ...mainLog, generation: 2 }, fromSize: 9 },
  ];
  const written = formatKeyPeriods(periods);

  test('it is read with all of them, and the newest are those of the log', () => {
    expect(parseKeyPeriods(written)).toEqual({ ok: true, value: periods });
    expect(parseMainLogFile(written)).toEqual({ ok: true, value: periods[2]?.mainLog });
  });

  const [first, second] = JSON.parse(written).before;
  test.each<[string, object]>([
    ['keys in another order', { before: [second, first] }],
    ['a generation left out', { before: [first] }],
    ['a generation twice', { before: [first, second, second] }],
    ['sizes that do not grow', { from: 7 }],
    ['no size', { from: undefined }],
    ['a size that is none', { from: -1 }],
    ['a generation that is none', { generation: 1.5 }],
    ['a generation of zero', { generation: 0 }],
    ['older keys that are no list', { before: {} }],
    ['older keys that are none', { before: [{}, second] }],
  ])('it is refused with %s', (_, altered) => {
    const changed = JSON.stringify({ ...JSON.parse(written), ...altered });
    expect(parseKeyPeriods(changed)).toMatchObject({ ok: false, code: 'main-log' });
  });
});

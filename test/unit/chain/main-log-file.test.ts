// SPDX-License-Identifier: Apache-2.0
// The file that the operator of a main log hands out.

import { expect, test } from 'vitest';
import { toHex } from '../../../base/bytes.ts';
import { formatMainLogFile, parseMainLogFile } from '../../../sidechain/chain/main-log-file.ts';
import { mainGenesis } from './fixture.ts';

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

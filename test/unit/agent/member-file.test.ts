// SPDX-License-Identifier: Apache-2.0
// The file by which a gateway is made a member: what it holds comes back, anything else is refused.

import { describe, expect, test } from 'vitest';
import { formatMemberFile, parseMemberFile } from '../../../agent/member-file.ts';
import { toHex } from '../../../base/bytes.ts';
import { testSigner } from '../chain/fixture.ts';

const { publicKey } = testSigner(1);
const member = { name: 'cellar', publicKey, address: 'cellar.example:7700' };

describe('a member file', () => {
  test('comes back as it was written, with an address or without', () => {
    for (const given of [member, { ...member, address: undefined }]) {
      const text = new TextDecoder().decode(formatMemberFile(given));
      expect(parseMemberFile(text)).toEqual({ ok: true, value: given });
    }
  });

  test.each([
    ['no JSON', 'name: cellar'],
    ['no object', '[]'],
    ['no name', { publicKey: toHex(publicKey) }],
    ['a name that moves a cursor', { name: 'a\u001b[2J', publicKey: toHex(publicKey) }],
    ['no key', { name: 'cellar' }],
    ['a key that is too short', { name: 'cellar', publicKey: '00ff' }],
    ['a key of small order', { name: 'cellar', publicKey: `01${'00'.repeat(31)}` }],
    ['an address without port', { name: 'a', publicKey: toHex(publicKey), address: 'cellar' }],
    ['an address that is no text', { name: 'a', publicKey: toHex(publicKey), address: 7 }],
  ])('with %s is refused', (_, given) => {
    const text = typeof given === 'string' ? given : JSON.stringify(given);
    expect(parseMemberFile(text)).toMatchObject({ ok: false, code: 'member' });
  });
});

// SPDX-License-Identifier: Apache-2.0
// What we seal, opened by python-cwt, which shares no code with ours.

import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { toHex, utf8 } from '../../base/bytes.ts';
import { seal } from '../../base/sealed.ts';
import { nodeSealing } from '../../host/sealing.ts';
import { runPython } from './run-tool.ts';

const jwk = generateKeyPairSync('x25519').privateKey.export({ format: 'jwk' });
const hexOf = (text = '') => Buffer.from(text, 'base64url').toString('hex');
const publicKey = new Uint8Array(Buffer.from(jwk.x ?? '', 'base64url'));
const aad = utf8('for this and nothing else');

function open(given: { readonly sealed: Uint8Array; readonly aad: Uint8Array }) {
  const { sealed, aad: aadGiven } = given;
  const key = { private: hexOf(jwk.d), public: hexOf(jwk.x) };
  const input = { sealed: toHex(sealed), aad: toHex(aadGiven), ...key };
  return runPython('unseal.py', JSON.stringify(input));
}

test.each([
  ['nothing', 0],
  ['a little', 5],
  ['much', 100_000],
])('%s', (_, length) => {
  const text = new Uint8Array(length).fill(0x5a);
  const sealed = seal(nodeSealing, { text, to: publicKey, aad }) as Uint8Array;
  const run = open({ sealed, aad });
  expect(run.stderr).toBe('');
  expect(run.stdout.trim()).toBe(toHex(text));
});

test('not where it was sealed for something else', () => {
  const sealed = seal(nodeSealing, { text: utf8('x'), to: publicKey, aad }) as Uint8Array;
  expect(open({ sealed, aad: utf8('else') }).exitCode).not.toBe(0);
});

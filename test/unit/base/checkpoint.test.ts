// SPDX-License-Identifier: Apache-2.0
// Checkpoints (C2SP tlog-checkpoint) and the log's plain signature: the published example, the one
// form that is read, and signatures that count for nothing else.

import { describe, expect, test } from 'vitest';
import { InvariantError } from '../../../base/assert.ts';
import { toBase64, utf8 } from '../../../base/bytes.ts';
import {
  formatCheckpoint,
  logKeyType,
  parseCheckpoint,
  signCheckpoint,
  verifyLogSignature,
} from '../../../base/checkpoint.ts';
import { signerFromSeed } from '../../../base/keys.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { keyHash, parseNote } from '../../../base/note.ts';
import { everyFlip } from './flip.ts';

/** Source: C2SP tlog-checkpoint. */
const published = `example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
`;
const publishedLine =
  '— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n';

const root = new Uint8Array(32).fill(5);
const rootText = toBase64(root);
const signer = signerFromSeed(new Uint8Array(32).fill(1));
const name = 'tieline/v1/00';
const key = { name, publicKey: signer.publicKey };
const body = formatCheckpoint({ origin: name, size: 7, root });
const line = signCheckpoint(suite, name, body, signer);

describe('C2SP tlog-checkpoint', () => {
  test('the published example is read and written', () => {
    const note = parseNote(`${published}\n${publishedLine}`, { strict: true });
    if (!note.ok) throw new Error(note.detail);
    expect(note.value.body).toBe(published);
    const checkpoint = parseCheckpoint(note.value.body);
    expect(checkpoint).toMatchObject({
      value: { origin: 'example.com/behind-the-sofa', size: 20852163 },
    });
    expect(checkpoint.ok && formatCheckpoint(checkpoint.value)).toBe(published);
  });

  test.each([0, 1, 10, 2 ** 32, 2 ** 48])('size %d', (size) => {
    const text = formatCheckpoint({ origin: 'a', size, root });
    expect(parseCheckpoint(text)).toEqual({ ok: true, value: { origin: 'a', size, root } });
  });

  test.each([
    ['an extension line', `a\n7\n${rootText}\nmore\n`],
    ['a blank line', `a\n7\n${rootText}\n\n`],
    ['no last newline', `a\n7\n${rootText}`],
    ['two lines', 'a\n7\n'],
    ['nothing', ''],
    ['no origin', `\n7\n${rootText}\n`],
    ['an origin with a space', `a b\n7\n${rootText}\n`],
    ['a leading zero', `a\n07\n${rootText}\n`],
    ['00', `a\n00\n${rootText}\n`],
    ['a sign', `a\n+7\n${rootText}\n`],
    ['a negative size', `a\n-7\n${rootText}\n`],
    ['a hexadecimal size', `a\n0x7\n${rootText}\n`],
    ['an exponent', `a\n1e3\n${rootText}\n`],
    ['other digits', `a\n٧\n${rootText}\n`],
    ['no size', `a\n\n${rootText}\n`],
    ['a size beyond 2^48', `a\n281474976710657\n${rootText}\n`],
    ['a size of 400 digits', `a\n${'9'.repeat(400)}\n${rootText}\n`],
    ['a root of 31 bytes', `a\n7\n${toBase64(root.slice(1))}\n`],
    ['a root of 33 bytes', `a\n7\n${toBase64(Uint8Array.of(...root, 1))}\n`],
    ['a root without padding', `a\n7\n${rootText.slice(0, -1)}\n`],
    ['a root with stray bits', `a\n7\n${rootText.replace('U=', 'V=')}\n`],
  ])('refuses %s', (_, text) => {
    expect(parseCheckpoint(text)).toMatchObject({ ok: false, code: 'checkpoint' });
  });

  test.each([
    { origin: '', size: 7, root },
    { origin: 'a b', size: 7, root },
    { origin: 'a', size: -1, root },
    { origin: 'a', size: 0.5, root },
    { origin: 'a', size: 2 ** 48 + 1, root },
    { origin: 'a', size: 7, root: root.slice(1) },
  ])('never writes %o', (checkpoint) => {
    expect(() => formatCheckpoint(checkpoint)).toThrow(InvariantError);
  });
});

describe('C2SP signed-note, type 0x01: the signature of the log', () => {
  test('holds over the body alone', () => {
    expect(line.keyHash).toEqual(keyHash(suite, name, logKeyType, signer.publicKey));
    expect(suite.verify(signer.publicKey, utf8(body), line.signature)).toBe(true);
    expect(verifyLogSignature(suite, body, line, key)).toBe(true);
  });

  test('counts for no other body, name or key', () => {
    const larger = formatCheckpoint({ origin: name, size: 8, root });
    const other = signerFromSeed(new Uint8Array(32).fill(2)).publicKey;
    const renamed = signCheckpoint(suite, 'a', body, signer);
    expect(verifyLogSignature(suite, larger, line, key)).toBe(false);
    expect(verifyLogSignature(suite, body, line, { name, publicKey: other })).toBe(false);
    expect(verifyLogSignature(suite, body, renamed, key)).toBe(false);
    expect(verifyLogSignature(suite, body, { ...line, name: 'a' }, key)).toBe(false);
  });

  test('no flipped bit passes', () => {
    for (const signature of everyFlip(line.signature)) {
      expect(verifyLogSignature(suite, body, { ...line, signature }, key)).toBe(false);
    }
    for (const hash of everyFlip(line.keyHash)) {
      expect(verifyLogSignature(suite, body, { ...line, keyHash: hash }, key)).toBe(false);
    }
  });

  test('is not given, and counts for nothing, under what is no checkpoint', () => {
    const message = 'cosignature/v1\ntime 1\na\n7\n';
    expect(() => signCheckpoint(suite, name, message, signer)).toThrow(InvariantError);
    const signature = signer.sign(utf8(message));
    expect(verifyLogSignature(suite, message, { ...line, signature }, key)).toBe(false);
  });
});

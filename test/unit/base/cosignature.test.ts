// SPDX-License-Identifier: Apache-2.0
// Co-signatures (C2SP tlog-cosignature, Ed25519): the signed message, the line, and what does not count.

import { describe, expect, test } from 'vitest';
import { InvariantError } from '../../../base/assert.ts';
import { concat, u64, utf8 } from '../../../base/bytes.ts';
import { formatCheckpoint, signCheckpoint, verifyLogSignature } from '../../../base/checkpoint.ts';
import { cosign, cosignerKeyType, verifyCosignature } from '../../../base/cosignature.ts';
import { signerFromSeed } from '../../../base/keys.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { formatNote, keyHash, parseNote } from '../../../base/note.ts';
import { everyFlip } from './flip.ts';

const signer = signerFromSeed(new Uint8Array(32).fill(3));
const origin = 'example.com/behind-the-sofa';
const name = 'witness.example.com/w1';
const key = { name, publicKey: signer.publicKey };
const body = formatCheckpoint({ origin, size: 20852163, root: new Uint8Array(32).fill(9) });
const timeSeconds = 1679315147;
const line = cosign(suite, name, body, timeSeconds, signer);

describe('C2SP tlog-cosignature: cosignature/v1', () => {
  test('the line is the time and a signature over header, time and body', () => {
    const message = utf8(`cosignature/v1\ntime 1679315147\n${body}`);
    expect(line).toEqual({
      name,
      keyHash: keyHash(suite, name, 0x04, signer.publicKey),
      signature: concat(u64(1679315147n), signer.sign(message)),
    });
    expect(line.signature).toHaveLength(72);
  });

  test('verifies with its time, also after a way as text', () => {
    const accepted = { ok: true, value: { timeSeconds } };
    expect(verifyCosignature(suite, body, line, key)).toEqual(accepted);
    const note = parseNote(formatNote(body, [line]), { strict: true });
    const [read] = note.ok ? note.value.lines : [];
    expect(read && verifyCosignature(suite, body, read, key)).toEqual(accepted);
  });

  test('the published line has the time it was made in the first 8 of its 72 bytes', () => {
    // Source: C2SP tlog-cosignature; its signer's key is not published.
    const note = parseNote(
      `${body}\n— ${name} jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n`,
      { strict: true },
    );
    const [published] = note.ok ? note.value.lines : [];
    expect(published?.signature).toHaveLength(72);
    expect(published?.signature.slice(0, 8)).toEqual(u64(BigInt(timeSeconds)));
  });

  test('counts for no other checkpoint, name or key', () => {
    const refused = { ok: false, code: 'cosignature' };
    const larger = formatCheckpoint({ origin, size: 20852164, root: new Uint8Array(32).fill(9) });
    expect(verifyCosignature(suite, larger, line, key)).toMatchObject(refused);
    expect(verifyCosignature(suite, body, line, { ...key, name: 'a' })).toMatchObject(refused);
    const publicKey = signerFromSeed(new Uint8Array(32).fill(4)).publicKey;
    expect(verifyCosignature(suite, body, line, { name, publicKey })).toMatchObject(refused);
    // With the key hash of the other key, only the signature tells.
    const posing = { ...line, keyHash: keyHash(suite, name, cosignerKeyType, publicKey) };
    expect(verifyCosignature(suite, body, posing, { name, publicKey })).toMatchObject({
      detail: 'the signature does not hold',
    });
  });

  test('no flipped bit passes, of the time neither', () => {
    for (const signature of everyFlip(line.signature)) {
      expect(verifyCosignature(suite, body, { ...line, signature }, key).ok).toBe(false);
    }
    for (const hash of everyFlip(line.keyHash)) {
      expect(verifyCosignature(suite, body, { ...line, keyHash: hash }, key).ok).toBe(false);
    }
  });

  test.each([0, 8, 71, 73, 1000])('a signature of %d bytes is refused', (length) => {
    const signature = new Uint8Array(length);
    signature.set(line.signature.slice(0, length));
    expect(verifyCosignature(suite, body, { ...line, signature }, key)).toMatchObject({
      detail: 'not 8 bytes of time and 64 of signature',
    });
  });

  test('a time beyond 2^53 is refused, though signed', () => {
    const time = 2n ** 53n;
    const message = utf8(`cosignature/v1\ntime ${time}\n${body}`);
    const signature = concat(u64(time), signer.sign(message));
    expect(verifyCosignature(suite, body, { ...line, signature }, key)).toMatchObject({
      detail: 'a time out of range',
    });
  });

  test('the log signature of the same key is no co-signature, and the other way round', () => {
    const logLine = signCheckpoint(suite, name, body, signer);
    expect(verifyCosignature(suite, body, logLine, key).ok).toBe(false);
    expect(verifyLogSignature(suite, body, line, key)).toBe(false);
  });

  test('only a checkpoint is co-signed, at a time there is', () => {
    expect(() => cosign(suite, name, 'text\n', timeSeconds, signer)).toThrow(InvariantError);
    expect(() => cosign(suite, 'a b', body, timeSeconds, signer)).toThrow(InvariantError);
    for (const time of [-1, 0.5, Number.NaN, 2 ** 53]) {
      expect(() => cosign(suite, name, body, time, signer)).toThrow(InvariantError);
    }
    const signature = concat(u64(1n), signer.sign(utf8('cosignature/v1\ntime 1\ntext\n')));
    expect(verifyCosignature(suite, 'text\n', { ...line, signature }, key)).toMatchObject({
      detail: 'what is co-signed is no checkpoint',
    });
  });
});

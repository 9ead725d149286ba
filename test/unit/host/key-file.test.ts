// SPDX-License-Identifier: Apache-2.0
// Key files: RFC 8410 as OpenSSL reads it, their mode, and what is refused.

import { createPrivateKey, createPublicKey } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createKeyFile, loadOrCreateSigner, readKeyFile } from '../../../host/key-file.ts';

const directory = mkdtempSync(join(tmpdir(), 'tieline-key-'));
afterAll(() => rmSync(directory, { recursive: true }));

test('a key file is made once, for its owner alone, and read back', async () => {
  const path = join(directory, 'a.key');
  const made = await createKeyFile(path);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect((await readKeyFile(path)).publicKey).toEqual(made.publicKey);
  await expect(createKeyFile(path)).rejects.toMatchObject({ code: 'file-exists' });
});

test('RFC 8410: OpenSSL reads the same key, and a file that it wrote is read', async () => {
  const path = join(directory, 'b.key');
  const made = await createKeyFile(path);
  const key = createPrivateKey(readFileSync(path, 'utf8'));
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
  expect(new Uint8Array(spki.subarray(-32))).toEqual(made.publicKey);
  writeFileSync(path, key.export({ format: 'pem', type: 'pkcs8' }));
  expect((await readKeyFile(path)).keyId).toEqual(made.keyId);
});

test('loading or creating makes a key once and keeps it', async () => {
  const path = join(directory, 'd.key');
  const made = await loadOrCreateSigner(path);
  expect((await loadOrCreateSigner(path)).publicKey).toEqual(made.publicKey);
  writeFileSync(path, 'damaged\n');
  await expect(loadOrCreateSigner(path)).rejects.toMatchObject({ code: 'key-file' });
});

test('a file that others may read, or that holds something else, is refused', async () => {
  const path = join(directory, 'c.key');
  await createKeyFile(path);
  chmodSync(path, 0o640);
  await expect(readKeyFile(path)).rejects.toMatchObject({ code: 'file-mode' });
  chmodSync(path, 0o600);
  writeFileSync(path, readFileSync(path, 'utf8').replace('MC4C', 'MC4D'));
  await expect(readKeyFile(path)).rejects.toMatchObject({ code: 'key-file' });
  writeFileSync(path, 'a secret of another kind\n');
  await expect(readKeyFile(path)).rejects.toMatchObject({ code: 'key-file' });
});

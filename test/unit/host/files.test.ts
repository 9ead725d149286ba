// SPDX-License-Identifier: Apache-2.0
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { utf8 } from '../../../base/bytes.ts';
import { limits } from '../../../base/limits.ts';
import { createFileDurably, readSecretFile, writeFileDurably } from '../../../host/files.ts';

let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tieline-files-'));
  path = join(directory, 'key');
});

afterEach(() => rmSync(directory, { recursive: true }));

describe('writing', () => {
  test('replaces a file as a whole, and leaves nothing beside it', async () => {
    await writeFileDurably(path, utf8('a longer first content'));
    await writeFileDurably(path, utf8('second'));
    expect(readFileSync(path, 'utf8')).toBe('second');
    expect(readdirSync(directory)).toEqual(['key']);
  });

  test('makes files that are their owner’s alone, unless told otherwise', async () => {
    await writeFileDurably(path, utf8('x'));
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await writeFileDurably(path, utf8('x'), { mode: 0o644 });
    expect(statSync(path).mode & 0o777).toBe(0o644);
  });

  test('of several at once leaves one of them whole', async () => {
    const contents = Array.from({ length: 10 }, (_, i) => String(i).repeat(1000));
    await Promise.all(contents.map((content) => writeFileDurably(path, utf8(content))));
    expect(contents).toContain(readFileSync(path, 'utf8'));
    expect(readdirSync(directory)).toEqual(['key']);
  });

  test('that fails leaves the old file and nothing else', async () => {
    mkdirSync(path);
    writeFileSync(join(path, 'old'), '');
    await expect(writeFileDurably(path, utf8('x'))).rejects.toMatchObject({ code: 'file' });
    expect(readdirSync(directory)).toEqual(['key']);
    const nowhere = join(directory, 'nowhere', 'key');
    await expect(writeFileDurably(nowhere, utf8('x'))).rejects.toMatchObject({
      code: 'file-missing',
    });
  });
});

describe('creating', () => {
  test('refuses where a file is, and leaves that one', async () => {
    await createFileDurably(path, utf8('first'));
    await expect(createFileDurably(path, utf8('second'))).rejects.toMatchObject({
      code: 'file-exists',
    });
    expect(readFileSync(path, 'utf8')).toBe('first');
    expect(readdirSync(directory)).toEqual(['key']);
  });

  test('by several at once succeeds for one', async () => {
    const tries = Array.from({ length: 10 }, (_, i) => createFileDurably(path, Uint8Array.of(i)));
    const results = await Promise.allSettled(tries);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });
});

describe('reading a secret', () => {
  test('brings its bytes', async () => {
    await createFileDurably(path, Uint8Array.of(0, 255));
    const bytes = await readSecretFile(path);
    expect(bytes).toEqual(Uint8Array.of(0, 255));
    expect(bytes.constructor).toBe(Uint8Array);
  });

  test.each([0o640, 0o604, 0o644, 0o620, 0o601])(
    'refuses mode %o and says what to run',
    async (mode) => {
      writeFileSync(path, 'secret');
      chmodSync(path, mode);
      await expect(readSecretFile(path)).rejects.toMatchObject({
        code: 'file-mode',
        message: expect.stringContaining(mode.toString(8)),
        hint: `run: chmod 600 '${path}'`,
      });
    },
  );

  test('refuses what is missing, too large, or a directory', async () => {
    const hint = expect.stringContaining('check the path');
    await expect(readSecretFile(path)).rejects.toMatchObject({ code: 'file-missing', hint });
    const remedy = 'make it';
    await expect(readSecretFile(path, remedy)).rejects.toMatchObject({ hint: remedy });
    await createFileDurably(path, new Uint8Array(limits.secretFileBytesMax + 1));
    await expect(readSecretFile(path)).rejects.toMatchObject({ code: 'file' });
    chmodSync(directory, 0o700);
    await expect(readSecretFile(directory)).rejects.toMatchObject({ code: 'file' });
  });
});

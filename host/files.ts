// SPDX-License-Identifier: Apache-2.0
// Small whole files that must survive a power cut: keys, identities, configurations, bundles. After a crash
// there is the old file or the new one, never a part of either.

import { randomBytes } from 'node:crypto';
import { type FileHandle, link, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { messageOf, TielineError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';

/** Permission bits; by default the file is its owner's alone. */
type FileOptions = { readonly mode?: number };

/** Replaces what is there; on the disk when it resolves. @throws TielineError `file` */
export async function writeFileDurably(
  path: string,
  bytes: Uint8Array,
  options: FileOptions = {},
): Promise<void> {
  await writeBeside(path, bytes, { ...options, place: rename });
}

/** The same, and refuses where something is already. @throws TielineError `file-exists`, `file` */
export async function createFileDurably(
  path: string,
  bytes: Uint8Array,
  options: FileOptions = {},
): Promise<void> {
  await writeBeside(path, bytes, {
    ...options,
    // Unlike a renaming, a link never replaces what has come in between.
    place: async (written, final) => {
      await link(written, final);
      await rm(written);
    },
  });
}

/** Puts one file in the place of another. @throws TielineError `file-missing`, `file` */
export async function replaceFileDurably(path: string, by: string): Promise<void> {
  try {
    await rename(by, path);
    await syncDirectory(dirname(path));
  } catch (error) {
    throw failure(by, error);
  }
}

/**
 * A file that nobody but its owner may read. `remedy`: what to do where there is none.
 * @throws TielineError `file-missing`, `file-mode` with the chmod to run, `file`
 */
export async function readSecretFile(path: string, remedy?: string): Promise<Uint8Array> {
  try {
    const file = await open(path, 'r');
    try {
      return await readSecret(file, path);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw error instanceof TielineError ? error : failure(path, error, remedy);
  }
}

/** Mode and content of one open file: nobody can put another in its place between the two. */
async function readSecret(file: FileHandle, path: string): Promise<Uint8Array> {
  const { mode, size } = await file.stat();
  if ((mode & 0o077) !== 0) {
    const octal = (mode & 0o777).toString(8).padStart(4, '0');
    throw new TielineError(
      'file-mode',
      `${path} holds a secret, but others may read it (${octal})`,
      {
        hint: `run: chmod 600 '${path}'`,
      },
    );
  }
  if (size > limits.secretFileBytesMax) {
    throw new TielineError('file', `${path} is too large for a secret: ${size} bytes`);
  }
  return new Uint8Array(await file.readFile());
}

async function writeBeside(
  path: string,
  bytes: Uint8Array,
  options: FileOptions & { readonly place: (written: string, final: string) => Promise<void> },
): Promise<void> {
  const written = `${path}.${randomBytes(4).toString('hex')}.new`;
  try {
    const file = await open(written, 'wx', options.mode ?? 0o600);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await options.place(written, path);
    await syncDirectory(dirname(path));
  } catch (error) {
    await rm(written, { force: true });
    throw failure(path, error);
  }
}

/** The name of a new file is on the disk only when its directory is. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function failure(path: string, error: unknown, remedy = checkPath): TielineError {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'EEXIST':
      return new TielineError('file-exists', `${path} exists already`, {
        hint: 'choose another name, or move the old one away',
        cause: error,
      });
    case 'ENOENT':
      return new TielineError('file-missing', `${path}: no such file or directory`, {
        hint: remedy,
        cause: error,
      });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new TielineError('file', `${path}: not allowed`, {
        hint: 'check the owner and the mode of the file and of its directory (`ls -ld`)',
        cause: error,
      });
    default:
      return new TielineError('file', `${path}: ${messageOf(error)}`, { cause: error });
  }
}

const checkPath = 'check the path, and whether the file was brought to this machine';

// SPDX-License-Identifier: Apache-2.0
// Segments as files of one directory, named by their heights: `00000000-00004095.tla`. After a crash
// there is a whole segment under its name or none: it is written beside, brought to the disk, and
// renamed, and then the directory is.

import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { messageOf, TielineError } from '../../base/errors.ts';
import { type SegmentBytes, type SegmentItem, SegmentWriter, walkSegment } from './segment.ts';

export type SegmentFile = {
  readonly path: string;
  /** Heights, both included. */
  readonly from: number;
  readonly to: number;
  readonly bytes: number;
};

/** Where a data directory keeps its segments. */
export function archivePath(dataDir: string): string {
  return join(dataDir, 'archive');
}

export function segmentName(range: { readonly from: number; readonly to: number }): string {
  const digits = (height: number): string => String(height).padStart(8, '0');
  return `${digits(range.from)}-${digits(range.to)}.tla`;
}

/** The segments of a directory by their heights; none where there is no such directory. */
export async function listSegments(directory: string): Promise<readonly SegmentFile[]> {
  const names = await readdir(directory).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return [];
    throw fileError(directory, error);
  });
  const files: SegmentFile[] = [];
  for (const name of names.sort()) {
    const [, from, to] = /^(\d{8,15})-(\d{8,15})\.tla$/.exec(name) ?? [];
    if (from === undefined || to === undefined) continue;
    const path = join(directory, name);
    const { length } = await withSegment(path, async (source) => source);
    files.push({ path, from: Number(from), to: Number(to), bytes: length });
  }
  return files.sort((a, b) => a.from - b.from);
}

/**
 * Writes a segment; on the disk, with its name, when it resolves. @returns its length in bytes.
 * @throws TielineError `file`, and what `items` throws: then nothing is under its name.
 */
export async function writeSegment(
  path: string,
  items: AsyncIterable<SegmentItem>,
): Promise<number> {
  const directory = dirname(path);
  const written = `${path}.new`;
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    // What an interrupted writing has left is overwritten.
    const file = await open(written, 'w', 0o600);
    let length = 0;
    try {
      length = await writeItems(file, items);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(written, path);
    await syncDirectory(directory);
    await syncDirectory(dirname(directory));
    return length;
  } catch (error) {
    await rm(written, { force: true }).catch(() => {});
    throw error instanceof TielineError ? error : fileError(path, error);
  }
}

async function writeItems(file: FileHandle, items: AsyncIterable<SegmentItem>): Promise<number> {
  const writer = new SegmentWriter();
  let length = 0;
  const append = async (piece: Uint8Array): Promise<void> => {
    if (piece.length > 0) await file.writeFile(piece);
    length += piece.length;
  };
  for await (const item of items) await append(writer.add(item));
  await append(writer.end());
  return length;
}

/** The bytes of a segment for as long as `use` takes. @throws TielineError `file` */
export async function withSegment<T>(
  path: string,
  use: (source: SegmentBytes) => Promise<T>,
): Promise<T> {
  const file = await open(path, 'r').catch((error: unknown) => {
    throw fileError(path, error);
  });
  try {
    const { size } = await file.stat();
    return await use({ name: path, length: size, read: (at, length) => readAt(file, at, length) });
  } finally {
    await file.close();
  }
}

/** All items of a segment file. @throws TielineError `file`, `segment-damaged` */
export async function* walkSegmentFile(path: string): AsyncGenerator<SegmentItem, undefined> {
  const file = await open(path, 'r').catch((error: unknown) => {
    throw fileError(path, error);
  });
  try {
    const { size } = await file.stat();
    const read = (at: number, length: number) => readAt(file, at, length);
    yield* walkSegment({ name: path, length: size, read });
    return undefined;
  } finally {
    await file.close();
  }
}

/** Brings a copy of a segment's bytes under a name, whole or not at all. */
export async function copySegment(from: string, to: string): Promise<void> {
  const written = `${to}.new`;
  try {
    await mkdir(dirname(to), { recursive: true, mode: 0o700 });
    await withSegment(from, async ({ length, read }) => {
      const file = await open(written, 'w', 0o600);
      try {
        for (let at = 0; at < length; at += copyBytes) {
          await file.writeFile(await read(at, Math.min(copyBytes, length - at)));
        }
        await file.sync();
      } finally {
        await file.close();
      }
    });
    await rename(written, to);
    await syncDirectory(dirname(to));
  } catch (error) {
    await rm(written, { force: true }).catch(() => {});
    throw error instanceof TielineError ? error : fileError(to, error);
  }
}

const copyBytes = 1024 * 1024;

/** Takes a segment away for good. */
export async function removeSegment(path: string): Promise<void> {
  await rm(path, { force: true });
  await syncDirectory(dirname(path));
}

async function readAt(file: FileHandle, at: number, length: number): Promise<Uint8Array> {
  const buffer = new Uint8Array(length);
  const { bytesRead } = await file.read(buffer, 0, length, at);
  return buffer.subarray(0, bytesRead);
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

function fileError(path: string, cause: unknown): TielineError {
  const hints: Readonly<Record<string, string>> = {
    ENOENT: 'check the path',
    ENOSPC: 'the disk is full: make room, or set `archive.diskMax` to what there is',
  };
  const hint = hints[String(codeOf(cause))] ?? 'check the directory, its owner and its mode';
  return new TielineError('file', `${path}: ${messageOf(cause)}`, { hint, cause });
}

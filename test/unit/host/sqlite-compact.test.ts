// SPDX-License-Identifier: Apache-2.0
// A database that is written anew: smaller, the same, and never half there.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chownSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { compactDatabase } from '../../../host/sqlite-compact.ts';
import { Connection } from '../../../host/sqlite-connection.ts';
import { migrations } from './database-schema.ts';

let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tieline-compact-'));
  path = join(directory, 'a.db');
});

afterEach(() => rmSync(directory, { recursive: true }));

/** Rows 1 to 500 of 4 KB, of which only each tenth stays. */
function make(): void {
  const connection = new Connection({ path, mode: 'create', migrations });
  const bytes = new Uint8Array(4_096).fill(7);
  connection.write(
    Array.from({ length: 500 }, (_, i) => ({
      sql: 'INSERT INTO item (id, text, bytes) VALUES (?, ?, ?)',
      params: [i + 1, `${i + 1}`, bytes],
    })),
  );
  connection.write([{ sql: 'DELETE FROM item WHERE id % 10 <> 0' }]);
  connection.close();
}

function ids(): readonly unknown[] {
  const connection = new Connection({ path, mode: 'existing', migrations });
  try {
    return connection.read('SELECT id FROM item ORDER BY id', []).rows.map(([id]) => id);
  } finally {
    connection.close();
  }
}

const left = Array.from({ length: 50 }, (_, i) => 10 * (i + 1));

test('the new file is its owner’s, whoever makes it', () => {
  make();
  // Where the tests may not give a file away it is their own, before and after.
  const own = process.getuid?.() ?? 0;
  const owner = own === 0 ? 12_345 : own;
  chownSync(path, owner, process.getgid?.() ?? 0);
  compactDatabase(path);
  expect(statSync(path)).toMatchObject({ uid: owner, mode: 0o100600 });
});

test('what was deleted takes no room any more, and all else is there', () => {
  make();
  const before = statSync(path).size;
  const { bytesBefore, bytesAfter } = compactDatabase(path);
  expect(bytesBefore).toBe(before);
  expect(bytesAfter).toBe(statSync(path).size);
  expect(bytesAfter).toBeLessThan(before / 4);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(existsSync(`${path}-wal`)).toBe(false);
  expect(ids()).toEqual(left);
});

test('what is in the journal of a program that was killed comes along', () => {
  make();
  const connection = new Connection({ path, mode: 'existing', migrations });
  connection.write([{ sql: "INSERT INTO item (id, text) VALUES (501, 'late')" }]);
  const copied = join(directory, 'b.db');
  for (const suffix of ['', '-wal']) copyFileSync(path + suffix, copied + suffix);
  connection.close();
  path = copied;
  compactDatabase(path);
  expect(ids()).toEqual([...left, 501]);
});

test('a database in use is left alone, and so is one that a reader has open', () => {
  make();
  const writer = new Connection({ path, mode: 'existing', migrations });
  expect(() => compactDatabase(path)).toThrow('in use by another Tieline process');
  writer.close();
  const reader = new Connection({ path, mode: 'read-only', migrations });
  expect(reader.read('SELECT count(*) FROM item', []).rows).toEqual([[50]]);
  expect(() => compactDatabase(path)).toThrow(expect.objectContaining({ code: 'database-locked' }));
  reader.close();
  expect(compactDatabase(path).bytesAfter).toBeLessThan(1e6);
});

test('what cannot be copied stays as it was, and what an earlier attempt left goes', () => {
  expect(() => compactDatabase(path)).toThrow('does not exist');
  make();
  const before = statSync(path).size;
  const sound = readFileSync(path);
  const damaged = new Uint8Array(sound);
  damaged.fill(0xff, 4_096, 64 * 4_096);
  writeFileSync(path, damaged);
  expect(() => compactDatabase(path)).toThrow(
    expect.objectContaining({ code: 'database-corrupt' }),
  );
  expect(statSync(path).size).toBe(before);
  expect(readdirSync(directory).sort()).toEqual(['a.db', 'a.db-lock']);
  writeFileSync(path, sound);
  for (const rest of ['-compact', '-compact-new']) writeFileSync(path + rest, 'half of it');
  compactDatabase(path);
  expect(ids()).toEqual(left);
  expect(existsSync(`${path}-compact`)).toBe(false);
});

test('killed at any moment, it leaves all of it', async () => {
  make();
  const script = fileURLToPath(new URL('./database-compactor.ts', import.meta.url));
  for (let round = 0; round < 6; round++) {
    const child = spawn(process.execPath, [script, path], { stdio: ['ignore', 'pipe', 'inherit'] });
    const lines = createInterface({ input: child.stdout });
    await once(lines, 'line');
    await new Promise((resolve) => setTimeout(resolve, 7 * round));
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(ids()).toEqual(left);
  }
});

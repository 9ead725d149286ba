// SPDX-License-Identifier: Apache-2.0
// What a database file must be before it is used, and what becomes of it when things break: missing, doubled,
// damaged, foreign, of another version, in use, on a full disk, or left by a process that was killed.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Database, openDatabase } from '../../../host/sqlite.ts';
import { migrations } from './database-schema.ts';

let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tieline-sqlite-'));
  path = join(directory, 'a.db');
});

afterEach(() => rmSync(directory, { recursive: true }));

type Mode = 'create' | 'existing' | 'read-only';

function open(mode: Mode, more = migrations): Promise<Database> {
  return openDatabase({ path, mode, migrations: more });
}

/** A closed database with one item. */
async function made(): Promise<void> {
  const database = await open('create');
  await database.write([{ sql: "INSERT INTO item (id, text) VALUES (1, 'one')" }]);
  await database.close();
}

async function itemCount(mode: Mode = 'existing', more = migrations): Promise<unknown> {
  const database = await open(mode, more);
  const [row] = await database.read('SELECT count(*) AS count FROM item');
  await database.close();
  return row?.count;
}

describe('opening', () => {
  test('creates nothing where a database should be, and leaves no trace', async () => {
    await expect(open('existing')).rejects.toMatchObject({ code: 'database-missing' });
    await expect(open('read-only')).rejects.toMatchObject({ code: 'database-missing' });
    expect(readdirSync(directory)).toEqual([]);
  });

  test('replaces nothing that is there, nor the journal of what was there', async () => {
    await made();
    await expect(open('create')).rejects.toMatchObject({ code: 'database-exists' });
    expect(await itemCount()).toBe(1);
    rmSync(path);
    writeFileSync(`${path}-wal`, 'what is left of the old one');
    await expect(open('create')).rejects.toMatchObject({ code: 'database-exists' });
  });

  test('in a directory that does not exist says so', async () => {
    path = join(directory, 'nowhere', 'a.db');
    await expect(open('create')).rejects.toMatchObject({
      code: 'database-missing',
      message: `${join(directory, 'nowhere')} does not exist`,
    });
  });

  test('a creation that was broken off is begun anew', async () => {
    await expect(open('create', [...migrations, ['wrong']])).rejects.toThrow('syntax error');
    expect(existsSync(path)).toBe(false);
    await made();
    expect(await itemCount()).toBe(1);
  });

  test('what is no database is named as damaged, with what to do', async () => {
    writeFileSync(path, 'these are not the bytes you are looking for'.repeat(100));
    await expect(open('existing')).rejects.toMatchObject({
      code: 'database-corrupt',
      retry: 'fatal',
      hint: expect.stringContaining('restore'),
    });
  });

  test('a database of another program is left alone', async () => {
    writeFileSync(path, '');
    await expect(open('existing')).rejects.toMatchObject({ code: 'database-foreign' });
  });
});

describe('schema versions', () => {
  const second = ['ALTER TABLE item ADD COLUMN note TEXT', "UPDATE item SET note = 'migrated'"];

  test('an older schema is brought up to date, once, in one transaction each', async () => {
    await made();
    const broken = [...migrations, second, ['CREATE TABLE more (id INTEGER) STRICT', 'wrong']];
    await expect(open('existing', broken)).rejects.toThrow('syntax error');
    const database = await open('existing', [...migrations, second]);
    expect(await database.read('SELECT note FROM item')).toEqual([{ note: 'migrated' }]);
    expect(await database.read("SELECT name FROM sqlite_schema WHERE name = 'more'")).toEqual([]);
    await database.close();
  });

  test('a newer schema is refused: it was made by a newer tieline', async () => {
    await made();
    await itemCount('existing', [...migrations, second]);
    await expect(open('existing')).rejects.toMatchObject({
      code: 'database-newer',
      message: expect.stringContaining('made by a newer tieline (schema 2, known is 1)'),
    });
  });

  test('a reader does not migrate', async () => {
    await made();
    await expect(open('read-only', [...migrations, second])).rejects.toMatchObject({
      code: 'database-older',
    });
  });
});

describe('two openers', () => {
  test('the second writer in the same process is refused', async () => {
    const database = await open('create');
    await expect(open('existing')).rejects.toMatchObject({
      code: 'database-locked',
      message: `${path} is in use by another Tieline process`,
    });
    await database.close();
    expect(await itemCount()).toBe(0);
  });

  test('the second writer in another process is refused until the first is killed', async () => {
    await made();
    const writer = startWriter();
    await writer.acknowledged(3);
    await expect(open('existing')).rejects.toMatchObject({ code: 'database-locked' });
    expect(await itemCount('read-only')).toBeGreaterThan(3);
    await writer.kill();
    expect(await itemCount()).toBeGreaterThan(3);
  });

  test('a reader sees what a writer has written, and cannot write', async () => {
    const writer = await open('create');
    const reader = await open('read-only');
    await writer.write([{ sql: "INSERT INTO item (id, text) VALUES (1, 'one')" }]);
    expect(await reader.read('SELECT text FROM item')).toEqual([{ text: 'one' }]);
    await expect(reader.write([{ sql: 'DELETE FROM item' }])).rejects.toThrow('reading only');
    await reader.close();
    await writer.close();
  });
});

describe('crash safety', () => {
  test('killed with -9 while writing: all that was acknowledged is there, whole', async () => {
    await made();
    let writtenBefore = 1;
    for (const count of [1, 40, 173]) {
      const writer = startWriter();
      await writer.acknowledged(count);
      const last = await writer.kill();
      const database = await open('existing');
      const [item] = await database.read('SELECT count(*) AS count, max(id) AS last FROM item');
      const [twin] = await database.read('SELECT count(*) AS count FROM twin');
      await database.close();
      expect(last).toBeGreaterThanOrEqual(writtenBefore + count);
      expect(item?.count).toBeGreaterThanOrEqual(last);
      expect(item?.count).toBe(item?.last);
      expect(twin?.count).toBe(Number(item?.count) - 1);
      writtenBefore = Number(item?.count);
    }
  });

  test('a full disk is fatal: nothing more is carried out, what was acknowledged stays', async () => {
    await made();
    const small = await open('existing', [...migrations, ['PRAGMA max_page_count = 20']]);
    const big = (id: number) => ({
      sql: 'INSERT INTO item VALUES (?, ?, 0, zeroblob(30000))',
      params: [id, String(id)],
    });
    await small.write([big(2)]);
    const full = { code: 'database-full', retry: 'fatal' };
    const later = [small.write([big(3), big(4)]), small.write([big(5)]), small.read('SELECT 1')];
    for (const call of await Promise.allSettled(later)) {
      expect(call).toMatchObject({ status: 'rejected', reason: full });
    }
    await expect(small.read('SELECT 1')).rejects.toMatchObject(full);
    await small.close();
    expect(await itemCount('existing', [...migrations, []])).toBe(2);
  });

  test('a damaged page is noticed when it is read, and ends all use', async () => {
    const database = await open('create');
    for (let id = 1; id <= 50; id++) {
      const params = [id, `row ${id}`];
      await database.write([{ sql: 'INSERT INTO item VALUES (?, ?, 0, zeroblob(3000))', params }]);
    }
    await database.close();
    const file = openSync(path, 'r+');
    for (let page = 8; page < 30; page++)
      writeSync(file, Buffer.alloc(4096, 0xa5), 0, 4096, page * 4096);
    closeSync(file);
    const damaged = await open('existing');
    const corrupt = { code: 'database-corrupt', retry: 'fatal' };
    const read = damaged.read('SELECT sum(length(bytes)) FROM item');
    await expect(read).rejects.toMatchObject(corrupt);
    await expect(damaged.read('SELECT 1')).rejects.toMatchObject(corrupt);
    await damaged.close();
  });
});

type Writer = {
  /** Waits for that many acknowledgements. */
  readonly acknowledged: (count: number) => Promise<void>;
  /** Brings the last number that it acknowledged before it died. */
  readonly kill: () => Promise<number>;
};

function startWriter(): Writer {
  const script = fileURLToPath(new URL('./database-writer.ts', import.meta.url));
  const child = spawn(process.execPath, [script, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout });
  let count = 0;
  let last = 0;
  lines.on('line', (line) => {
    count += 1;
    last = Math.max(last, Number(line));
  });
  return {
    acknowledged: async (wanted) => {
      while (count < wanted) await once(lines, 'line');
    },
    kill: async () => {
      const ended = Promise.all([once(child, 'exit'), once(lines, 'close')]);
      child.kill('SIGKILL');
      await ended;
      return last;
    },
  };
}

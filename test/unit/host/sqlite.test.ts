// SPDX-License-Identifier: Apache-2.0
// The database as its callers see it: values, transactions, order, limits, and the end of its thread.

import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { InvariantError } from '../../../base/assert.ts';
import { limits } from '../../../base/limits.ts';
import { type Database, openDatabase } from '../../../host/sqlite.ts';
import { migrations } from './database-schema.ts';

let directory: string;
let path: string;
const opened: Database[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tieline-sqlite-'));
  path = join(directory, 'a.db');
});

afterEach(async () => {
  for (const database of opened.splice(0)) await database.close();
  rmSync(directory, { recursive: true });
});

async function open(
  mode: 'create' | 'existing' | 'read-only',
  more = migrations,
): Promise<Database> {
  const database = await openDatabase({ path, mode, migrations: more });
  opened.push(database);
  return database;
}

const insert = (id: number, text = String(id)) => ({
  sql: 'INSERT INTO item (id, text) VALUES (?, ?)',
  params: [id, text],
});

async function ids(database: Database): Promise<unknown[]> {
  return (await database.read('SELECT id FROM item ORDER BY id')).map((row) => row.id);
}

const count = 'WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)';

describe('values', () => {
  test('come back as they went in: exact integers, bytes as Uint8Array, texts, null', async () => {
    const database = await open('create');
    const sizes = [0, -1, 2 ** 31, 2 ** 40 + 1, Number.MAX_SAFE_INTEGER, 2n ** 53n, -(2n ** 63n)];
    const sql = 'INSERT INTO item VALUES (?, ?, ?, ?)';
    for (const [id, size] of sizes.entries()) {
      const bytes = Uint8Array.from({ length: id }, (_, i) => 255 - i);
      await database.write([{ sql, params: [id, `${id} ä€😀`, size, bytes] }]);
    }
    await database.write([{ sql, params: [99, '', null, null] }]);
    const rows = await database.read('SELECT * FROM item ORDER BY id');
    expect(rows.slice(0, -1)).toEqual(
      sizes.map((size, id) => ({
        id,
        text: `${id} ä€😀`,
        size,
        bytes: Uint8Array.from({ length: id }, (_, i) => 255 - i),
      })),
    );
    expect(rows.at(-1)).toEqual({ id: 99, text: '', size: null, bytes: null });
    expect(rows[3]?.bytes?.constructor).toBe(Uint8Array);
    const [bound] = await database.read('SELECT typeof(?) AS kind', [2 ** 40]);
    expect(bound).toEqual({ kind: 'integer' });
  });

  test('bytes read keep nothing alive but themselves', async () => {
    const database = await open('create');
    const [row] = await database.read('SELECT zeroblob(32) AS hash, zeroblob(100000) AS body');
    const hash = row?.hash;
    expect(hash instanceof Uint8Array && hash.buffer.byteLength).toBe(32);
  });

  test('an integer that is not exact is a fault of the caller', async () => {
    const database = await open('create');
    const write = database.write([
      { sql: 'INSERT INTO item VALUES (?, 1, 1, 1)', params: [2 ** 53] },
    ]);
    await expect(write).rejects.toThrow(InvariantError);
  });
});

describe('a write', () => {
  test('is all or nothing', async () => {
    const database = await open('create');
    await database.write([insert(1)]);
    const twice = database.write([insert(2), insert(1)]);
    await expect(twice).rejects.toMatchObject({ code: 'constraint', retry: 'permanent' });
    expect(await ids(database)).toEqual([1]);
  });

  test('that touches other rows than it says is a conflict, and leaves nothing', async () => {
    const database = await open('create');
    await database.write([{ ...insert(1), changes: 1 }]);
    const stale = database.write([
      insert(2),
      { sql: 'UPDATE item SET text = ? WHERE id = 1 AND text = ?', params: ['c', 'b'], changes: 1 },
    ]);
    await expect(stale).rejects.toMatchObject({ code: 'conflict', retry: 'permanent' });
    expect(await ids(database)).toEqual([1]);
    await database.write([{ sql: 'DELETE FROM item WHERE id = 9', changes: 0 }]);
  });

  test('of a wrong statement is a fault of ours, and leaves the database usable', async () => {
    const database = await open('create');
    const wrong = database.write([insert(1), { sql: 'INSERT INTO nowhere VALUES (1)' }]);
    await expect(wrong).rejects.toThrow('no such table: nowhere');
    await database.write([insert(2)]);
    expect(await ids(database)).toEqual([2]);
  });

  test('respects foreign keys', async () => {
    const database = await open('create');
    const orphan = database.write([{ sql: 'INSERT INTO twin VALUES (7, 7)' }]);
    await expect(orphan).rejects.toMatchObject({ code: 'constraint' });
  });

  test('may be made while others are under way: they are carried out in order', async () => {
    const database = await open('create');
    const writes = Array.from({ length: 200 }, (_, i) => database.write([insert(i)]));
    const seen = ids(database);
    const after = database.write([insert(1000)]);
    expect(await seen).toEqual(Array.from({ length: 200 }, (_, i) => i));
    await Promise.all([...writes, after]);
  });

  test('is refused as transient when too many calls wait', async () => {
    const database = await open('create');
    const reads = Array.from({ length: limits.databasePendingMax }, () =>
      database.read('SELECT 1'),
    );
    const refused = database.write([insert(1)]);
    await expect(refused).rejects.toMatchObject({ code: 'database-busy', retry: 'transient' });
    await Promise.all(reads);
    await database.write([insert(1)]);
  });
});

describe('a read', () => {
  test('brings up to the limit of rows and refuses more', async () => {
    const database = await open('create');
    const all = await database.read(`${count} SELECT i FROM n`, [limits.databaseRowsMax]);
    expect(all).toHaveLength(limits.databaseRowsMax);
    const more = database.read(`${count} SELECT i FROM n`, [limits.databaseRowsMax + 1]);
    await expect(more).rejects.toMatchObject({ code: 'too-much-to-read' });
  });

  test('refuses more bytes than the limit', async () => {
    const database = await open('create');
    const sql = `${count} SELECT zeroblob(1048576) FROM n`;
    const more = database.read(sql, [limits.databaseReadBytesMax / 1048576 + 1]);
    await expect(more).rejects.toMatchObject({ code: 'too-much-to-read' });
  });

  test('never writes', async () => {
    const database = await open('create');
    const sly = database.read("INSERT INTO item (id, text) VALUES (1, 'x') RETURNING id");
    await expect(sly).rejects.toThrow(InvariantError);
    expect(await ids(database)).toEqual([]);
  });

  test('forgets the statements used longest ago, and prepares them again', async () => {
    const database = await open('create');
    for (let i = 0; i <= limits.databaseStatementsMax; i++) await database.read(`SELECT ${i} AS n`);
    expect(await database.read('SELECT 0 AS n')).toEqual([{ n: 0 }]);
  });
});

describe('the file', () => {
  test('is durable by its settings: WAL, FULL, foreign keys; and its owner’s alone', async () => {
    const database = await open('create');
    const pragma = async (name: string): Promise<unknown> =>
      Object.values((await database.read(`SELECT * FROM pragma_${name}`))[0] ?? {})[0];
    expect(await pragma('journal_mode')).toBe('wal');
    expect(await pragma('synchronous')).toBe(2);
    expect(await pragma('page_size')).toBe(4096);
    expect(await pragma('foreign_keys')).toBe(1);
    await database.write([insert(1)]);
    for (const name of readdirSync(directory)) {
      expect([name, statSync(join(directory, name)).mode & 0o777]).toEqual([name, 0o600]);
    }
  });

  test('is one file again when it has been closed', async () => {
    const database = await open('create');
    await database.write([insert(1)]);
    await database.close();
    expect(readdirSync(directory).toSorted()).toEqual(['a.db', 'a.db-lock']);
  });
});

describe('the end', () => {
  test('closing waits for the calls made before, and refuses those made after', async () => {
    const database = await open('create');
    const before = database.write([insert(1)]);
    const closed = database.close();
    await before;
    await closed;
    await database.close();
    await expect(database.read('SELECT 1')).rejects.toMatchObject({ code: 'database-closed' });
    expect(await ids(await open('existing'))).toEqual([1]);
  });

  test('of the thread fails the calls under way and all later ones, as fatal', async () => {
    const post = vi.spyOn(Worker.prototype, 'postMessage');
    const database = await open('create');
    const underWay = database.read(`${count} SELECT count(*) FROM n`, [1_000_000]);
    const fatal = { code: 'database-thread', retry: 'fatal' };
    const failed = expect(underWay).rejects.toMatchObject(fatal);
    const [thread] = post.mock.contexts;
    await (thread as Worker).terminate();
    post.mockRestore();
    await failed;
    await expect(database.write([insert(1)])).rejects.toMatchObject(fatal);
    await database.close();
    expect(await ids(await open('existing'))).toEqual([]);
  });
});

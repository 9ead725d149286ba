// SPDX-License-Identifier: Apache-2.0
// A SQLite file in a thread of its own (sqlite-worker.ts). Calls may be made without waiting for
// one another; they are carried out in the order they are made. What `write` has acknowledged is on
// the disk. After a fatal failure every call fails: the process must end, and start again from what
// the disk really holds.

import { statSync } from 'node:fs';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { assert } from '../base/assert.ts';
import { messageOf, TielineError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import {
  decodeMessage,
  encodeMessage,
  errorOf,
  type OpenOptions,
  type Request,
  type Response,
  type SqlValue,
  type Statement,
  type Table,
} from './sqlite-message.ts';

export type { SqlValue, Statement } from './sqlite-message.ts';

/** Column name to value. */
export type Row = Readonly<Record<string, SqlValue>>;

export interface Database {
  /**
   * One transaction: all statements or none.
   * @throws TielineError `conflict` where a statement touched another number of rows than its `changes`;
   * `constraint`; `database-busy` (transient) with too many calls waiting; all others are fatal.
   */
  write(statements: readonly Statement[]): Promise<void>;
  /** @throws TielineError `too-much-to-read` beyond `limits.databaseRowsMax` rows: page. */
  read(sql: string, params?: readonly SqlValue[]): Promise<readonly Row[]>;
  /** Waits for the calls made before. Closing twice is the same as once. */
  close(): Promise<void>;
}

/**
 * `create` fails where the file exists and `existing` where it is missing: a lost database is never silently
 * replaced by an empty one. Both hold the file for this process alone; `read-only` reads beside a writer.
 * @throws TielineError with what to do: missing, exists, in use, damaged, foreign, made by a newer version.
 */
export async function openDatabase(options: OpenOptions): Promise<Database> {
  const database = new WorkerDatabase(options.path);
  try {
    await database.open(options);
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** What a database takes on the disk, its journal included; 0 where it is not. */
export function databaseBytes(path: string): number {
  return ['', '-wal'].reduce((sum, suffix) => {
    return sum + (statSync(path + suffix, { throwIfNoEntry: false })?.size ?? 0);
  }, 0);
}

type Pending = {
  readonly resolve: (table: Table | undefined) => void;
  readonly reject: (error: Error) => void;
};

class WorkerDatabase implements Database {
  readonly #path: string;
  readonly #worker: Worker;
  readonly #ended: Promise<void>;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;
  #failure: Error | undefined;
  #closed: Promise<void> | undefined;

  constructor(path: string) {
    this.#path = path;
    // Beside this file under the same extension: .ts in a checkout, .js in a package.
    const file = `./sqlite-worker${extname(import.meta.url)}`;
    this.#worker = new Worker(new URL(file, import.meta.url), { name: 'sqlite' });
    this.#worker.on('message', (bytes: Uint8Array) => this.#settle(decodeMessage(bytes)));
    this.#worker.on('error', (error) => this.#fail(error));
    this.#ended = new Promise((resolve) => {
      this.#worker.once('exit', () => {
        this.#fail(undefined);
        resolve();
      });
    });
  }

  async open(options: OpenOptions): Promise<void> {
    await this.#call((id) => ({ kind: 'open', id, options }));
  }

  async write(statements: readonly Statement[]): Promise<void> {
    if (statements.length === 0) return;
    await this.#call((id) => ({ kind: 'write', id, statements }));
  }

  async read(sql: string, params: readonly SqlValue[] = []): Promise<readonly Row[]> {
    const table = await this.#call((id) => ({ kind: 'read', id, sql, params }));
    assert(table !== undefined, 'a read brings rows');
    const { columns, rows } = table;
    return rows.map((row) => Object.fromEntries(columns.map((name, i) => [name, row[i] ?? null])));
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    try {
      if (this.#failure === undefined) await this.#send((id) => ({ kind: 'close', id }));
    } finally {
      this.#failure ??= new TielineError('database-closed', `${this.#path} is closed`);
      await this.#worker.terminate();
      await this.#ended;
    }
  }

  async #call(request: (id: number) => Request): Promise<Table | undefined> {
    if (this.#closed !== undefined) {
      throw new TielineError('database-closed', `${this.#path} is closed`);
    }
    if (this.#pending.size >= limits.databasePendingMax) {
      throw new TielineError('database-busy', `${this.#path}: the disk does not keep up`, {
        retry: 'transient',
      });
    }
    return this.#send(request);
  }

  #send(request: (id: number) => Request): Promise<Table | undefined> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    this.#lastId += 1;
    const id = this.#lastId;
    const bytes = encodeMessage(request(id));
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#worker.postMessage(bytes, [bytes.buffer]);
    });
  }

  #settle(response: Response): void {
    const pending = this.#pending.get(response.id);
    assert(pending !== undefined, 'every answer has its call');
    this.#pending.delete(response.id);
    if (response.kind === 'failed') {
      const error = errorOf(response.failure);
      if (error instanceof TielineError && error.retry === 'fatal') this.#failure ??= error;
      pending.reject(error);
    } else {
      pending.resolve(response.kind === 'rows' ? response.table : undefined);
    }
  }

  /** The thread is gone: nobody knows what became of the calls still waiting. */
  #fail(cause: unknown): void {
    this.#failure ??= new TielineError(
      'database-thread',
      `${this.#path}: its thread ended${cause === undefined ? '' : `: ${messageOf(cause)}`}`,
      { retry: 'fatal', cause },
    );
    for (const pending of this.#pending.values()) pending.reject(this.#failure);
    this.#pending.clear();
  }
}

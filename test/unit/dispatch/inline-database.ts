// SPDX-License-Identifier: Apache-2.0
// The same SQLite file without its thread, which takes longer to start than most tests; and one
// that dies at a chosen write, as a process does.

import type { Database, Row, SqlValue, Statement } from '../../../host/sqlite.ts';
import { Connection } from '../../../host/sqlite-connection.ts';
import type { OpenOptions } from '../../../host/sqlite-message.ts';

/**
 * When the process dies: instead of write number `write`, or after it was done and before it is
 * known.
 */
export type Crash = { readonly write: number; readonly when: 'before' | 'after' };

export class InlineDatabase implements Database {
  readonly #connection: Connection;
  readonly #crash: Crash | undefined;
  #writes = 0;
  #dead = false;

  constructor(options: OpenOptions, crash?: Crash) {
    this.#connection = new Connection(options);
    this.#crash = crash;
  }

  /** Writes begun so far. */
  get writes(): number {
    return this.#writes;
  }

  get isDead(): boolean {
    return this.#dead;
  }

  async write(statements: readonly Statement[]): Promise<void> {
    await this.#alive();
    const isLast = this.#writes++ === this.#crash?.write;
    if (isLast) this.#dead = true;
    if (!isLast || this.#crash?.when === 'after') this.#connection.write(statements);
    await this.#alive();
  }

  async read(sql: string, params: readonly SqlValue[] = []): Promise<readonly Row[]> {
    await this.#alive();
    const { columns, rows } = this.#connection.read(sql, params);
    return rows.map((row) => Object.fromEntries(columns.map((name, i) => [name, row[i] ?? null])));
  }

  async close(): Promise<void> {
    this.#connection.close();
  }

  /** Gives way once, as a call to another thread does. */
  async #alive(): Promise<void> {
    await Promise.resolve();
    if (this.#dead) throw new Error('the process has ended');
  }
}

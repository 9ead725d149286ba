// SPDX-License-Identifier: Apache-2.0
// How often what was refused, since the log began. Counted in memory and written now and then: a
// flood of garbage must not cost a flood of writes. A crash may lose the last seconds of a count,
// never anything else.

import type { Database } from '../../host/sqlite.ts';
import { integerOf, textOf } from '../store/columns.ts';

type Count = { count: number; lastMs: number };

export class Refusals {
  readonly #database: Database;
  readonly #nowMs: () => number;
  readonly #totals: Map<string, number>;
  #unwritten = new Map<string, Count>();

  private constructor(database: Database, nowMs: () => number, totals: Map<string, number>) {
    this.#database = database;
    this.#nowMs = nowMs;
    this.#totals = totals;
  }

  static async open(database: Database, nowMs: () => number): Promise<Refusals> {
    const rows = await database.read('SELECT code, count FROM refusal ORDER BY code');
    const totals = rows.map((row) => [textOf(row, 'code'), integerOf(row, 'count')] as const);
    return new Refusals(database, nowMs, new Map(totals));
  }

  /** `code` is one of ours, such as `anchor/signature`; never text from outside. */
  count(code: string): void {
    this.#totals.set(code, (this.#totals.get(code) ?? 0) + 1);
    const unwritten = this.#unwritten.get(code) ?? { count: 0, lastMs: 0 };
    this.#unwritten.set(code, { count: unwritten.count + 1, lastMs: this.#nowMs() });
  }

  totals(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#totals);
  }

  async flush(): Promise<void> {
    const counts = this.#unwritten;
    if (counts.size === 0) return;
    this.#unwritten = new Map();
    await this.#database.write(
      [...counts].map(([code, { count, lastMs }]) => ({
        sql: `INSERT INTO refusal (code, count, last_ms) VALUES (?, ?, ?)
          ON CONFLICT (code) DO UPDATE
          SET count = count + excluded.count, last_ms = excluded.last_ms`,
        params: [code, count, lastMs],
      })),
    );
  }
}

// SPDX-License-Identifier: Apache-2.0
// What was found to differ, since when, and whether it still does.

import type { Database, Row } from '../../host/sqlite.ts';
import { textOf } from '../store/columns.ts';
import { type Difference, type DifferenceKind, differenceKey } from './difference.ts';
import { mirrorLimits } from './mirror-limits.ts';

export class DifferenceStore {
  readonly #database: Database;
  readonly #nowMs: () => number;

  constructor(database: Database, nowMs: () => number) {
    this.#database = database;
    this.#nowMs = nowMs;
  }

  /** @returns those that were not open before. */
  async record(found: readonly Difference[]): Promise<readonly Difference[]> {
    const open = new Set((await this.open()).map(differenceKey));
    const nowMs = this.#nowMs();
    await this.#database.write(
      found.map((one) => ({
        sql: `INSERT INTO difference
          (key, kind, chain, place, field, shown, proven, detail, first_ms, last_ms)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
          ON CONFLICT (key) DO UPDATE SET shown = excluded.shown, proven = excluded.proven,
            detail = excluded.detail, last_ms = excluded.last_ms, closed_ms = NULL`,
        params: [
          differenceKey(one),
          one.kind,
          one.chain,
          one.place,
          one.field,
          one.shown,
          one.proven,
          one.detail,
          nowMs,
          nowMs,
        ],
      })),
    );
    return found.filter((one) => !open.has(differenceKey(one)));
  }

  /** What was looked at in full and not found any more. Evidence stays open: it is not undone. */
  async close(
    scope: { readonly chain: string; readonly kinds: readonly DifferenceKind[] },
    found: readonly Difference[],
  ): Promise<void> {
    const still = new Set(found.map(differenceKey));
    const gone = (await this.open()).filter(
      (one) =>
        one.chain === scope.chain &&
        scope.kinds.includes(one.kind) &&
        !still.has(differenceKey(one)),
    );
    await this.#database.write(
      gone.map((one) => ({
        sql: 'UPDATE difference SET closed_ms = ? WHERE key = ?',
        params: [this.#nowMs(), differenceKey(one)],
      })),
    );
  }

  /** The first of them, where there are very many. */
  async open(): Promise<readonly Difference[]> {
    const rows = await this.#database.read(
      'SELECT * FROM difference WHERE closed_ms IS NULL ORDER BY first_ms, key LIMIT ?',
      [mirrorLimits.differencesMax],
    );
    return rows.map(differenceOf);
  }
}

function differenceOf(row: Row): Difference {
  return {
    kind: textOf(row, 'kind') as DifferenceKind,
    chain: textOf(row, 'chain'),
    place: textOf(row, 'place'),
    field: textOf(row, 'field'),
    shown: textOf(row, 'shown'),
    proven: textOf(row, 'proven'),
    detail: textOf(row, 'detail'),
  };
}

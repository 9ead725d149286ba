// SPDX-License-Identifier: Apache-2.0
// Partitions of the history in PostgreSQL: one for each month, UTC, by the start of the window. They
// are made ahead of time and for rows that come late, within limits, so that nobody's absurd times
// make thousands; all else lies in the partition for the rest. Dropping a month is at once, whatever
// it holds.

import { historyLimits } from '../../base/history-limits.ts';
import type { Postgres, PostgresSession } from '../../host/postgres.ts';

/** Months since year 0. */
type Month = number;

export class PostgresPartitions {
  readonly #postgres: Postgres;
  readonly #schema: string;
  readonly #nowMs: () => number;
  #known: Set<Month> | undefined;

  constructor(postgres: Postgres, schema: string, nowMs: () => number) {
    this.#postgres = postgres;
    this.#schema = schema;
    this.#nowMs = nowMs;
  }

  /** What is there may have changed: it is asked again. */
  forget(): void {
    this.#known = undefined;
  }

  /** Makes those that rows with these starts need, and the next ones. */
  async prepare(startsMs: readonly number[]): Promise<void> {
    const current = monthOf(this.#nowMs());
    const ahead = Array.from({ length: historyLimits.monthsAhead + 1 }, (_, i) => current + i);
    const past = current - historyLimits.monthsPast;
    const last = current + historyLimits.monthsAhead;
    const wanted = new Set([
      ...startsMs.map(monthOf).filter((m) => m >= past && m <= last),
      ...ahead,
    ]);
    this.#known ??= new Set(await this.#existing(this.#postgres));
    for (const month of [...wanted].sort((a, b) => a - b)) {
      if (this.#known.has(month)) continue;
      await this.#make(month);
      this.#known.add(month);
    }
  }

  /** Drops the months that end at or before this, and other rows that start before it. */
  async dropBefore(startMs: number): Promise<void> {
    const schema = this.#schema;
    this.forget();
    await this.#postgres.transaction(async (session) => {
      await this.#lock(session);
      for (const month of await this.#existing(session)) {
        if (startOf(month + 1) > startMs) continue;
        await session.query(`DROP TABLE ${schema}.${nameOf(month)}`);
      }
      await session.query(`DELETE FROM ${schema}.summary WHERE start_ms < $1`, [startMs]);
    });
  }

  /**
   * Rows of the month may lie in the partition for the rest: they were ahead of time when they
   * came. A table takes them over before it becomes the partition.
   */
  async #make(month: Month): Promise<void> {
    const s = this.#schema;
    const name = `${s}.${nameOf(month)}`;
    const bounds = [startOf(month), startOf(month + 1)];
    await this.#postgres.transaction(async (session) => {
      await this.#lock(session);
      const [there] = await session.query('SELECT to_regclass($1) IS NOT NULL AS there', [name]);
      if (`${there?.there}` === 'true') return;
      await session.query(`CREATE TABLE ${name} (LIKE ${s}.summary INCLUDING DEFAULTS)`);
      await session.query(`LOCK TABLE ${s}.summary_other IN ACCESS EXCLUSIVE MODE`);
      await session.query(
        `WITH moved AS
          (DELETE FROM ${s}.summary_other WHERE start_ms >= $1 AND start_ms < $2 RETURNING *)
          INSERT INTO ${name} SELECT * FROM moved`,
        bounds,
      );
      await session.query(
        `ALTER TABLE ${s}.summary ATTACH PARTITION ${name} FOR VALUES FROM (${bounds[0]}) TO (${bounds[1]})`,
      );
    });
  }

  async #existing(session: PostgresSession): Promise<readonly Month[]> {
    const rows = await session.query(
      `SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = $1::regclass`,
      [`${this.#schema}.summary`],
    );
    return rows.flatMap(({ name }) => {
      const [, year, month] = /^summary_(\d{4})_(\d\d)$/.exec(String(name)) ?? [];
      return year === undefined ? [] : [Number(year) * 12 + Number(month) - 1];
    });
  }

  /** Nodes that share a database make and drop partitions one after the other. */
  async #lock(session: PostgresSession): Promise<void> {
    await session.query('SELECT pg_advisory_xact_lock(hashtext($1))', [`tieline ${this.#schema}`]);
  }
}

/** What no calendar reaches is in no month. */
function monthOf(timeMs: number): Month {
  const date = new Date(timeMs);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

function startOf(month: Month): number {
  return Date.UTC(Math.floor(month / 12), month % 12);
}

function nameOf(month: Month): string {
  const year = String(Math.floor(month / 12)).padStart(4, '0');
  return `summary_${year}_${String((month % 12) + 1).padStart(2, '0')}`;
}

// SPDX-License-Identifier: Apache-2.0
// The history in SQLite and in PostgreSQL on the same rows: how fast they go in, how long a question
// takes, and what a summary costs on the disk. A million rows, or 20,000 in the short form.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeSummary, type Summary } from '../../contracts/summary.ts';
import { type HistoryRow, historyRowOf } from '../../dispatch/history/history-row.ts';
import { historyMigrations } from '../../dispatch/history/history-schema.ts';
import type { HistoryStore } from '../../dispatch/history/history-store.ts';
import { PostgresHistory } from '../../dispatch/history/postgres-history.ts';
import { SqliteHistory } from '../../dispatch/history/sqlite-history.ts';
import { Postgres } from '../../host/postgres.ts';
import { databaseBytes, openDatabase } from '../../host/sqlite.ts';
import { PostgresServer, postgresPassword } from '../system/harness/postgres.ts';
import { startMs, summaryOf, windowMs } from '../unit/dispatch/fake-chain.ts';
import type { Figure } from './figures.ts';
import type { Effort } from './measure.ts';

const chainCount = 10;
const deviceCount = 10;
const registerCount = 5;
const perWindow = chainCount * deviceCount * registerCount;
const batchRows = 1_000;
const dayMs = 86_400_000;

export async function history({ runs }: Effort): Promise<readonly Figure[]> {
  const isThorough = runs > 3;
  const windows = (isThorough ? 1_000_000 : 20_000) / perWindow;
  const questions = isThorough ? 1_000 : 100;
  return [...(await inSqlite(windows, questions)), ...(await inPostgres(windows, questions))];
}

async function inSqlite(windows: number, questions: number): Promise<readonly Figure[]> {
  const directory = mkdtempSync(join(tmpdir(), 'tieline-bench-history-'));
  const path = join(directory, 'history.sqlite');
  const database = await openDatabase({ path, mode: 'create', migrations: historyMigrations });
  try {
    const store = new SqliteHistory(database);
    return await measured(store, { windows, questions, bytes: () => databaseBytes(path) });
  } finally {
    await database.close();
    rmSync(directory, { recursive: true });
  }
}

async function inPostgres(windows: number, questions: number): Promise<readonly Figure[]> {
  const server = await PostgresServer.begin();
  const postgres = new Postgres({
    ...{ host: '127.0.0.1', port: server.port, database: 'tieline', user: 'tieline' },
    ...{ password: postgresPassword, tls: undefined },
  });
  const bytes = () =>
    Number(
      server.sql(`SELECT sum(pg_total_relation_size(inhrelid)) FROM pg_inherits
        WHERE inhparent = 'bench.summary'::regclass`),
    );
  try {
    const store = new PostgresHistory(postgres, { schema: 'bench', nowMs: () => startMs });
    return await measured(store, { windows, questions, bytes });
  } finally {
    await postgres.close();
    await server.end();
  }
}

/** On standard error, every ten seconds: the long form takes minutes. */
function teller(kind: string) {
  let toldMs = performance.now();
  return {
    rows: (done: number, all: number): void => {
      if (performance.now() - toldMs < 10_000) return;
      toldMs = performance.now();
      process.stderr.write(`${kind}: ${done} of ${all} summaries\n`);
    },
  };
}

async function measured(
  store: HistoryStore,
  work: { readonly windows: number; readonly questions: number; readonly bytes: () => number },
): Promise<readonly Figure[]> {
  const { windows, questions, bytes } = work;
  const rowCount = windows * perWindow;
  const told = teller(store.kind);
  let insertMs = 0;
  for (let from = 0; from < windows; from += batchRows / perWindow) {
    const rows = rowsOf(from, Math.min(windows, from + batchRows / perWindow));
    const { sequence } = await store.position();
    const begun = performance.now();
    await store.add({ from: sequence, to: { sequence: sequence + 1, hash: null }, rows });
    insertMs += performance.now() - begun;
    told.rows((from + batchRows / perWindow) * perWindow, rowCount);
  }
  const tookMs: number[] = [];
  for (let i = 0; i < questions; i++) {
    const fromMs = startMs + ((i * 7_919) % windows) * windowMs;
    const begun = performance.now();
    await store.query({
      chainId: chainIdOf(i % chainCount),
      fromMs,
      toMs: fromMs + dayMs,
      devices: new Set([`meter-${i % deviceCount}`]),
      obis: obisOf(i % registerCount),
      allRevisions: false,
      after: undefined,
      countMax: 100,
    });
    tookMs.push(performance.now() - begun);
  }
  tookMs.sort((a, b) => a - b);
  const at = (share: number) => tookMs[Math.floor(share * (tookMs.length - 1))] ?? 0;
  const of = `${store.kind}, ${rowCount} summaries`;
  return [
    { name: `${of}: put in`, unit: 'rows/s', value: (rowCount * 1_000) / insertMs },
    { name: `${of}: a register's day, p50`, unit: 'ms', value: at(0.5) },
    { name: `${of}: a register's day, p99`, unit: 'ms', value: at(0.99) },
    { name: `${of}: on the disk`, unit: 'bytes each', value: bytes() / rowCount },
  ];
}

function rowsOf(fromWindow: number, toWindow: number): HistoryRow[] {
  const rows: HistoryRow[] = [];
  for (let window = fromWindow; window < toWindow; window++) {
    for (let i = 0; i < perWindow; i++) {
      const chain = i % chainCount;
      const device = Math.floor(i / chainCount) % deviceCount;
      const register = Math.floor(i / chainCount / deviceCount);
      const summary: Partial<Summary> = {
        windowStartMs: startMs + window * windowMs,
        device: `meter-${device}`,
        obis: obisOf(register),
      };
      const outputIndex = device * registerCount + register;
      const place = { chainId: chainIdOf(chain), height: window, outputIndex };
      rows.push(historyRowOf(place, encodeSummary(summaryOf(summary))));
    }
  }
  return rows;
}

function chainIdOf(chain: number): Uint8Array {
  return new Uint8Array(32).fill(chain);
}

function obisOf(register: number): string {
  return `1-0:${register + 1}.8.0*255`;
}

// SPDX-License-Identifier: Apache-2.0
// The history in a real PostgreSQL: it keeps the contract that SQLite keeps; it is made by several
// nodes at once; it is killed, emptied and locked while gateways report, which nobody but the reader
// of the history may notice.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { TielineError } from '../../base/errors.ts';
import { loadDispatchConfig } from '../../dispatch/config.ts';
import type { HistoryRow } from '../../dispatch/history/history-row.ts';
import { PostgresHistory } from '../../dispatch/history/postgres-history.ts';
import { Postgres, type PostgresOptions } from '../../host/postgres.ts';
import { type FakeChain, makeChain, startMs, windowMs } from '../unit/dispatch/fake-chain.ts';
import { mainLog } from '../unit/dispatch/fake-main-log.ts';
import { addAll, everything, historyContract, rowOf } from '../unit/dispatch/history-contract.ts';
import { TestCentre } from '../unit/dispatch/test-centre.ts';
import { PostgresServer, postgresPassword } from './harness/postgres.ts';

let server: PostgresServer;
const opened: Postgres[] = [];
let schemas = 0;

beforeAll(async () => {
  server = await PostgresServer.begin();
});
afterEach(async () => {
  for (const postgres of opened.splice(0)) await postgres.close();
});
afterAll(() => server.end());

function place(): PostgresOptions {
  const { port } = server;
  const who = { database: 'tieline', user: 'tieline', password: postgresPassword };
  return { host: '127.0.0.1', port, ...who, tls: undefined };
}

function connect(changed: Partial<PostgresOptions> = {}): Postgres {
  const postgres = new Postgres({ ...place(), ...changed });
  opened.push(postgres);
  return postgres;
}

function freshSchema(): string {
  schemas += 1;
  return `history_${schemas}`;
}

function open(schema = freshSchema(), nowMs = () => startMs): PostgresHistory {
  return new PostgresHistory(connect(), { schema, nowMs });
}

historyContract('PostgreSQL', async () => open());

test('nodes that start at once make the tables once, and read each message in once', async () => {
  const schema = freshSchema();
  const nodes = Array.from({ length: 4 }, () => open(schema));
  const positions = await Promise.all(nodes.map((node) => node.position()));
  expect(positions).toEqual(positions.map(() => ({ sequence: 0, hash: null })));
  const to = { sequence: 1, hash: new Uint8Array(32) };
  const outcomes = await Promise.all(
    nodes.map((node, i) => node.add({ from: 0, to, rows: [rowOf(i)] })),
  );
  expect(outcomes.toSorted()).toEqual(['added', 'moved', 'moved', 'moved']);
  expect(await nodes[0]?.query(everything())).toHaveLength(1);
});

describe('partitions', () => {
  const partitions = (schema: string) =>
    server.sql(`SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
      WHERE nspname = '${schema}' AND relkind = 'r' AND relname LIKE 'summary_2%' ORDER BY 1`);

  test('are months, made ahead, and never more than a calendar has', async () => {
    const schema = freshSchema();
    const history = open(schema, () => Date.UTC(2026, 11, 31, 23, 59));
    const times = Array.from({ length: 500 }, (_, i) => Date.UTC(2100 + i, 0, 1));
    await addAll(
      history,
      [...times, Date.UTC(2026, 9, 1)].map((windowStartMs, i) => rowOf(i, { windowStartMs })),
    );
    const names = '2026_10 2026_12 2027_01 2027_02'.split(' ').map((month) => `summary_${month}`);
    expect(partitions(schema).split('\n')).toEqual(names);
    expect(await history.query(everything())).toHaveLength(501);
  });

  test('take over what came ahead of their time', async () => {
    const schema = freshSchema();
    let nowMs = startMs;
    const history = open(schema, () => nowMs);
    const early = rowOf(1, { windowStartMs: Date.UTC(2026, 8, 1) });
    await addAll(history, [early]);
    expect(server.sql(`SELECT count(*) FROM ${schema}.summary_other`)).toBe('1');
    nowMs = Date.UTC(2026, 7, 15);
    await addAll(history, [rowOf(2)]);
    expect(server.sql(`SELECT count(*) FROM ${schema}.summary_other`)).toBe('0');
    expect(server.sql(`SELECT count(*) FROM ${schema}.summary_2026_09`)).toBe('1');
    expect(await history.query(everything({ fromMs: early.startMs }))).toEqual([early]);
  });

  test('that are too old are dropped whole', async () => {
    const schema = freshSchema();
    const history = open(schema, () => Date.UTC(2026, 5, 1));
    const times = [0, 1, 2].map((month) => Date.UTC(2026, month, 15));
    const rows = times.map((windowStartMs, i) => rowOf(i, { windowStartMs }));
    await addAll(history, rows);
    await history.dropBefore(Date.UTC(2026, 1, 20));
    expect(partitions(schema)).not.toMatch(/2026_01/);
    expect(await history.query(everything())).toEqual(rows.slice(2));
  });
});

test('times are what they are in UTC, wherever the server thinks it is', async () => {
  const schema = freshSchema();
  await addAll(open(schema), [rowOf(0)]);
  expect(server.sql('SHOW timezone')).toBe('Pacific/Chatham');
  const asked = `SELECT starts = '2026-01-01T00:00:00Z' FROM ${schema}.reading`;
  expect(server.sql(asked)).toBe('t');
});

describe('what is wrong is said', () => {
  test.each([
    ['a password that is not right', { password: 'wrong' }, 'postgres-login'],
    ['an unknown user', { user: 'nobody' }, 'postgres-login'],
    ['no such database', { database: 'elsewhere' }, 'postgres-database'],
    ['nobody at that port', { port: 1 }, 'postgres-away'],
    ['no socket there', { host: '/tmp/none' }, 'postgres-away'],
    ['no such host', { host: 'none.invalid' }, 'postgres-away'],
    ['no TLS', { tls: { ca: undefined } }, 'postgres-tls'],
  ] as const)('%s', async (_, changed, code) => {
    const postgres = connect(changed);
    const error = await postgres.query('SELECT 1').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TielineError);
    expect(error).toMatchObject({ code, retry: 'transient' });
    expect((error as TielineError).hint).not.toBe('');
    expect(String((error as Error).stack)).not.toContain(postgresPassword);
  });

  test('a user who may not make a schema, and one who may use it', async () => {
    server.sql("CREATE ROLE guest LOGIN PASSWORD 'guest'");
    const guest = () => connect({ user: 'guest', password: 'guest' });
    const schema = freshSchema();
    const history = new PostgresHistory(guest(), { schema, nowMs: () => startMs });
    await expect(history.position()).rejects.toMatchObject({ code: 'postgres-permission' });
    server.sql(`CREATE SCHEMA ${schema} AUTHORIZATION guest`);
    await addAll(history, [rowOf(1)]);
    expect(await history.query(everything())).toHaveLength(1);
  });

  test('a history of a newer program', async () => {
    const schema = freshSchema();
    await open(schema).position();
    server.sql(`UPDATE ${schema}.version SET number = 99`);
    await expect(open(schema).position()).rejects.toMatchObject({ code: 'postgres-newer' });
  });

  test('a table that somebody has locked ends a call within its time, and holds up nobody', async () => {
    const schema = freshSchema();
    const history = open(schema);
    await addAll(history, [rowOf(1)]);
    const other = connect();
    await other.transaction(async (session) => {
      await session.query(`LOCK TABLE ${schema}.summary IN ACCESS EXCLUSIVE MODE`);
      await expect(history.query(everything())).rejects.toMatchObject({ code: 'postgres-slow' });
    });
    expect(await history.query(everything())).toHaveLength(1);
  });
});

describe('while gateways report', () => {
  let centre: TestCentre;
  let chain: FakeChain;
  const sent: number[] = [];

  /** One anchor and the summaries under it: both answered, whatever the history does. */
  async function report(): Promise<void> {
    const from = centre.centre.ordering.chain(chain.chainId)?.anchored?.size ?? 0;
    const at = { windowStartMs: startMs + sent.length * windowMs };
    const height = chain.addSummaries(at, { ...at, device: 'b' });
    const [receipt] = await centre.send(chain, 'anchor', chain.anchor({ from }));
    expect(receipt?.kind).toBe('receipt');
    const [answer] = await centre.send(chain, 'summary', chain.summaries(height));
    expect(answer?.kind).toBe('stored');
    sent.push(height);
  }

  async function rowsInHistory(): Promise<readonly HistoryRow[]> {
    const query = everything({ chainId: chain.chainId });
    return centre.centre.history.query(query).catch(() => []);
  }

  async function expectAll(): Promise<void> {
    const expected = sent.flatMap((height) => [`${height}-0`, `${height}-1`]);
    await expect
      .poll(async () => (await rowsInHistory()).map((row) => `${row.height}-${row.outputIndex}`), {
        timeout: 120_000,
      })
      .toEqual(expected);
  }

  async function begin(schema: string): Promise<void> {
    sent.length = 0;
    centre = await TestCentre.begin({ history: open(schema) });
    chain = makeChain(mainLog, { seed: 5 });
    await centre.enrol(chain);
  }
  afterEach(() => centre.end());

  test('killed in the middle of it, nothing is lost or doubled, and receipts go on', async () => {
    await begin(freshSchema());
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 5; i++) await report();
      const killing = server.kill();
      for (let i = 0; i < 10; i++) await report();
      await killing;
      for (let i = 0; i < 5; i++) await report();
      await expect.poll(() => centre.centre.history.status()).toMatchObject({ state: 'waiting' });
      const { behind, error } = await centre.centre.history.status();
      expect(behind).toBeGreaterThanOrEqual(5);
      expect(error).toMatch(/PostgreSQL at 127/);
      await server.start();
      await expectAll();
    }
    await expect
      .poll(() => centre.centre.history.status())
      .toMatchObject({ state: 'following', behind: 0, error: undefined });
  });

  test('emptied under it, it is filled again', async () => {
    const schema = freshSchema();
    await begin(schema);
    for (let i = 0; i < 3; i++) await report();
    await expectAll();
    server.sql(`DROP SCHEMA ${schema} CASCADE`);
    await report();
    await expectAll();
  });

  test('a history of another ledger is not added to', async () => {
    const schema = freshSchema();
    const to = { sequence: 900, hash: new Uint8Array(32) };
    await open(schema).add({ from: 0, to, rows: [] });
    await begin(schema);
    await report();
    await expect
      .poll(() => centre.centre.history.status())
      .toMatchObject({ error: expect.stringMatching(/another ledger/) });
  });
});

test('no configuration and no message shows the password', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'tieline-postgres-config-'));
  const { writeFileSync } = await import('node:fs');
  const path = join(directory, 'dispatch.yaml');
  const head = 'data: .\nmqtt:\n  url: mqtt://127.0.0.1\nhistory:\n  postgres:\n';
  writeFileSync(path, `${head}    password: geheim\n`);
  expect(() => loadDispatchConfig(path)).toThrow(/passwordFile/);
  expect(() => loadDispatchConfig(path)).not.toThrow(/geheim/);
  rmSync(directory, { recursive: true });
});

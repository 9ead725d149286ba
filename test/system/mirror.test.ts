// SPDX-License-Identifier: Apache-2.0
// The regulator's replica as a program, of a centre whose operator alters the history with the tools
// that everybody has: sqlite3 and psql. It names the row, what is shown and what is proven.

import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { toHex } from '../../base/bytes.ts';
import { PostgresHistory } from '../../dispatch/history/postgres-history.ts';
import type { HttpServer } from '../../host/http.ts';
import { Postgres } from '../../host/postgres.ts';
import { formatMainLogFile } from '../../sidechain/chain/main-log-file.ts';
import { type FakeChain, makeChain, startMs } from '../unit/dispatch/fake-chain.ts';
import { mainLog } from '../unit/dispatch/fake-main-log.ts';
import { report } from '../unit/dispatch/mirrored-centre.ts';
import { TestCentre } from '../unit/dispatch/test-centre.ts';
import { PostgresServer, postgresPassword } from './harness/postgres.ts';
import { root } from './run-tool.ts';

type Run = { readonly exitCode: number; readonly lines: readonly string[] };

const directory = mkdtempSync(join(tmpdir(), 'tieline-mirror-'));
const mainLogFile = join(directory, 'main-log.json');
let server: PostgresServer;
let centre: TestCentre;
let http: HttpServer;
let chain: FakeChain;
let copies = 0;

beforeAll(async () => {
  writeFileSync(mainLogFile, formatMainLogFile(mainLog));
  server = await PostgresServer.begin();
});
afterEach(async () => {
  await http.close();
  await centre.end();
});
afterAll(async () => {
  await server.end();
  rmSync(directory, { recursive: true });
});

/** The centre answers in this process, so it must not be held up. */
function tieline(...words: readonly string[]): Promise<Run> {
  return new Promise((resolve) => {
    const args = [join(root, 'deploy/tieline.mjs'), ...words];
    execFile(process.execPath, args, (error, stdout, stderr) => {
      const exitCode = error === null ? 0 : Number(error.code ?? -1);
      resolve({ exitCode, lines: `${stdout}${stderr}`.trim().split('\n') });
    });
  });
}

function mirror(): Promise<Run> {
  const data = join(directory, `copy-${copies}`);
  const words = ['--api', http.url, '--main-log', mainLogFile, '--data', data, '--once'];
  return tieline('mirror', ...words);
}

async function begin(history?: PostgresHistory): Promise<void> {
  copies += 1;
  centre = await TestCentre.begin(history === undefined ? {} : { history });
  http = await centre.serve();
  chain = makeChain(mainLog, { seed: 5 });
  await centre.enrol(chain);
  for (let i = 0; i < 3; i++) await report(centre, chain);
}

/** Three ways to lie, and the truth again. @param sql runs it as the operator would. */
async function alteringIsNamed(sql: (text: string) => void, table: string): Promise<void> {
  const honest = await mirror();
  expect(honest).toMatchObject({ exitCode: 0 });
  expect(honest.lines.at(-1)).toBe('compared 6 rows of the history: as proven');
  const [log] = honest.lines;
  const [, size, logRoot] = /^log (\d+) ([0-9a-f]{64})$/.exec(log ?? '') ?? [];
  const note = await (await fetch(`${http.url}/api/v1/log`)).text();
  const shownRoot = toHex(Uint8Array.from(Buffer.from(note.split('\n')[2] ?? '', 'base64')));
  expect([size, logRoot]).toEqual([note.split('\n')[1], shownRoot]);

  const where = 'WHERE height = 2 AND output_index = 1';
  const named = `chain ${toHex(chain.chainId)} summary 2-1 (device b, register 1-0:1.8.0*255,`;
  sql(`UPDATE ${table} SET last_value = 9999 ${where}`);
  const altered = await mirror();
  expect(altered.exitCode).toBe(3);
  expect(altered.lines[0]).toContain(`DIFFERENCE history-altered ${named}`);
  expect(altered.lines[0]).toMatch(/: last is "9999(\.0)?", proven is "124000"$/);
  expect(altered.lines.at(-1)).toMatch(/: 1 differences$/);
  // And so it says until it is set right.
  expect((await mirror()).exitCode).toBe(3);
  sql(`UPDATE ${table} SET last_value = 124000 ${where}`);

  sql(`DELETE FROM ${table} ${where}`);
  const missing = await mirror();
  expect(missing.exitCode).toBe(3);
  expect(missing.lines[0]).toContain(`DIFFERENCE history-missing ${named}`);
  expect(missing.lines.filter((line) => line.startsWith('DIFFERENCE'))).toHaveLength(1);
}

test('a history in SQLite, altered with sqlite3', async () => {
  await begin();
  await alteringIsNamed((text) => {
    const { status, stderr } = spawnSync('sqlite3', [centre.path('history'), text], {
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([0, '']);
  }, 'summary');
  const data = join(directory, `copy-${copies}`);
  const verified = await tieline('mirror', 'verify', '--data', data, '--main-log', mainLogFile);
  expect(verified).toMatchObject({ exitCode: 0 });
  expect(verified.lines.at(-1)).toBe('all of it holds');
});

describe('a history in PostgreSQL', () => {
  test('altered with psql', async () => {
    const where = { host: '127.0.0.1', port: server.port, database: 'tieline', user: 'tieline' };
    const postgres = new Postgres({ ...where, password: postgresPassword, tls: undefined });
    try {
      await begin(new PostgresHistory(postgres, { schema: 'seen', nowMs: () => startMs }));
      await alteringIsNamed((text) => void server.sql(text), 'seen.summary');
    } finally {
      await postgres.close();
    }
  });
});

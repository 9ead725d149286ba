// SPDX-License-Identifier: Apache-2.0
// Our main log with the tools of others: a C2SP tlog-witness that shares no code with ours co-signs it
// as it grows, and a C2SP tlog-tiles client proves leaves of it from checkpoint and tiles alone.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { toBase64 } from '../../base/bytes.ts';
import { logKeyType } from '../../base/checkpoint.ts';
import { nodeSuite as suite } from '../../base/node-suite.ts';
import { noteVerifierText } from '../../base/note.ts';
import { witnessKey } from '../../dispatch/config.ts';
import type { HttpServer } from '../../host/http.ts';
import { mainLeafHash } from '../../sidechain/chain/receipt-message.ts';
import {
  consortiumGenesis,
  consortiumLog,
  keeper,
  personByRole,
  recordOf,
} from '../unit/dispatch/consortium-log.ts';
import { TestCentre } from '../unit/dispatch/test-centre.ts';
import { type Litewitness, startLitewitness } from './harness/litewitness.ts';
import { until } from './harness/until.ts';
import { root } from './run-tool.ts';

const directory = mkdtempSync(join(tmpdir(), 'tieline-peers-'));
const { origin } = consortiumLog;
const { publicKey } = keeper;
const logKey = noteVerifierText(suite, { name: origin, type: logKeyType, publicKey });
let witness: Litewitness;
let centre: TestCentre;
let http: HttpServer;
let passing: NodeJS.Timeout;

beforeAll(async () => {
  witness = await startLitewitness(directory, { origin, verifierKey: logKey });
  const key = witnessKey(witness.verifierKey);
  if (!key.ok) throw new Error(key.detail);
  const witnesses = [{ url: witness.url, key: key.value }];
  centre = await TestCentre.begin({ genesis: consortiumGenesis, signer: keeper, witnesses });
  http = await centre.serve();
  // Strangers may ask so often a second.
  passing = setInterval(() => {
    centre.nowMs += 1_000;
  }, 50);
}, 120_000);
afterAll(async () => {
  clearInterval(passing);
  await http?.close();
  await centre?.end();
  await witness?.end();
  rmSync(directory, { recursive: true });
});

const records: Uint8Array[] = [];

async function grow(count: number): Promise<void> {
  const added = Array.from({ length: count }, (_, i) =>
    recordOf('rule', personByRole.dispatch, `${records.length + i}`),
  );
  const { ordering } = centre.centre;
  await Promise.all(added.map((record) => ordering.submit({ kind: 'record', record })));
  records.push(...added);
}

/** The checkpoint of all that there is, once the witness has co-signed it. */
function untilWitnessed(): Promise<void> {
  const [name = ''] = witness.verifierKey.split('+');
  return until('the witness has seen all', async () => {
    const note = await (await fetch(`${http.url}/public/checkpoint`)).text();
    const isAll = note.split('\n')[1] === `${records.length + 1}`;
    return isAll && note.includes(`— ${name} `) ? (true as const) : undefined;
  }).then(() => {});
}

function readLog(leaves: readonly { readonly index: number; readonly record: Uint8Array }[]) {
  const asked = {
    url: `${http.url}/public/`,
    logKeys: [logKey],
    cosigners: [witness.verifierKey],
    leaves: leaves.map(({ index, record }) => ({
      index,
      hash: toBase64(mainLeafHash(suite, record)),
    })),
  };
  return runAsync(JSON.stringify(asked));
}

/** The centre answers in this process, so it must not be held up. */
async function runAsync(input: string) {
  const { execFile } = await import('node:child_process');
  return new Promise<{ exitCode: number; stdout: string; stderr: string }>((resolve) => {
    const child = execFile(join(root, '.peers/readlog'), (error, stdout, stderr) => {
      resolve({ exitCode: error === null ? 0 : 1, stdout, stderr });
    });
    child.stdin?.end(input);
  });
}

test('a witness of others co-signs what extends what it saw, and a reader of others proves leaves', async () => {
  await grow(3);
  await untilWitnessed();
  // Two full tiles, a part of one, and the tile above them.
  await grow(600);
  await untilWitnessed();
  const leaves = [0, 255, 256, 511, 602].map((at) => ({
    index: at + 1,
    record: records[at] ?? new Uint8Array(),
  }));
  const run = await readLog(leaves);
  expect(run.stderr).toBe('');
  expect(JSON.parse(run.stdout)).toMatchObject({
    origin,
    size: 604,
    verified: [origin, 'watch.example/lite'],
    proven: leaves.length,
  });
});

test('what is not in the log is not proven', async () => {
  const run = await readLog([{ index: 5, record: records[77] ?? new Uint8Array() }]);
  expect(run.exitCode).toBe(1);
  expect(run.stderr).toContain('leaf 5');
});

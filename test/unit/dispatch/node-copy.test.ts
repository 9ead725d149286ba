// SPDX-License-Identifier: Apache-2.0
// Copies of a node of a consortium: ledger, engine and keys together, never while it runs; brought
// back without a vote, until it has what the others decided.

import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { assert } from '../../../base/assert.ts';
import { dispatchFiles } from '../../../dispatch/files.ts';
import { initConsortium } from '../../../dispatch/init-consortium.ts';
import {
  backUpNode,
  type NodeConfig,
  restoreNode,
  trustNodeCopy,
} from '../../../dispatch/node-copy.ts';
import {
  engineSockets,
  validatorFiles,
} from '../../../dispatch/ordering/consortium/engine-home.ts';
import { giveKeyBack, isReturning } from '../../../dispatch/ordering/consortium/returning.ts';

let directory: string;
let node: NodeConfig;
let other: NodeConfig;
let count = 0;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tieline-copy-'));
  const made = await initConsortium({
    ...{ dir: join(directory, 'nodes'), origin: 'grid.example/main', organisations: 4 },
    ...{ mqttUrl: 'mqtt://127.0.0.1', httpPort: 0, enginePort: 26_000, engine: 'cometbft' },
  });
  const [first, second] = made.nodes.map(({ files }) => configOf(dirname(files.ledger)));
  assert(first !== undefined && second !== undefined, 'there are four nodes');
  [node, other] = [first, second];
  vote(node, { height: 7, round: 1, step: 2 });
});
afterAll(() => rmSync(directory, { recursive: true }));

let copy: string;
let elsewhere: NodeConfig;
beforeEach(() => {
  count++;
  copy = join(directory, `copy-${count}`);
  elsewhere = configOf(mkdtempSync(join(directory, 'elsewhere-')));
});

function configOf(data: string): NodeConfig {
  return { data, consortium: { engine: 'cometbft', home: join(data, 'engine') } };
}

type Voted = { readonly height: number; readonly round: number; readonly step: number };

function vote({ consortium: { home } }: NodeConfig, { height, round, step }: Voted): void {
  const state = { height: String(height), round, step };
  writeFileSync(validatorFiles(home).state, JSON.stringify(state));
}

function read(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}

test('a copy holds ledger, keys and votes, for nobody but its owner', async () => {
  const audit = await backUpNode(node, copy);
  expect(audit).toMatchObject({ size: 1, chainCount: 0 });
  expect(readdirSync(copy).sort()).toEqual(['engine', 'ledger.sqlite', 'main-log.key']);
  const { key, state } = validatorFiles(join(copy, 'engine'));
  expect(read(key)).toEqual(read(validatorFiles(node.consortium.home).key));
  expect(read(state)).toMatchObject({ height: '7' });
  for (const path of [copy, key, join(copy, 'main-log.key')]) {
    expect(statSync(path).mode & 0o077).toBe(0);
  }
  await expect(backUpNode(node, copy)).rejects.toMatchObject({ code: 'copy-exists' });
});

test('a node that runs is not copied: its votes are ahead of the copy when that is done', async () => {
  const server = createServer();
  const { app } = engineSockets(node.consortium.home);
  await new Promise<void>((resolve) => server.listen(app, resolve));
  try {
    await expect(backUpNode(node, copy)).rejects.toMatchObject({ code: 'node-runs' });
    await expect(trustNodeCopy(node)).rejects.toMatchObject({ code: 'node-runs' });
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});

test('brought back it has another key than its own until it has heard the others', async () => {
  await backUpNode(node, copy);
  await restoreNode(elsewhere, copy);
  const { home } = elsewhere.consortium;
  const { key, waitingKey, state } = validatorFiles(home);
  const own = read(validatorFiles(node.consortium.home).key);
  expect(isReturning(home)).toBe(true);
  expect(read(waitingKey)).toEqual(own);
  expect((read(key) as { address: string }).address).not.toBe((own as { address: string }).address);
  await expect(backUpNode(elsewhere, `${copy}-2`)).rejects.toMatchObject({
    code: 'node-returning',
  });
  await giveKeyBack(home, 40);
  expect(isReturning(home)).toBe(false);
  expect(read(key)).toEqual(own);
  // As if it had voted in all rounds of a height beyond what was decided.
  expect(read(state)).toEqual({ height: '44', round: 2_147_483_647, step: 3 });
});

test('what a copy says of its votes never goes backwards', async () => {
  await backUpNode(node, copy);
  await restoreNode(elsewhere, copy);
  await giveKeyBack(elsewhere.consortium.home, 1);
  const { height } = read(validatorFiles(elsewhere.consortium.home).state) as { height: string };
  expect(Number(height)).toBeGreaterThanOrEqual(7);
});

test('a copy that its operator trusts votes on from where it was', async () => {
  await backUpNode(node, copy);
  await restoreNode(elsewhere, copy);
  await trustNodeCopy(elsewhere);
  const { home } = elsewhere.consortium;
  expect(isReturning(home)).toBe(false);
  expect(read(validatorFiles(home).state)).toEqual({ height: '7', round: 1, step: 2 });
});

test('nothing is overwritten, and a copy of another organisation is not taken', async () => {
  await backUpNode(node, copy);
  await expect(restoreNode(node, copy)).rejects.toMatchObject({ code: 'database-exists' });
  const foreign = dispatchFiles(elsewhere.data).logKey;
  writeFileSync(foreign, readFileSync(dispatchFiles(other.data).logKey), { mode: 0o600 });
  // A key of the same log, but not the one that this node's engine votes beside.
  await expect(restoreNode(elsewhere, copy)).rejects.toMatchObject({ code: 'wrong-key' });
  await expect(restoreNode(configOf(join(directory, 'none')), directory)).rejects.toMatchObject({
    code: 'copy',
  });
});

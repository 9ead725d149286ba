// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { decodeBatch } from '../../../sidechain/chain/batch.ts';
import { decodeBlock } from '../../../sidechain/chain/block.ts';
import { openEntry } from '../../../sidechain/chain/entry.ts';
import { auditChain } from '../../../sidechain/store/audit.ts';
import { readBody, walkBlocks } from '../../../sidechain/store/block-table.ts';
import { newChain, TestDatabase } from './rig.ts';

const program = fileURLToPath(new URL('./kill-program.ts', import.meta.url));

/** Runs the program until it has said so many lines, and kills it in the middle of its work. */
async function runAndKill(dataDir: string, lineCount: number): Promise<readonly string[]> {
  const child = spawn(process.execPath, [program, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (lines.length === lineCount) child.kill('SIGKILL');
  }
  expect(await exited).toEqual([null, 'SIGKILL']);
  return lines;
}

/** Sequence numbers of the batches in a block. */
async function sequencesIn(database: TestDatabase, height: number): Promise<readonly number[]> {
  const body = decodeBlock((await readBody(database, height)) ?? new Uint8Array());
  if (!body.ok) return [];
  return body.value.entries.flatMap(({ entry, packs }) => {
    const opened = openEntry(suite, entry);
    const batch = opened.ok && packs !== undefined ? decodeBatch(opened.value.payload) : undefined;
    return batch?.ok === true ? [batch.value.sequence] : [];
  });
}

test('kill -9 again and again: all that was acknowledged is there once', async () => {
  const dataDir = await newChain();
  const said: string[] = [];
  for (const lineCount of [1, 7, 20, 33, 50]) said.push(...(await runAndKill(dataDir, lineCount)));

  const database = new TestDatabase(dataDir);
  const report = await auditChain({ database, suite, contracts: [] });
  const [waiting] = await database.read('SELECT count(*) AS count FROM outbox');
  expect(report).toMatchObject({ ok: true });
  const found = new Map<number, number[]>();
  for await (const { height } of walkBlocks(database, { from: 1, to: 10_000 })) {
    for (const sequence of await sequencesIn(database, height)) {
      found.set(sequence, [...(found.get(sequence) ?? []), height]);
    }
  }
  const numbers = [...found.keys()];
  expect(numbers).toEqual(numbers.map((_, i) => i + 1));
  let signedSize = 0;
  for (const line of said) {
    const [first = '', second, height] = line.split(' ');
    if (first === 'signed') {
      expect(Number(second)).toBeGreaterThanOrEqual(signedSize);
      signedSize = Number(second);
    } else {
      expect(second).toBe('accepted');
      expect(found.get(Number(first)), line).toContain(Number(height));
    }
  }
  expect(report.ok && report.cosignedSize).toBeGreaterThanOrEqual(signedSize);
  // Accepted once each, though an entry may have been proposed again after a kill and refused as
  // old.
  expect(report.ok && report.entryCount).toBe(2 + numbers.length);
  expect(waiting?.count).toBeLessThanOrEqual(4);
  await database.close();
});

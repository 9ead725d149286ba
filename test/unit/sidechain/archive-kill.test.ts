// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { anchoredChain, auditOf } from './archived.ts';

const program = fileURLToPath(new URL('./archive-program.ts', import.meta.url));

/** Kills it so long after it has opened the chain, or once all is archived. */
async function runAndKill(dataDir: string, afterMs: number): Promise<readonly string[]> {
  const child = spawn(process.execPath, [program, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (line === 'open') setTimeout(() => child.kill('SIGKILL'), afterMs);
    else child.kill('SIGKILL');
  }
  expect(await exited).toEqual([null, 'SIGKILL']);
  return lines;
}

test('kill -9 while blocks move into segments: none is lost, and it comes to its end', async () => {
  const dataDir = await anchoredChain();
  for (const afterMs of [15, 25, 40, 60]) {
    await runAndKill(dataDir, afterMs);
    expect(await auditOf(dataDir)).toMatchObject({ ok: true, checkedFrom: 0, entryCount: 603 });
  }
  expect(await runAndKill(dataDir, 20_000)).toEqual(['open', 'archived']);
  expect(await auditOf(dataDir)).toMatchObject({ ok: true, checkedFrom: 0, entryCount: 603 });
}, 60_000);

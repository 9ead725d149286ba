// SPDX-License-Identifier: Apache-2.0
// The demonstration on a consortium, as a newcomer runs it: the same story, on four organisations. The
// proof that it leaves holds by three of their keys, and by no two.

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Outcome } from '../demo/story.ts';
import { tieline } from './harness/network.ts';
import { runToEnd } from './harness/restartable.ts';
import { root } from './run-tool.ts';

test('the demonstration on four organisations leaves a proof that three of them vouch for', async () => {
  const words = ['--consortium', '--once', '--json'];
  const demo = await runToEnd(process.execPath, [join(root, 'test/demo/main.ts'), ...words], {
    timeoutMs: 240_000,
  });
  expect(demo, demo.errors).toMatchObject({ code: 0 });
  const outcome = JSON.parse(demo.out.trimEnd().split('\n').at(-1) ?? '') as Outcome;
  onTestFinished(() => rmSync(dirname(outcome.proof), { recursive: true }));
  expect(outcome).toMatchObject({ verified: true, gateways: 3 });

  const all = readFileSync(`${outcome.proof}.keys`, 'utf8');
  const organisations = all.split('\n').filter((line) => line.startsWith('demo.example/main+'));
  expect(organisations).toHaveLength(4);
  const verdicts = organisations.map(async (left, i) => {
    const path = join(dirname(outcome.proof), `without-${i}.keys`);
    // Two that are left out, of which one at least has signed.
    const other = organisations[(i + 1) % organisations.length] ?? '';
    writeFileSync(path, all.replace(left, '').replace(other, ''));
    return (await tieline('verify', outcome.proof, '--keys', path)).code;
  });
  expect(await Promise.all(verdicts)).toEqual([3, 3, 3, 3]);
  const keys = ['--keys', `${outcome.proof}.keys`];
  expect(await tieline('verify', outcome.proof, ...keys)).toMatchObject({ code: 0 });
});

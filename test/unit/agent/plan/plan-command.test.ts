// SPDX-License-Identifier: Apache-2.0
// `tieline plan`: its exit code is its verdict, and what a gateway has learned counts.

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, type TestContext, test } from 'vitest';
import { plan } from '../../../../agent/commands/plan.ts';

async function planned({ onTestFinished }: TestContext, baudRate: number, learned = '') {
  const folder = await mkdtemp(join(tmpdir(), 'tieline-plan-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const meters = [1, 2, 3, 4, 5].map(
    (unit) => `  - {name: meter-${unit}, meter: eastron-sdm630, line: bus, unit: ${unit}}`,
  );
  const config = join(folder, 'gateway.yaml');
  await writeFile(
    config,
    [
      'name: here',
      "mqtt: {url: 'mqtt://127.0.0.1:1883'}",
      `lines: [{name: bus, serial: /dev/ttyUSB0, baudRate: ${baudRate}}]`,
      'meters:',
      ...meters,
    ].join('\n'),
  );
  await mkdir(join(folder, 'data'));
  await writeFile(join(folder, 'data', 'learned.json'), learned);
  const printed: string[] = [];
  const exitCode = await plan.run({
    values: { config, json: true },
    positionals: [],
    print: (text) => printed.push(text),
    ending: new AbortController().signal,
  } as Parameters<typeof plan.run>[0]);
  const [line] = JSON.parse(printed.join('\n')).lines;
  return { exitCode, line };
}

test('exit code 1 and remedies where the schedule does not fit, 0 where it does', async (context) => {
  const slow = await planned(context, 9_600);
  expect(slow.exitCode).toBe(1);
  expect(slow.line.remedies.length).toBeGreaterThan(0);
  const fast = await planned(context, 38_400);
  expect(fast).toMatchObject({ exitCode: 0, line: { fits: true, remedies: [] } });
});

test('latencies that a gateway has measured take the place of the assumed ones', async (context) => {
  const latency = Array.from({ length: 10 }, (_, i) => (i === 9 ? 100 : 0));
  const units = [1, 2, 3, 4, 5].map((unit) => [`unit ${unit}`, { latency, cuts: {} }]);
  const learned = { version: 1, lines: { bus: Object.fromEntries(units) } };
  const { exitCode, line } = await planned(context, 9_600, JSON.stringify(learned));
  expect(line.assumptions).toEqual([]);
  expect(exitCode).toBe(0);
});

// SPDX-License-Identifier: Apache-2.0
// Five gateways under every kind of fault, for a minute: the short form of `npm run -s soak`. What
// goes wrong is told with the command that repeats the schedule.

import { expect, test } from 'vitest';
import { runToEnd } from './harness/restartable.ts';
import { root } from './run-tool.ts';

test('five gateways under faults keep all that they acknowledged, once, and agree', async () => {
  const words = ['--minutes', '1', '--seed', '7', '--json'];
  const { code, out, errors } = await runToEnd(
    process.execPath,
    [`${root}test/soak/main.ts`, ...words],
    { timeoutMs: 500_000 },
  );
  expect(code, errors.slice(-6_000)).toBe(0);
  const report = JSON.parse(out);
  expect(report).toMatchObject({ minutes: 1, seed: 7, lost: 0, doubled: 0, diverged: 0 });
  expect(report.batches).toBeGreaterThan(100);
  for (const [kind, times] of Object.entries(report.faults)) {
    expect(times, kind).toBeGreaterThan(0);
  }
});

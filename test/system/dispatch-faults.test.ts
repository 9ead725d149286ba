// SPDX-License-Identifier: Apache-2.0
// A dispatch node under each kind of fault once: the short form of `npm run -s faults -- dispatch`.
// What goes wrong is told with the command that repeats the schedule.

import { expect, test } from 'vitest';
import { runToEnd } from './harness/restartable.ts';
import { root } from './run-tool.ts';

test('a centre under faults keeps all that it promised, once, and a mirror finds nothing', async () => {
  const words = ['dispatch', '--minutes', '0', '--seed', '5', '--json'];
  const { code, out, errors } = await runToEnd(
    process.execPath,
    [`${root}test/faults/main.ts`, ...words],
    { timeoutMs: 500_000 },
  );
  expect(code, errors.slice(-6_000)).toBe(0);
  const report = JSON.parse(out);
  expect(report).toMatchObject({ seed: 5, lost: 0, doubled: 0 });
  expect(report.receipts).toBeGreaterThan(10);
  for (const [kind, times] of Object.entries(report.faults)) {
    expect(times, kind).toBeGreaterThan(0);
  }
});

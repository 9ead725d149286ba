// SPDX-License-Identifier: Apache-2.0
// The interaction scenarios of etcd-io/raft, run against our core. A file put beside them is run,
// too.

import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { runScenario } from '../../scenario/run-scenario.ts';

const folder = new URL('../../vectors/etcd-raft/interaction/', import.meta.url);
const files = readdirSync(folder).filter((file) => file.endsWith('.txt'));

test.each(files)('etcd-io/raft %s', (file) => {
  const { caseCount, difference } = runScenario(readFileSync(new URL(file, folder), 'utf8'));
  expect(difference).toBeUndefined();
  expect(caseCount).toBeGreaterThan(0);
});

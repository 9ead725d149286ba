// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { Cluster } from './cluster.ts';

test('what a member knew to be committed is on its disk once an entry after that is', async () => {
  const cluster = await Cluster.start(3);
  const { id = 0 } = cluster.leader ?? {};
  for (let i = 0; i < 4; i++) {
    const applied = cluster.submit(id);
    await cluster.settled();
    await applied;
  }
  for (const { database } of cluster.members) {
    const sql = 'SELECT commit_index AS commitIndex, max(idx) AS last FROM hard_state, log';
    const [row] = (await database?.read(sql)) ?? [];
    // Of the newest entry nobody had to write that it is committed.
    expect(Number(row?.commitIndex)).toBeGreaterThanOrEqual(Number(row?.last) - 1);
  }
});

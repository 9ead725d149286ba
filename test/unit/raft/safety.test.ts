// SPDX-License-Identifier: Apache-2.0
// Random histories: whatever is lost, doubled, reordered, cut or crashed, nothing that Raft
// promises is broken, and once the faults end the group goes on.

import { expect, test } from 'vitest';
import { fromUtf8 } from '../../../base/bytes.ts';
import { RandomGroup } from './random-group.ts';

const historyCount = 100;
const eventCount = 3_000;

function runHistory(seed: number, options: { readonly asyncStorageWrites: boolean }): RandomGroup {
  const group = new RandomGroup(seed, options);
  for (let i = 0; i < eventCount; i += 1) {
    group.act();
    if (i % 100 === 0) group.oracle.checkLogs(group.members);
  }
  return group;
}

for (const asyncStorageWrites of [false, true]) {
  const name = asyncStorageWrites ? 'asynchronous storage writes' : 'one write at a time';
  test(`${historyCount} random histories keep Raft's promises (${name})`, () => {
    const seen = { applied: 0, changes: 0, leaders: 0, snapshots: 0 };
    for (let seed = 1; seed <= historyCount; seed += 1) {
      const group = runHistory(seed, { asyncStorageWrites });
      group.heal(60);
      const index = group.proposeToLeader(`after ${seed}`);
      group.heal(20);
      group.oracle.checkLogs(group.members);
      const { ledger, leaderCount, snapshotCount } = group.oracle;
      expect(fromUtf8(ledger.get(index)?.data ?? new Uint8Array())).toBe(`after ${seed}`);
      seen.applied += ledger.size;
      seen.changes += [...ledger.values()].filter(({ kind }) => kind === 'config').length;
      seen.leaders += leaderCount;
      seen.snapshots += snapshotCount;
    }
    // Else the histories prove nothing.
    expect(seen.applied).toBeGreaterThan(historyCount * 20);
    expect(seen.changes).toBeGreaterThan(historyCount);
    expect(seen.leaders).toBeGreaterThan(historyCount * 2);
    expect(seen.snapshots).toBeGreaterThan(historyCount / 2);
  });
}

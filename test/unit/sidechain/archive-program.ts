// SPDX-License-Identifier: Apache-2.0
// A gateway's node on its real database that archives what is due, for a test to kill. Time runs a
// thousand times as fast. Says `archived` when all is. Argument: the data directory.

import { randomBytes } from 'node:crypto';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { createLog } from '../../../host/log.ts';
import { openNode } from '../../../sidechain/node.ts';
import { openChainDatabase } from '../../../sidechain/store/chain-file.ts';
import { archivePath } from '../../../sidechain/store/segment-file.ts';
import { snapshotPath } from '../../../sidechain/store/snapshot-file.ts';
import { gateway } from '../chain/fixture.ts';

const [dataDir = ''] = process.argv.slice(2);
const node = await openNode({
  database: await openChainDatabase(dataDir, 'existing'),
  suite,
  signer: gateway,
  contracts: [],
  clock: {
    nowMs: () => Date.now(),
    monotonicMs: () => performance.now() * 1_000,
    state: () => ({ state: 'free-running', errorMs: null }),
  },
  log: createLog({ level: 'error' }),
  random: (length) => new Uint8Array(randomBytes(length)),
  every: (_, run) => {
    const timer = setInterval(run, 5);
    return () => clearInterval(timer);
  },
  archive: {
    directory: archivePath(dataDir),
    snapshotFile: snapshotPath(dataDir),
    retentionMs: 0,
    diskBytesMax: undefined,
    segmentGroups: 1,
    neededFrom: async () => Number.POSITIVE_INFINITY,
  },
});
process.stdout.write('open\n');
while (node.status().archive?.keptFrom !== 512)
  await new Promise((resume) => setTimeout(resume, 2));
process.stdout.write('archived\n');

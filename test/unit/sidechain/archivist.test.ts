// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { createLog } from '../../../host/log.ts';
import { Archivist } from '../../../sidechain/archivist.ts';
import { readKept } from '../../../sidechain/store/archive-table.ts';
import { readChain } from '../../../sidechain/store/chain-file.ts';
import { anchoredChain, rulesFor } from './archived.ts';
import { TestDatabase } from './rig.ts';

test.each([
  { snapshotSize: 0, keptFrom: 0 },
  { snapshotSize: 255, keptFrom: 0 },
  { snapshotSize: 256, keptFrom: 256 },
  { snapshotSize: 511, keptFrom: 256 },
  { snapshotSize: 600, keptFrom: 512 },
])(
  'with a snapshot of $snapshotSize blocks, those from $keptFrom on stay for a member that is behind',
  async ({ snapshotSize, keptFrom }) => {
    const dataDir = await anchoredChain();
    const database = new TestDatabase(dataDir);
    const lines: string[] = [];
    let nowMs = 0;
    const archivist = new Archivist({
      suite,
      database,
      chainId: (await readChain(database)).chainId,
      rules: rulesFor(dataDir),
      kept: await readKept(database),
      receiptSize: () => 600,
      timeMs: () => Number.MAX_SAFE_INTEGER,
      snapshotSize: () => snapshotSize,
      onPruned: () => {},
      onDamaged: () => {},
      write: (statements) => database.write(statements),
      monotonicMs: () => nowMs,
      fail: (error) => expect.fail(String(error)),
      log: createLog({ level: 'error', human: false, write: (line) => lines.push(line) }),
    });
    nowMs = 3_600_000;
    archivist.tick();
    await archivist.settled();
    expect(lines).toEqual([]);
    expect(archivist.status.keptFrom).toBe(keptFrom);
    expect((await readKept(database)).height).toBe(keptFrom);
    await database.close();
  },
);

// SPDX-License-Identifier: Apache-2.0
// A gateway's node on its real database and clock, for a test to kill: says on stdout what was
// acknowledged, a line `<sequence> <height>` each, and signs a checkpoint now and then, `signed
// <size>`. Argument: the data directory.

import { randomBytes } from 'node:crypto';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { createLog } from '../../../host/log.ts';
import { openNode } from '../../../sidechain/node.ts';
import { openChainDatabase } from '../../../sidechain/store/chain-file.ts';
import { batchEntry, gateway, packAt, schemaEntry, schemaId, startMs } from '../chain/fixture.ts';

const [dataDir = ''] = process.argv.slice(2);
const node = await openNode({
  database: await openChainDatabase(dataDir, 'existing'),
  suite,
  signer: gateway,
  contracts: [],
  clock: {
    nowMs: () => Date.now(),
    monotonicMs: () => performance.now(),
    state: () => ({ state: 'free-running', errorMs: null }),
  },
  log: createLog({ level: 'error' }),
  random: (length) => new Uint8Array(randomBytes(length)),
  every: (_, run) => {
    const timer = setInterval(run, 5);
    return () => clearInterval(timer);
  },
  rules: { itemsMax: 3, ageMs: 2, heartbeatMs: 60_000 },
});
const say = (line: string) => process.stdout.write(`${line}\n`);

if (node.registry.schema(gateway.keyId, schemaId) === undefined) await node.submit(schemaEntry());
for (;;) {
  const underWay = Array.from({ length: 4 }, async () => {
    const sequence = node.nextSequence();
    const packs = [packAt(startMs + sequence * 1_000, sequence)];
    const applied = await node.submit(batchEntry(sequence, packs));
    say(`${sequence} ${applied.kind} ${applied.height}`);
  });
  await Promise.all(underWay);
  say(`signed ${(await node.cosign()).size}`);
}

// SPDX-License-Identifier: Apache-2.0
// A chain of one gateway that is long already: its blocks are made by what makes them in a gateway
// (ledger, applier, tables), many in one transaction, and without anyone to wait for.

import { randomBytes } from 'node:crypto';
import { loadGatewayConfig } from '../../../agent/config.ts';
import { gatewayContracts } from '../../../agent/contracts.ts';
import { dataFiles } from '../../../agent/data-files.ts';
import { limits } from '../../../base/limits.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import type { Signer } from '../../../base/suite.ts';
import { decodeSummary } from '../../../contracts/summary.ts';
import type { Clock } from '../../../host/clock.ts';
import { readKeyFile } from '../../../host/key-file.ts';
import type { Database } from '../../../host/sqlite.ts';
import { type BlockEntry, encodeBlock } from '../../../sidechain/chain/block.ts';
import { openEntry } from '../../../sidechain/chain/entry.ts';
import { openGenesis } from '../../../sidechain/chain/genesis.ts';
import { defaultRules } from '../../../sidechain/node-options.ts';
import type { Entry } from '../../../sidechain/raft/entry.ts';
import { Applier } from '../../../sidechain/store/applier.ts';
import { openChainDatabase, readChain } from '../../../sidechain/store/chain-file.ts';
import { appendStatements } from '../../../sidechain/store/log-table.ts';
import { type Opened, openAll } from '../../../sidechain/store/opening.ts';
import { hardStateStatement } from '../../../sidechain/store/raft-state.ts';
import { Workload } from './workload.ts';

/** In one transaction. */
const blocksAtOnce = 500;
const term = 1;

/** Time goes on from block to block. */
class BlockClock implements Clock {
  timeMs: number;

  constructor(timeMs: number) {
    this.timeMs = timeMs;
  }

  readonly nowMs = (): number => this.timeMs;
  readonly monotonicMs = (): number => this.timeMs;
  readonly state = () => ({ state: 'synchronised', errorMs: 1 }) as const;
}

/**
 * Lets the chain of a gateway that does not run grow by so many blocks, each with a batch of one pack.
 * Its state trails as after a crash.
 * @returns how many of the blocks have summaries.
 */
export async function growChain(
  configPath: string,
  blockCount: number,
  {
    blockEveryMs = 1,
    hasSummaries = false,
  }: Partial<Pick<Growth, 'blockEveryMs' | 'hasSummaries'>> = {},
): Promise<number> {
  const config = loadGatewayConfig(configPath);
  const signer = await readKeyFile(dataFiles(config.data).key);
  const database = await openChainDatabase(config.data, 'existing');
  try {
    const opened = await openStanding(database, signer);
    const growth = { blockCount, blockEveryMs, hasSummaries };
    return await grow(database, { opened, signer, device: config.name, ...growth });
  } finally {
    await database.close();
  }
}

async function openStanding(database: Database, signer: Signer): Promise<Opened> {
  const genesis = openGenesis(suite, (await readChain(database)).genesisBytes);
  if (!genesis.ok) throw new Error(genesis.detail);
  return openAll({
    ...{ database, suite, signer, rules: defaultRules, nowMs: 0, archived: undefined },
    contracts: gatewayContracts(genesis.value.genesis),
    outboxBytesMax: limits.outboxBytesMax,
  });
}

type Growth = {
  readonly opened: Opened;
  readonly signer: Signer;
  readonly device: string;
  readonly blockCount: number;
  readonly blockEveryMs: number;
  readonly hasSummaries: boolean;
};

async function grow(
  database: Database,
  { opened, signer, device, blockCount, blockEveryMs, hasSummaries }: Growth,
): Promise<number> {
  const { chainId, ledger, known, configuration } = opened;
  const clock = new BlockClock(ledger.head.header.timeMs);
  const workload = new Workload({ signer, chainId, clock, device, isTradable: hasSummaries });
  const applier = new Applier(suite, {
    ...opened,
    onFault: (_entry, reason) => {
      throw new Error(`what was made is faulty: ${reason}`);
    },
  });
  let { sequence } = ledger.registry.sequence(signer.keyId);
  const [vote = 0] = configuration.voters;
  let withSummaries = 0;
  const block = (entry: BlockEntry): Uint8Array => {
    const signed = openEntry(suite, entry.entry);
    if (signed.ok) known.signedHere(signed.value, signer);
    const secret = new Uint8Array(randomBytes(32));
    clock.timeMs += blockEveryMs;
    return encodeBlock({ timeMs: clock.timeMs, clock: clock.state(), secret, entries: [entry] });
  };
  const append = async (bodies: readonly Uint8Array[]): Promise<void> => {
    const first = applier.index + 1;
    const entries = bodies.map(
      (data, i): Entry => ({ index: first + i, term, kind: 'normal', data }),
    );
    const { statements, blocks, finish } = await applier.apply(entries, 0);
    if (blocks.some((made) => made.block.refused.length > 0)) throw new Error('refused');
    const commit = applier.index;
    const log = [...appendStatements(suite, entries), hardStateStatement({ term, vote, commit })];
    await database.write([...log, ...statements]);
    finish();
    withSummaries += blocks.filter(({ block: { outputs } }) =>
      outputs.some(({ bytes }) => decodeSummary(bytes).ok),
    ).length;
  };
  await append([block(workload.schema())]);
  for (let left = blockCount - 1; left > 0; left -= blocksAtOnce) {
    const bodies = Array.from({ length: Math.min(left, blocksAtOnce) }, () => {
      sequence += 1;
      return block(workload.batch(sequence, 1));
    });
    await append(bodies);
  }
  return withSummaries;
}

// SPDX-License-Identifier: Apache-2.0
// Opens all that a node stands on, and checks that it may run at all: the copy is this gateway's,
// it was not stopped for good, and it holds all that was signed.

import { assert } from '../../base/assert.ts';
import { TielineError } from '../../base/errors.ts';
import type { Signer, Suite } from '../../base/suite.ts';
import type { Database } from '../../host/sqlite.ts';
import { type Genesis, openGenesis } from '../chain/genesis.ts';
import type { Verdicts } from '../chain/judge.ts';
import type { Contract, Ledger } from '../chain/ledger.ts';
import type { CuttingRules } from '../chain/pool.ts';
import { rememberVerdicts } from '../chain/verdicts.ts';
import { emptyConfiguration } from '../raft/configuration/configuration.ts';
import type { MemoryStorage } from '../raft/memory-storage.ts';
import { assertMayRun, readChain } from './chain-file.ts';
import { assertNotRolledBack, type Cosigned, readCosigned } from './cosigned-table.ts';
import { damaged } from './damage.ts';
import type { History } from './history.ts';
import { openLedger } from './open-ledger.ts';
import { Outbox } from './outbox.ts';
import { loadRaftStorage } from './raft-state.ts';
import type { StateTrail } from './state-table.ts';
import { Submissions } from './submissions.ts';

export type Opening = {
  readonly database: Database;
  readonly suite: Suite;
  readonly signer: Signer;
  readonly contracts: readonly Contract[];
  readonly rules: CuttingRules;
  readonly outboxBytesMax: number;
  readonly nowMs: number;
};

export type Opened = {
  readonly chainId: Uint8Array;
  readonly genesis: Genesis;
  readonly ledger: Ledger;
  readonly history: History;
  readonly trail: StateTrail;
  readonly verdicts: Verdicts;
  readonly storage: MemoryStorage;
  /** Log index up to which blocks are applied. */
  readonly appliedIndex: number;
  readonly cosigned: Cosigned | undefined;
  readonly submissions: Submissions;
};

/**
 * @throws TielineError `chain-unfinished | chain-stopped | wrong-key | rollback | log-damaged |
 * diverged`.
 */
export async function openAll(options: Opening): Promise<Opened> {
  const { database, suite, signer, contracts, nowMs } = options;
  const chain = await readChain(database);
  assertMayRun(chain, signer.keyId);
  const { chainId, genesisBytes } = chain;
  const opened = openGenesis(suite, genesisBytes);
  if (!opened.ok) throw damaged(`the genesis: ${opened.detail}`);
  const { genesis } = opened.value;
  assertAlone(genesis);

  const verdicts = rememberVerdicts(suite, chainId);
  const { ledger, history, trail, last } = await openLedger({
    database,
    suite,
    contracts,
    genesisBytes,
    verdicts,
    nowMs,
  });
  const cosigned = await readCosigned(database);
  assertNotRolledBack(cosigned, ledger.tree.size);
  const storage = await loadRaftStorage(database, suite, {
    index: last.logIndex,
    configuration: { ...emptyConfiguration, voters: genesis.members.map((_, i) => i + 1) },
  });
  const outbox = await Outbox.open(database, options.outboxBytesMax);
  const submissions = await Submissions.open(suite, outbox, options.rules);
  const appliedIndex = last.logIndex;
  return {
    chainId,
    genesis,
    ledger,
    history,
    trail,
    verdicts,
    storage,
    appliedIndex,
    cosigned,
    submissions,
  };
}

/** Members speak to each other over a transport, and there is none in this version. */
function assertAlone(genesis: Genesis): void {
  assert(genesis.members.length > 0, 'a genesis has members');
  if (genesis.members.length === 1) return;
  throw new TielineError(
    'members-unsupported',
    `the chain has ${genesis.members.length} members, this version runs chains of one gateway`,
    { hint: 'make the chain with one member' },
  );
}

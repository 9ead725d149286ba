// SPDX-License-Identifier: Apache-2.0
// Opens all that a node stands on, and checks that it may run at all: the copy is this gateway's,
// it was not stopped for good, and it holds all that was signed.

import type { Signer, Suite } from '../../base/suite.ts';
import type { Database } from '../../host/sqlite.ts';
import { type Genesis, openGenesis } from '../chain/genesis.ts';
import type { Contract, Ledger } from '../chain/ledger.ts';
import type { CuttingRules } from '../chain/pool.ts';
import type { Evidence } from '../chain/report.ts';
import { KnownVerdicts } from '../chain/verdicts.ts';
import type { Configuration } from '../raft/configuration/configuration.ts';
import { type Kept, readKept } from './archive-table.ts';
import { assertMayRun, readChain } from './chain-file.ts';
import { firstConfiguration, readConfiguration } from './configuration-table.ts';
import { assertNotRolledBack, type Cosigned, readCosigned } from './cosigned-table.ts';
import { damaged } from './damage.ts';
import type { ArchivedLeaves, History } from './history.ts';
import type { LogWindow } from './log-window.ts';
import { openLedger } from './open-ledger.ts';
import { Outbox } from './outbox.ts';
import { loadLogWindow } from './raft-state.ts';
import type { StateTrail } from './state-table.ts';
import { type SubmissionRules, Submissions } from './submissions.ts';
import { readEvidence, readWitnessed, type Witnessed } from './witness-table.ts';

export type Opening = {
  readonly database: Database;
  readonly suite: Suite;
  readonly signer: Signer;
  readonly contracts: readonly Contract[];
  readonly rules: CuttingRules;
  readonly onCommitted?: SubmissionRules['onCommitted'];
  readonly outboxBytesMax: number;
  readonly nowMs: number;
  readonly archived: ArchivedLeaves | undefined;
};

export type Opened = {
  readonly chainId: Uint8Array;
  readonly genesis: Genesis;
  readonly ledger: Ledger;
  readonly history: History;
  readonly trail: StateTrail;
  readonly known: KnownVerdicts;
  readonly storage: LogWindow;
  /** Log index up to which entries are applied. */
  readonly appliedIndex: number;
  /** Raft's, as of there. */
  readonly configuration: Configuration;
  readonly kept: Kept;
  readonly cosigned: Cosigned | undefined;
  readonly submissions: Submissions;
  /** What other members were seen to sign. */
  readonly witnessed: {
    readonly seen: readonly Witnessed[];
    readonly evidence: readonly Evidence[];
  };
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
  const known = new KnownVerdicts(suite, chainId);
  const { ledger, history, trail, last } = await openLedger({
    database,
    suite,
    contracts,
    genesisBytes,
    known,
    nowMs,
    archived: options.archived,
  });
  const cosigned = await readCosigned(database);
  assertNotRolledBack(cosigned, ledger.tree.size);
  const stored = await readConfiguration(database);
  const configuration = stored?.configuration ?? firstConfiguration(genesis);
  const appliedIndex = Math.max(last.logIndex, stored?.logIndex ?? 0);
  const storage = await loadLogWindow(database, suite, { index: appliedIndex, configuration });
  const outbox = await Outbox.open(database, options.outboxBytesMax);
  const { rules, onCommitted } = options;
  const submissions = await Submissions.open(suite, outbox, { ...rules, onCommitted });
  const kept = await readKept(database);
  const witnessed = {
    seen: await readWitnessed(database),
    evidence: await readEvidence(database),
  };
  return {
    chainId,
    genesis,
    ledger,
    history,
    trail,
    known,
    storage,
    appliedIndex,
    configuration,
    kept,
    cosigned,
    submissions,
    witnessed,
  };
}

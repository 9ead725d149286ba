// SPDX-License-Identifier: Apache-2.0
// A ledger as it was when the process ended: the stored state, and the blocks after it applied
// again by the path that live blocks take. Each must come out as the header that is on disk, byte
// by byte; a member that computes another one must not go on.

import { equal } from '../../base/bytes.ts';
import { TielineError } from '../../base/errors.ts';
import type { Suite } from '../../base/suite.ts';
import type { Database } from '../../host/sqlite.ts';
import { type AppliedBlock, type Contract, Ledger } from '../chain/ledger.ts';
import { hasMembers } from '../chain/registry.ts';
import type { KnownVerdicts } from '../chain/verdicts.ts';
import { applyBody } from './apply-body.ts';
import { type BlockRow, lastBlock, readBlocks, walkBlocks } from './block-table.ts';
import { assertIntact } from './damage.ts';
import { type ArchivedLeaves, History } from './history.ts';
import { meaningOf } from './log-meaning.ts';
import { soundEntryOf, walkLog } from './log-table.ts';
import { readState, StateTrail } from './state-table.ts';

export type OpenLedger = {
  readonly ledger: Ledger;
  readonly history: History;
  readonly trail: StateTrail;
  /** The newest block on disk; the ledger stands there. */
  readonly last: BlockRow;
};

/** @throws TielineError `log-damaged`, `diverged`, `chain-format` (fatal). */
export async function openLedger(options: {
  readonly database: Database;
  readonly suite: Suite;
  readonly contracts: readonly Contract[];
  readonly genesisBytes: Uint8Array;
  readonly known: KnownVerdicts;
  readonly nowMs: number;
  readonly archived?: ArchivedLeaves | undefined;
}): Promise<OpenLedger> {
  const { database, suite, contracts, genesisBytes, known, nowMs } = options;
  const stored = await readState(database);
  const last = await lastBlock(database);
  const base = { from: stored.height, to: stored.height };
  const [standing] = await readBlocks(database, base);
  assertIntact(last !== undefined && standing !== undefined, 'the block of the state is missing');

  if (!hasMembers(stored.pairs)) throw otherFormat();

  const history = await History.open(suite, database, stored.height + 1, options.archived);
  const ledger = Ledger.resume(
    suite,
    {
      genesisBytes,
      headerBytes: standing.headerBytes,
      state: stored.pairs,
      tree: history.tree,
    },
    contracts,
  );
  const trail = new StateTrail({ height: stored.height, nowMs });
  const blocks = walkBlocks(database, { from: stored.height + 1, to: last.height });
  const log = walkLog(database, { from: standing.logIndex + 1, to: last.logIndex });
  for await (const row of log) {
    const entry = soundEntryOf(suite, row);
    const meaning = meaningOf(entry);
    if (meaning.kind !== 'block') continue;
    const { body } = meaning;
    const { value: expected } = await blocks.next();
    const given = { body, verdicts: known.verdicts };
    const { block } = await applyBody(suite, { ledger, history }, given);
    assertSame(block, expected, entry.index);
    trail.add(block);
  }
  assertIntact(ledger.head.header.height === last.height, 'bodies of blocks are missing');
  return { ledger, history, trail, last };
}

/** Formats are v0 and may change; from v1 on no published chain will meet this. */
function otherFormat(): TielineError {
  return new TielineError('chain-format', 'the state of this chain is not of this version', {
    retry: 'fatal',
    hint: 'run the program that began it, or begin a new chain with `tieline init` elsewhere',
  });
}

function assertSame(block: AppliedBlock, stored: BlockRow | undefined, logIndex: number): void {
  const { height } = block.header;
  const same =
    stored !== undefined &&
    stored.height === height &&
    stored.logIndex === logIndex &&
    equal(stored.headerBytes, block.headerBytes);
  if (same) return;
  throw new TielineError(
    'diverged',
    `block ${height} does not come out as it did before: its header on disk is another one`,
    {
      retry: 'fatal',
      hint: 'run `tieline chain verify`; it names what was changed, on the disk or in the program',
    },
  );
}

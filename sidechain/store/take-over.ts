// SPDX-License-Identifier: Apache-2.0
// Gives this copy of the chain to a new key of the same gateway, which the chain has granted in the place
// of the old one. Log, blocks and state stay what they are: only what was promised or signed in the old
// name goes. It can die anywhere and be done again; the last transaction is what makes it true.

import { equal, toHex } from '../../base/bytes.ts';
import { TielineError } from '../../base/errors.ts';
import type { Signer, Suite } from '../../base/suite.ts';
import type { Database } from '../../host/sqlite.ts';
import { openGenesis } from '../chain/genesis.ts';
import type { Contract } from '../chain/ledger.ts';
import type { Registry } from '../chain/registry.ts';
import { KnownVerdicts } from '../chain/verdicts.ts';
import { readChain, stoppedForGood } from './chain-file.ts';
import { firstConfiguration, readConfiguration } from './configuration-table.ts';
import { assertNotRolledBack, readCosigned } from './cosigned-table.ts';
import { damaged } from './damage.ts';
import type { ArchivedLeaves } from './history.ts';
import { openLedger } from './open-ledger.ts';
import { signOutboxAnew, type Unsealed } from './outbox-anew.ts';
import { soleVoterStatements } from './sole-voter.ts';

export type TakingOver = {
  /** chain.db, opened for this alone. */
  readonly database: Database;
  readonly suite: Suite;
  readonly contracts: readonly Contract[];
  /** The key that has the old one's place. */
  readonly signer: Signer;
  readonly random: (length: number) => Uint8Array;
  readonly unsealed: readonly Unsealed[];
  readonly archived?: ArchivedLeaves | undefined;
};

/**
 * @returns how many entries were signed anew.
 * @throws TielineError `not-superseded` where the chain does not say so, `chain-stopped`, `rollback`, and
 * as opening the ledger.
 */
export async function takeOver(options: TakingOver): Promise<number> {
  const { database, suite, signer } = options;
  const chain = await readChain(database);
  if (equal(chain.gateway, signer.keyId)) return 0;
  if (chain.stopped !== undefined) throw stoppedForGood(chain.stopped);
  const { chainId, genesisBytes, gateway: old } = chain;
  const genesis = openGenesis(suite, genesisBytes);
  if (!genesis.ok) throw damaged(`the genesis: ${genesis.detail}`);
  const known = new KnownVerdicts(suite, chainId);
  const opening = { ...options, genesisBytes, known, nowMs: 0 };
  const { ledger } = await openLedger({ ...opening, archived: options.archived });
  const { registry } = ledger;
  const { from, to } = assertSuperseded(registry, old, signer.keyId);
  assertNotRolledBack(await readCosigned(database), ledger.tree.size);

  const count = await signOutboxAnew({ ...options, chainId, old, registry });
  const stored = await readConfiguration(database);
  const configuration = stored?.configuration ?? firstConfiguration(genesis.value.genesis);
  await database.write([
    ...(await soleVoterStatements({ database, suite, configuration, from, to })),
    { sql: 'DELETE FROM cosigned' },
    {
      sql: 'UPDATE chain SET gateway = ? WHERE gateway = ?',
      params: [signer.keyId, old],
      changes: 1,
    },
  ]);
  return count;
}

/** Their ids in Raft. */
function assertSuperseded(
  registry: Registry,
  old: Uint8Array,
  keyId: Uint8Array,
): { readonly from: number; readonly to: number } {
  const [before, after] = [registry.member(old), registry.member(keyId)];
  if (before?.revoked === true && after?.revoked === false) {
    return { from: before.raftId, to: after.raftId };
  }
  const text = `the chain has not put ${toHex(keyId)} in the place of ${toHex(old)}`;
  throw new TielineError('not-superseded', text, {
    hint: 'an engineer does it, beside this gateway: `tieline members rotate`',
  });
}

// SPDX-License-Identifier: Apache-2.0
// Copies of the ledger of one organisation: made while the centre runs, verified, and brought back
// where none is left.

import { existsSync } from 'node:fs';
import { equal } from '../base/bytes.ts';
import { TielineError } from '../base/errors.ts';
import { nodeSuite } from '../base/node-suite.ts';
import { readKeyFile } from '../host/key-file.ts';
import { copyDatabase } from '../host/sqlite-copy.ts';
import type { DispatchConfig } from './config.ts';
import { dispatchFiles } from './files.ts';
import { removeMark, writeMark } from './restored.ts';
import { auditLedger, type LedgerAudit } from './store/audit-ledger.ts';

/**
 * The copy is of one instant, and is verified before this resolves.
 * @throws TielineError `database-exists` and the like; `ledger-damaged` where the ledger is not whole.
 */
export async function backUp(
  { data }: Pick<DispatchConfig, 'data'>,
  to: string,
): Promise<LedgerAudit> {
  copyDatabase({ from: dispatchFiles(data).ledger, to });
  return auditLedger(nodeSuite, to);
}

/**
 * Only where there is no ledger, and only with the key of its log.
 * @throws TielineError `database-exists`, `wrong-key`, `ledger-damaged`.
 */
export async function restore(
  { data }: Pick<DispatchConfig, 'data'>,
  options: { readonly from: string; readonly listenMs: number },
): Promise<LedgerAudit> {
  const files = dispatchFiles(data);
  if (existsSync(files.ledger)) {
    throw new TielineError('database-exists', `${files.ledger} exists already`, {
      hint: 'move it away first; it may hold what the copy does not',
    });
  }
  const signer = await readKeyFile(files.logKey);
  const audit = await auditLedger(nodeSuite, options.from);
  if (!audit.mainLog.keys.some(({ publicKey }) => equal(publicKey, signer.publicKey))) {
    throw new TielineError(
      'wrong-key',
      `the copy is of another main log: ${audit.mainLog.origin}`,
      {
        hint: 'restore into the directory that has the main-log.key of this log',
      },
    );
  }
  // Before the ledger is there: it must not run for a moment without it.
  await writeMark(files.restored, { size: audit.size, listenMs: options.listenMs });
  copyDatabase({ from: options.from, to: files.ledger });
  return audit;
}

/** The operator's word that the copy is the newest there ever was. */
export function trustCopy({ data }: Pick<DispatchConfig, 'data'>): void {
  removeMark(dispatchFiles(data).restored);
}

// SPDX-License-Identifier: Apache-2.0
// Which part of the ledger a transaction is about: what it reads and changes there. Beside its
// subject it reads the registry, and whether a chain is enrolled. Chains stay enrolled, so two of
// different subjects do not bear on each other unless one of them changes rights.

import { toHex } from '../../base/bytes.ts';
import type { Suite } from '../../base/suite.ts';
import type { Change, Transaction } from './transaction.ts';

export function transactionSubject(suite: Suite, transaction: Transaction): string {
  switch (transaction.kind) {
    case 'enrol':
      return `chain ${toHex(suite.sha256(transaction.genesis))}`;
    case 'anchor':
      return `chain ${toHex(transaction.anchor.chainId)}`;
    case 'report':
    case 'membership':
      return `chain ${toHex(transaction.chainId)}`;
    case 'govern':
      return 'registry';
    case 'record':
      return `record ${toHex(suite.sha256(transaction.record))}`;
  }
}

/**
 * Whether what others of any subject are judged by is another afterwards: who takes part, and with
 * which rights. A proposal or a vote that waits changes neither.
 */
export function changesRights(changes: readonly Change[]): boolean {
  return changes.some(({ kind }) => kind === 'registry-changed');
}

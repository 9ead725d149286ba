// SPDX-License-Identifier: Apache-2.0
// Which part of the ledger a transaction is about. Two of different subjects do not bear on each
// other: where a block holds one of each subject at most, each of them can be judged by what the
// ledger was before the block.

import { toHex } from '../../base/bytes.ts';
import type { Suite } from '../../base/suite.ts';
import type { Transaction } from './transaction.ts';

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

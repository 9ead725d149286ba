// SPDX-License-Identifier: Apache-2.0
// What a block of the consortium may hold: transactions of the ledger, and the one that asks for a
// block, so that the validators sign the log although nothing else is to be ordered.

import { accept, type Result } from '../../../base/errors.ts';
import { choice, decodeWith, encodeWith, tuple, uint } from '../../../base/fields.ts';
import type { Transaction } from '../../ledger/transaction.ts';
import { decodeTransaction } from '../../ledger/transaction-codec.ts';

export type BlockTransaction =
  | Transaction
  /** Asks for the block after the one of this height; then it is of no use any more. */
  | { readonly kind: 'vouch'; readonly height: number };

const vouchField = tuple(choice('vouch'), uint());

/** More than one has. */
const vouchBytesMax = 32;

/** The same bytes for all who ask at once: the mempools hold it once. */
export function encodeVouch(height: number): Uint8Array {
  return encodeWith(vouchField, ['vouch', height]);
}

/** Bytes are attacker-controlled. */
export function decodeBlockTransaction(bytes: Uint8Array): Result<BlockTransaction, 'malformed'> {
  if (bytes.length <= vouchBytesMax) {
    const read = decodeWith(vouchField, bytes, { name: 'transaction' });
    if (read.ok) return accept({ kind: 'vouch', height: read.value[1] });
  }
  return decodeTransaction(bytes);
}

// SPDX-License-Identifier: Apache-2.0
// Which keys of a main log count for which of its sizes. A size has one set of keys and no more: what is
// judged by it is judged alike by everybody and at all times.

import { assert } from '../../base/assert.ts';
import { decodeReceipt } from '../../base/cose-receipt.ts';
import { accept, type Result } from '../../base/errors.ts';
import type { Suite } from '../../base/suite.ts';
import {
  type CheckedHandOver,
  checkHandOver,
  type HandOver,
  type HandOverFlaw,
} from './hand-over.ts';
import type { MainLog } from './main-log.ts';
import { type CheckedReceipts, checkStatementReceipts } from './receipt-message.ts';
import type { KeyPeriods } from './retired-key.ts';

export function firstPeriod(mainLog: MainLog): KeyPeriods {
  return [{ mainLog, fromSize: 0 }];
}

export function nextPeriod(
  periods: KeyPeriods,
  { mainLog, size }: Pick<CheckedHandOver, 'mainLog' | 'size'>,
): KeyPeriods {
  return [...periods, { mainLog, fromSize: size }];
}

export function newestKeys(periods: KeyPeriods): MainLog {
  const newest = periods.at(-1);
  assert(newest !== undefined, 'a log has keys');
  return newest.mainLog;
}

/** Keys that count for a log of this size. */
export function keysAt(periods: KeyPeriods, size: number): MainLog {
  const begun = periods.filter(({ fromSize }) => fromSize <= size);
  return newestKeys(begun.length > 0 ? begun : periods.slice(0, 1));
}

/** One hand-over after the other, each by the keys that the one before brought. */
export function followHandOvers(
  suite: Suite,
  from: MainLog,
  handOvers: readonly HandOver[],
): Result<
  { readonly periods: KeyPeriods; readonly checked: readonly CheckedHandOver[] },
  HandOverFlaw
> {
  let periods = firstPeriod(from);
  const checked: CheckedHandOver[] = [];
  for (const handOver of handOvers) {
    const next = checkHandOver(suite, handOver, newestKeys(periods));
    if (!next.ok) return next;
    checked.push(next.value);
    periods = nextPeriod(periods, next.value);
  }
  return accept({ periods, checked });
}

/** Receipts of a statement by the keys that count for the size that they name. */
export function checkReceiptsBySize(
  suite: Suite,
  statement: Uint8Array,
  { receipts, periods }: { readonly receipts: readonly Uint8Array[]; readonly periods: KeyPeriods },
): Result<CheckedReceipts, 'receipt'> {
  const first = decodeReceipt(receipts[0] ?? new Uint8Array());
  if (!first.ok) return first;
  const mainLog = keysAt(periods, first.value.size);
  return checkStatementReceipts(suite, statement, { receipts, mainLog, periods });
}

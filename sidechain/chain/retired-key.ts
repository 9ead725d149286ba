// SPDX-License-Identifier: Apache-2.0
// Periods of a main log's keys, and whether a key is of one that is over.

import { equal } from '../../base/bytes.ts';
import { decodeReceipt } from '../../base/cose-receipt.ts';
import { keyIdOf } from '../../base/ids.ts';
import type { Suite } from '../../base/suite.ts';
import type { MainLog } from './main-log.ts';

export type KeyPeriod = {
  readonly mainLog: MainLog;
  /** The smallest log that these keys sign: the one that ends with the act that named them. */
  readonly fromSize: number;
};

/** The oldest first; at least one. */
export type KeyPeriods = readonly KeyPeriod[];

/** Of a key that counts no more: whose it was, and the first size that it may not sign. */
export function retiredKey(
  suite: Suite,
  periods: KeyPeriods,
  keyId: Uint8Array,
): { readonly name: string; readonly endSize: number } | undefined {
  const isIn = ({ mainLog }: KeyPeriod) =>
    mainLog.keys.find(({ publicKey }) => equal(keyIdOf(suite, publicKey), keyId));
  const place = periods.findLastIndex((period) => isIn(period) !== undefined);
  const [last, after] = [periods[place], periods[place + 1]];
  if (last === undefined || after === undefined) return undefined;
  return { name: isIn(last)?.name ?? '', endSize: after.fromSize };
}

/** Whether any of these receipts names a key that counts no more. It need not hold. */
export function isByRetiredKey(
  suite: Suite,
  receipts: readonly Uint8Array[],
  periods: KeyPeriods,
): boolean {
  return receipts.some((bytes) => {
    const receipt = decodeReceipt(bytes);
    return receipt.ok && retiredKey(suite, periods, receipt.value.kid) !== undefined;
  });
}

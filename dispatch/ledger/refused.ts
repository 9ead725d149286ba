// SPDX-License-Identifier: Apache-2.0
// What the ledger says to a transaction that changes nothing.

import type { Outcomes } from './transaction.ts';

export function refused(
  code: string,
  detail: string,
): { readonly outcome: Extract<Outcomes['enrol'], { kind: 'refused' }>; readonly changes: [] } {
  return { outcome: { kind: 'refused', code, detail }, changes: [] };
}

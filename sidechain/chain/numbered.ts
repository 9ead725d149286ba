// SPDX-License-Identifier: Apache-2.0
// The number that a gateway gives to a statement: reading batches and gaps share one sequence
// without gaps, so that none of them can be taken away unnoticed.

import { decodeBatch } from './batch.ts';
import type { SignedEntry } from './entry.ts';
import { decodeGap } from './gap.ts';

/** The number in a numbered entry; undefined for other kinds, and for one that is malformed. */
export function sequenceIn(entry: SignedEntry): number | undefined {
  if (entry.kind === 'reading-batch') {
    const batch = decodeBatch(entry.payload);
    return batch.ok ? batch.value.sequence : undefined;
  }
  if (entry.kind === 'gap') {
    const gap = decodeGap(entry.payload);
    return gap.ok ? gap.value.sequence : undefined;
  }
  return undefined;
}

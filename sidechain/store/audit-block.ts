// SPDX-License-Identifier: Apache-2.0
// Holds what is stored of one block against what the block comes out as. The first difference is
// named, the broken link before all others: it says that this block is sound and an earlier one was
// made anew.

import { equal } from '../../base/bytes.ts';
import { decodeHeader, type Header } from '../chain/header.ts';
import type { AppliedBlock } from '../chain/ledger.ts';
import type { BlockRow, OutputRow } from './block-table.ts';

/** What is wrong with a block, or with what is kept beside it. */
export type AuditReason =
  | 'genesis'
  | 'missing'
  | 'log'
  | 'body'
  | 'header'
  | 'previous'
  | 'entries'
  | 'outputs'
  | 'state'
  | 'time'
  | 'history'
  | 'cosigned'
  | 'configuration'
  | 'unreadable';

export type Flaw = { readonly reason: AuditReason; readonly detail: string };

type Comparison = readonly [AuditReason, string, (header: Header) => Uint8Array | number | string];

/** In the order in which they are named. */
const comparisons: readonly Comparison[] = [
  ['header', 'the chain id', (header) => header.chainId],
  ['header', 'the height', (header) => header.height],
  ['previous', 'the link to the block before', (header) => header.previous],
  ['entries', 'the entry root', (header) => header.entryRoot],
  ['entries', 'the entry count', (header) => header.entryCount],
  ['outputs', 'the output root', (header) => header.outputRoot],
  ['outputs', 'the output count', (header) => header.outputCount],
  ['state', 'the state hash', (header) => header.stateHash],
  ['time', 'the time', (header) => header.timeMs],
  ['time', 'the clock state', ({ clock }) => `${clock.state} ${clock.errorMs}`],
];

/** What differs between a stored block and the block that its body makes. */
export function flawOfBlock(
  block: AppliedBlock,
  stored: { readonly row: BlockRow; readonly outputs: readonly OutputRow[] },
): Flaw | undefined {
  return (
    flawOfHeader(block, stored.row.headerBytes) ?? flawOfOutputs(block.outputs, stored.outputs)
  );
}

function flawOfHeader(block: AppliedBlock, storedBytes: Uint8Array): Flaw | undefined {
  if (equal(block.headerBytes, storedBytes)) return undefined;
  const stored = decodeHeader(storedBytes);
  if (!stored.ok) return { reason: 'header', detail: `the header is none: ${stored.detail}` };
  for (const [reason, name, read] of comparisons) {
    if (isSame(read(stored.value), read(block.header))) continue;
    return { reason, detail: `${name} in the header is not that of the block` };
  }
  return { reason: 'header', detail: 'the header is written in another way' };
}

function flawOfOutputs(
  outputs: AppliedBlock['outputs'],
  stored: readonly OutputRow[],
): Flaw | undefined {
  if (stored.length !== outputs.length) {
    return {
      reason: 'outputs',
      detail: `${stored.length} of ${outputs.length} outputs are stored`,
    };
  }
  const wrong = outputs.findIndex(({ salt, bytes }, i) => {
    const row = stored[i];
    const same = row?.position === i && equal(row.salt, salt) && equal(row.bytes, bytes);
    return !same;
  });
  return wrong === -1
    ? undefined
    : { reason: 'outputs', detail: `output ${wrong} is not stored as the block made it` };
}

function isSame(a: Uint8Array | number | string, b: Uint8Array | number | string): boolean {
  return a instanceof Uint8Array && b instanceof Uint8Array ? equal(a, b) : a === b;
}

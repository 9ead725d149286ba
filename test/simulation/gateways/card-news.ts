// SPDX-License-Identifier: Apache-2.0
// What happens on a gateway's card and in its chain, in the words that the invariants know.

import { crc32 } from 'node:zlib';
import { toHex } from '../../../base/bytes.ts';
import type { NodeId } from '../../../sidechain/raft/entry.ts';
import type { NewBlock } from '../../../sidechain/store/applier.ts';
import type { Tell } from '../happening.ts';
import type { CardImage, Change } from './card-image.ts';
import { lightSuite } from './light-suite.ts';

export function tellChange(
  member: NodeId,
  { hardState, entries, blocks, outbox, cosignedSize }: Change,
  { truth, tell }: { readonly truth: CardImage; readonly tell: Tell },
): void {
  if (hardState !== undefined || entries.length > 0) {
    const transaction = { kind: 'log', hardState, snapshot: undefined, entries } as const;
    tell({ kind: 'durable', member, transaction });
  }
  for (const { logIndex: index, hash } of blocks) {
    const ledger = { index, term: truth.log.term(index) ?? 0, hash, last: [] };
    const applied = { ledger, configuration: truth.applied.configuration };
    tell({ kind: 'durable', member, transaction: { kind: 'applied', applied } });
  }
  if (cosignedSize !== undefined) tell({ kind: 'signed', member, size: cosignedSize });
  for (const bytes of outbox) tell({ kind: 'kept', member, entry: entryIdOf(bytes) });
}

export function tellBlock(member: NodeId, { block }: NewBlock, tell: Tell): void {
  const { header, headerBytes, accepted } = block;
  const { height } = header;
  const told = { height, hash: crc32(headerBytes), accepted: accepted.map(toHex) };
  tell({ kind: 'told', member, block: told });
}

/** In hex: what a signed entry is known by. */
export function entryIdOf(bytes: Uint8Array): string {
  return toHex(lightSuite.sha256(bytes));
}

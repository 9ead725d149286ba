// SPDX-License-Identifier: Apache-2.0
// A batch without packs, for any chain: a number, a signature, and no schema that it would need.

import { toSequence } from '../../../base/ids.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import type { Signer } from '../../../base/suite.ts';
import { encodeBatch, packRoot } from '../../../sidechain/chain/batch.ts';
import type { BlockEntry } from '../../../sidechain/chain/block.ts';
import { signEntry } from '../../../sidechain/chain/entry.ts';
import { clock, startMs } from '../chain/fixture.ts';

export function emptyBatch(
  sequence: number,
  { signer, chainId }: { readonly signer: Signer; readonly chainId: Uint8Array },
): BlockEntry {
  const secret = new Uint8Array(32).fill(sequence % 256);
  const payload = encodeBatch({
    gateway: signer.keyId as never,
    sequence: toSequence(sequence),
    packCount: 0,
    packRoot: packRoot(suite, secret, []),
    timeMs: startMs + sequence * 1_000,
    clock,
  });
  const entry = signEntry({ kind: 'reading-batch', payload, chainId }, signer);
  return { entry, packs: { secret, packs: [] } };
}

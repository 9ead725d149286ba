// SPDX-License-Identifier: Apache-2.0
// Holds what the main log shows of this chain against what the disk holds. A gateway whose disk is
// older than what it has signed would sign a second history: it must stop for good instead. One
// that only lacks what the other members have signed is behind, and catches up.

import { equal } from '../../base/bytes.ts';
import type { OpenAnchor } from '../../sidechain/chain/anchor.ts';
import { cosignerName } from '../../sidechain/chain/names.ts';
import type { ChainPort } from './chain-port.ts';

/** Why this copy of the chain must never run again, undefined when it may. */
export async function reasonToStop(
  chain: ChainPort,
  anchored: OpenAnchor,
  keyId: Uint8Array,
): Promise<string | undefined> {
  const { size, root } = anchored.checkpoint;
  const bySelf = anchored.lines.some(({ name }) => name === cosignerName(chain.chainId, keyId));
  if (size > chain.size()) {
    if (!bySelf) return undefined;
    const held = `the main log holds ${size} blocks of this chain, this copy only ${chain.size()}`;
    return `${held}: it is an older copy`;
  }
  const ours = await chain.rootAt(size);
  if (!equal(ours, root)) {
    return `the main log holds another history of ${size} blocks: this copy has forked from it`;
  }
  const cosigned = await chain.cosigned();
  if (bySelf && size > (cosigned?.size ?? 0) && size > 1) {
    return `this gateway has co-signed ${size} blocks, this copy knows of ${cosigned?.size ?? 0}`;
  }
  return undefined;
}

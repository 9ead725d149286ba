// SPDX-License-Identifier: Apache-2.0
// Whether this gateway is a member still: it hears of its end from the chain, in a block like any other.

import { toHex } from '../base/bytes.ts';
import type { SidechainNode } from '../sidechain/node.ts';

export type Revoked = { readonly height: number; readonly by: string };

/** Tells once: now, where it was revoked before, else when the block that does it is durable. */
export function onRevocation(
  node: SidechainNode,
  keyId: Uint8Array,
  tell: (revoked: Revoked) => void,
): void {
  const revoked = (): Revoked | undefined => {
    const end = node.registry.member(keyId)?.end;
    if (end === null || end === undefined) return undefined;
    return { height: end.height, by: node.registry.person(end.by)?.name ?? toHex(end.by) };
  };
  const before = revoked();
  if (before !== undefined) {
    tell(before);
    return;
  }
  const stop = node.onApplied(() => {
    const now = revoked();
    if (now === undefined) return;
    stop();
    tell(now);
  });
}

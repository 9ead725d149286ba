// SPDX-License-Identifier: Apache-2.0
// On which chains a device is, of those that a caller may read: names of devices are unique on a
// chain, and seldom beyond it.

import { compare, fromHex } from '../../base/bytes.ts';
import type { History } from '../history/history.ts';
import type { Caller } from './rights.ts';

/** In the order of their ids, from `from` on. */
export async function* chainsWithDevice(
  history: History,
  device: string,
  { caller, from }: { readonly caller: Caller; readonly from?: Uint8Array | undefined },
): AsyncIterable<Uint8Array> {
  if (caller.chains !== 'all') {
    for (const id of [...caller.chains].sort()) {
      const chainId = fromHex(id);
      if (chainId === undefined || (from !== undefined && compare(chainId, from) < 0)) continue;
      if (await history.hasDevice(chainId, device)) yield chainId;
    }
    return;
  }
  if (from !== undefined) yield from;
  let after = from ?? new Uint8Array();
  for (;;) {
    const next = await history.chainWith(device, after);
    if (next === undefined) return;
    yield next;
    after = next;
  }
}

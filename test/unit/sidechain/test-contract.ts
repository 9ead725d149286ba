// SPDX-License-Identifier: Apache-2.0
// A contract that says something of every batch and remembers how many there were.

import { encode, map } from '../../../base/cbor.ts';
import type { Contract } from '../../../sidechain/chain/ledger.ts';

export const countingContract: Contract = {
  name: 'counting',
  version: '1',
  apply: (state, entry, { height, timeMs }) => {
    if (entry.kind !== 'batch') return { outputs: [], effects: [] };
    const count = Number(state.get('count') ?? 0) + 1;
    state.put('count', count);
    state.put(`batch/${count % 3}`, entry.packs.length);
    const output = encode(
      map([
        [1, 'counted'],
        [2, count],
        [3, timeMs],
      ]),
    );
    return { outputs: [output], effects: [height] };
  },
};

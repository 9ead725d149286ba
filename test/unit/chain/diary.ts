// SPDX-License-Identifier: Apache-2.0
// A contract that writes down all it is shown, in values whose encoding is easily got wrong: maps
// in no order, bigints that fit into a number, keys that come and go. Whatever differs between two
// members shows in it.

import { concat } from '../../../base/bytes.ts';
import { type CborValue, encode } from '../../../base/cbor.ts';
import type { LedgerEntry } from '../../../base/machine.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import type { Contract } from '../../../sidechain/chain/ledger.ts';

export const diary: Contract = {
  name: 'diary',
  version: '1',
  apply: (state, entry, { height, timeMs }) => {
    const counts = new Map(asMap(state.get('counts')));
    counts.set(entry.kind, BigInt(String(counts.get(entry.kind) ?? 0)) + 1n);
    state.put('counts', new Map([...counts].toReversed()));
    const before = state.get('digest');
    const said = encode([height, timeMs, spelled(entry), [...counts.keys()].map(String)]);
    const digest = suite.sha256(concat(before instanceof Uint8Array ? before : said, said));
    state.put('digest', digest);
    if (height % 2 === 0) state.put('even', height);
    else state.delete('even');
    return { outputs: [digest], effects: entry.kind === 'gap' ? [height] : [] };
  },
};

function asMap(value: CborValue | undefined): ReadonlyMap<number | string, CborValue> {
  return value instanceof Map ? value : new Map();
}

function spelled(entry: LedgerEntry): CborValue {
  switch (entry.kind) {
    case 'schema':
      return [entry.kind, entry.gateway, entry.id, entry.schema.device];
    case 'batch':
      return [entry.kind, entry.gateway, entry.sequence, entry.packs.map(({ timeMs }) => timeMs)];
    case 'gap':
      return [entry.kind, entry.gateway, entry.sequence, entry.device, entry.reason];
    case 'block-end':
      return [entry.kind];
  }
}

// SPDX-License-Identifier: Apache-2.0
// The state machine that the simulated members keep: numbered operations of a few clients, each
// taken once and in order, as a sidechain takes the batches of its gateways; and a hash over all
// that was applied, so that two members with the same hash have the same history.

import { crc32 } from 'node:zlib';
import { assert } from '../../../base/assert.ts';
import { fromUtf8, utf8 } from '../../../base/bytes.ts';
import type { Entry } from '../../../sidechain/raft/entry.ts';

/** A client's operations are numbered from 1. */
export type Operation = { readonly client: number; readonly number: number };

/** `old`: taken before. `gap`: one before it is missing. */
export type Verdict = 'accepted' | 'old' | 'gap';

export type Ledger = {
  readonly index: number;
  readonly term: number;
  readonly hash: number;
  /** The newest operation that was taken, by client. */
  readonly last: readonly number[];
};

export const emptyLedger: Ledger = { index: 0, term: 0, hash: 0, last: [] };

export function encodeOperation({ client, number }: Operation, paddingLength: number): Uint8Array {
  return utf8(`${client}:${number}:${'.'.repeat(paddingLength)}`);
}

function decodeOperation(data: Uint8Array): Operation {
  const [client, number] = (fromUtf8(data) ?? '').split(':').map(Number);
  assert(client !== undefined && number !== undefined, 'only operations are proposed');
  return { client, number };
}

export type Step = {
  readonly ledger: Ledger;
  readonly judged: { readonly operation: Operation; readonly verdict: Verdict } | undefined;
};

export function applyToLedger(ledger: Ledger, entry: Entry): Step {
  const { index, term, kind, data } = entry;
  const hash = crc32(data, crc32(`${index} ${term} ${kind} `, ledger.hash));
  const next = { ...ledger, index, term, hash };
  if (kind === 'config' || data.length === 0) return { ledger: next, judged: undefined };
  const operation = decodeOperation(data);
  const last = ledger.last[operation.client] ?? 0;
  if (operation.number !== last + 1) {
    const verdict = operation.number <= last ? 'old' : 'gap';
    return { ledger: next, judged: { operation, verdict } };
  }
  const taken = [...ledger.last];
  taken[operation.client] = operation.number;
  return { ledger: { ...next, last: taken }, judged: { operation, verdict: 'accepted' } };
}

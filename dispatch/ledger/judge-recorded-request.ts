// SPDX-License-Identifier: Apache-2.0
// The one kind of record that is looked into: a request for raw readings goes on to its chain, so
// it must have its form, and the chain must be here.

import { toHex } from '../../base/bytes.ts';
import { accept, type Result, refuse } from '../../base/errors.ts';
import type { Suite } from '../../base/suite.ts';
import type { OpenRecord } from '../../sidechain/chain/main-record.ts';
import { openRequest } from '../../sidechain/chain/request.ts';
import type { ChainRecord } from './chain-record.ts';
import type { RecordedRequest } from './transaction.ts';

/** Nothing for a record of another kind. */
export function judgeRecordedRequest(
  suite: Suite,
  { kind, bytes }: OpenRecord,
  chainOf: (chainId: Uint8Array) => ChainRecord | undefined,
): Result<{ readonly request?: RecordedRequest }, 'malformed' | 'unknown-chain'> {
  if (kind !== 'request') return accept({});
  const opened = openRequest(suite, bytes);
  if (!opened.ok) return refuse('malformed', opened.detail);
  const { id, request } = opened.value;
  const { chainId, untilMs, asks } = request;
  if (chainOf(chainId) === undefined) {
    return refuse('unknown-chain', `no chain ${toHex(chainId)} is enrolled here`);
  }
  return accept({ request: { id, chainId, untilMs, askCount: asks.length } });
}

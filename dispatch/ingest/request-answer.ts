// SPDX-License-Identifier: Apache-2.0
// An answer to a request for raw readings that arrived: kept where a member has signed it and it
// answers something that was asked. What it says, only who asked can read.

import { equal } from '../../base/bytes.ts';
import type { Suite } from '../../base/suite.ts';
import { checkRequestAnswer, openRequestAnswer } from '../../sidechain/chain/request-answer.ts';
import type { ChainRecord } from '../ledger/chain-record.ts';
import type { RequestStore } from '../store/request-store.ts';
import type { Reply } from './reply.ts';

/** `payload` is attacker-controlled; `chain` is the one of its topic. */
export async function takeRequestAnswer(
  { suite, requests, nowMs }: { suite: Suite; requests: RequestStore; nowMs: () => number },
  chain: ChainRecord,
  payload: Uint8Array,
): Promise<Reply> {
  const opened = openRequestAnswer(payload);
  if (!opened.ok) return { kind: 'refused', code: 'malformed', detail: opened.detail };
  const checked = checkRequestAnswer(suite, opened.value, chain);
  if (!checked.ok) return { kind: 'refused', code: checked.code, detail: checked.detail };
  const { requestId, ask } = opened.value.answer;
  const request = await requests.request(requestId);
  const isAsked =
    request !== undefined && equal(request.chainId, chain.chainId) && ask < request.askCount;
  if (!isAsked) {
    const detail = 'nobody has asked this chain for that';
    return { kind: 'refused', code: 'unknown-request', detail };
  }
  await requests.keep({ requestId, ask, bytes: payload, takenMs: nowMs() });
  return { kind: 'noted', messageHash: suite.sha256(payload) };
}

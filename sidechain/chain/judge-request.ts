// SPDX-License-Identifier: Apache-2.0
// Whether a request for raw readings counts: the main log has taken it, it is for this chain, not over, not
// here yet, and not one too many.

import { equal } from '../../base/bytes.ts';
import { accept, type Result, refuse } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { Suite } from '../../base/suite.ts';
import type { Registry, RequestState } from './registry.ts';
import { checkRequestMessage, decodeRequestMessage } from './request-message.ts';

export type RequestRefusal =
  | 'malformed'
  /** The main log has not taken it, or not for this chain. */
  | 'request'
  | 'expired'
  | 'duplicate'
  | 'limit';

export type JudgedRequest = {
  readonly requestId: Uint8Array;
  readonly untilMs: number;
  readonly takenMs: number;
};

export function judgeRequest(
  suite: Suite,
  payload: Uint8Array,
  bench: {
    readonly chainId: Uint8Array;
    readonly registry: Pick<Registry, 'mainLog' | 'requests'>;
    readonly previousMs: number;
  },
): Result<JudgedRequest, RequestRefusal> {
  const message = decodeRequestMessage(payload);
  if (!message.ok) return refuse('malformed', message.detail);
  const { chainId, previousMs: takenMs } = bench;
  const { mainLog, requests } = bench.registry;
  const checked = checkRequestMessage(suite, message.value, { chainId, mainLog });
  if (!checked.ok) return checked;
  const { id: requestId } = checked.value;
  const { untilMs } = checked.value.request;
  if (untilMs <= takenMs) return refuse('expired', 'its time is over');
  if (requests.some(({ id }) => equal(id, requestId))) return refuse('duplicate', 'it is here');
  if (requests.filter(isOfLastHour(takenMs)).length >= limits.requestsPerHourMax) {
    return refuse('limit', `${limits.requestsPerHourMax} requests were taken in the last hour`);
  }
  return accept({ requestId, untilMs, takenMs });
}

/** Those that still count, for being answered or for being many. */
export function stillCounts(nowMs: number): (request: RequestState) => boolean {
  const isRecent = isOfLastHour(nowMs);
  return (request) => request.untilMs > nowMs || isRecent(request);
}

function isOfLastHour(nowMs: number): (request: RequestState) => boolean {
  return ({ takenMs }) => nowMs - takenMs < hourMs;
}

const hourMs = 60 * 60 * 1_000;

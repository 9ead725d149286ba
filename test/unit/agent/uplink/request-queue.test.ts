// SPDX-License-Identifier: Apache-2.0
// Requests for raw readings at the gateway: put on the chain by who is on duty, answered a few at a time,
// again until the centre has noted, and nothing of it for a request that the main log has not taken.

import { describe, expect, test } from 'vitest';
import { RequestQueue } from '../../../../agent/uplink/request-queue.ts';
import { concat, equal, u32 } from '../../../../base/bytes.ts';
import { TielineError } from '../../../../base/errors.ts';
import { limits } from '../../../../base/limits.ts';
import { nodeSuite as suite } from '../../../../base/node-suite.ts';
import { createLog } from '../../../../host/log.ts';
import type { RequestState } from '../../../../sidechain/chain/registry.ts';
import { type OpenRequest, openRequest, signRequest } from '../../../../sidechain/chain/request.ts';
import { encodeRequestMessage } from '../../../../sidechain/chain/request-message.ts';
import { chainId, dispatcher, startMs } from '../../chain/fixture.ts';
import { MainLogTwin } from '../../chain/main-log-twin.ts';

const askCount = limits.requestAnswersWaitingMax + 2;

function requestOf(altered: { readonly chainId?: Uint8Array } = {}) {
  const log = MainLogTwin.of();
  const request = signRequest(
    {
      chainId,
      timeMs: startMs,
      untilMs: startMs + 60_000,
      sealTo: new Uint8Array(32).fill(9),
      asks: Array.from({ length: askCount }, (_, i) => ({ device: 'm', timeMs: startMs + i })),
      ...altered,
    },
    log.mainLog.id,
    dispatcher,
  );
  const receipts = log.receipts(log.append(request));
  return { log, request, message: encodeRequestMessage({ request, receipts }) };
}

function setUp({ log, request }: ReturnType<typeof requestOf>) {
  const requests: RequestState[] = [];
  const committed: Uint8Array[] = [];
  let failing: TielineError | undefined;
  const opened = openRequest(suite, request);
  if (!opened.ok) throw new Error(opened.detail);
  const queue = new RequestQueue(suite, {
    chain: {
      chainId,
      mainLog: () => log.mainLog,
      requests: () => requests,
      requestIn: async () => opened.value,
      commitRequest: async (message) => {
        committed.push(message);
        const { id } = opened.value;
        requests.push({ id, height: 1, takenMs: startMs, untilMs: startMs + 60_000 });
        return undefined;
      },
    },
    answer: async ({ id }: OpenRequest, ask) => {
      if (failing !== undefined) throw failing;
      return concat(id, u32(ask));
    },
    log: createLog({ level: 'error', human: false, write: () => {} }),
  });
  const fail = (error: TielineError | undefined) => {
    failing = error;
  };
  return { queue, requests, committed, fail };
}

function noted(message: Uint8Array) {
  return { kind: 'noted', messageHash: suite.sha256(message) } as const;
}

const asksOf = (messages: readonly Uint8Array[]) => messages.map((bytes) => bytes.at(-1));

describe('a request that arrives', () => {
  test('is put on the chain by who is on duty, once', async () => {
    const given = requestOf();
    const { queue, committed } = setUp(given);
    queue.arrived(given.message);
    expect(await queue.due(0, 1_000)).toEqual([]);
    expect(committed).toEqual([]);
    queue.arrived(given.message);
    queue.arrived(given.message);
    await queue.due(0, 0);
    queue.arrived(given.message);
    await queue.due(0, 0);
    expect(committed).toHaveLength(1);
    expect(equal(committed[0] as Uint8Array, given.message)).toBe(true);
  });

  test('of another chain, of another log, or of no log, goes nowhere', async () => {
    const given = requestOf();
    const { queue, committed } = setUp(given);
    queue.arrived(requestOf({ chainId: new Uint8Array(32) }).message);
    queue.arrived(encodeRequestMessage({ request: given.request, receipts: [] }));
    queue.arrived(new Uint8Array([0xa0]));
    queue.arrived(new Uint8Array());
    await queue.due(0, 0);
    expect(committed).toEqual([]);
    expect(queue.refusedCount).toBe(4);
  });
});

describe('its asks', () => {
  test('are answered a few at a time, until the centre has noted all', async () => {
    const given = requestOf();
    const { queue } = setUp(given);
    queue.arrived(given.message);
    const first = await queue.due(0, 0);
    expect(asksOf(first)).toEqual([0, 1, 2, 3]);
    expect(await queue.due(1, 0)).toEqual([]);
    for (const message of first.slice(0, 2)) queue.answered(noted(message));
    expect(asksOf(await queue.due(2, 0))).toEqual([4, 5]);
    expect(asksOf(await queue.due(limits.resendMsMax, 0))).toEqual([2, 3, 4, 5]);
    const rest = await queue.due(3 * limits.resendMsMax, 0);
    for (const message of rest) queue.answered(noted(message));
    expect(await queue.due(9 * limits.resendMsMax, 0)).toEqual([]);
    expect(queue.answeredCount).toBe(askCount);
  });

  test('are nobody else’s while another is on duty', async () => {
    const given = requestOf();
    const { queue, requests } = setUp(given);
    const [id] = [suite.sha256(given.request)];
    requests.push({ id: id as Uint8Array, height: 1, takenMs: startMs, untilMs: startMs + 1 });
    expect(await queue.due(0, 5_000)).toEqual([]);
    expect(await queue.due(1, 0)).toHaveLength(limits.requestAnswersWaitingMax);
  });

  test('wait where they cannot be answered yet, and pass where they never can', async () => {
    const given = requestOf();
    const { queue, fail } = setUp(given);
    queue.arrived(given.message);
    fail(new TielineError('no-receipt', 'not yet', { retry: 'transient' }));
    await expect(queue.due(0, 0)).rejects.toThrow('not yet');
    fail(new TielineError('database-damaged', 'never'));
    expect(await queue.due(1, 0)).toEqual([]);
    fail(undefined);
    expect(await queue.due(2, 0)).toEqual([]);
  });

  test('end with their request', async () => {
    const given = requestOf();
    const { queue, requests } = setUp(given);
    queue.arrived(given.message);
    await queue.due(0, 0);
    requests.splice(0);
    expect(await queue.due(9 * limits.resendMsMax, 0)).toEqual([]);
  });
});

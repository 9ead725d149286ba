// SPDX-License-Identifier: Apache-2.0
// Requests for raw readings at the centre: taken from who may ask, sent down with receipts until they are
// answered or over, and the first answer of a member kept as it came.

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { toBase64, toHex } from '../../../base/bytes.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import type { HttpServer } from '../../../host/http.ts';
import { nodeSealing as sealing } from '../../../host/sealing.ts';
import { chainOrigin } from '../../../sidechain/chain/names.ts';
import { type RawRequest, signRequest } from '../../../sidechain/chain/request.ts';
import { sealFound, signRequestAnswer } from '../../../sidechain/chain/request-answer.ts';
import {
  checkRequestMessage,
  decodeRequestMessage,
} from '../../../sidechain/chain/request-message.ts';
import { checkedFetch } from './checked-fetch.ts';
import { type FakeChain, makeChain, signerOf } from './fake-chain.ts';
import { dispatcher, mainLog } from './fake-main-log.ts';
import { TestCentre } from './test-centre.ts';

let centre: TestCentre;
let http: HttpServer;
let chain: FakeChain;

beforeEach(async () => {
  centre = await TestCentre.begin();
  http = await centre.serve();
  chain = makeChain(mainLog, { seed: 31, members: 3 });
  await centre.enrol(chain);
});
afterEach(async () => {
  await http.close();
  await centre.end();
});

function requestOf(changed: Partial<RawRequest> = {}, by = dispatcher): Uint8Array {
  const { nowMs: timeMs } = centre;
  const request = {
    ...{ chainId: chain.chainId, timeMs, untilMs: timeMs + 60_000 },
    sealTo: sealing.newPair().publicKey,
    asks: [0, 1].map((i) => ({ device: 'meter', timeMs: timeMs - i })),
    ...changed,
  };
  return signRequest(request, mainLog.id, by);
}

async function post(request: Uint8Array) {
  const response = await checkedFetch(`${http.url}/api/v1/requests`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ request: toBase64(request) }),
  });
  const body = (await response.json()) as { readonly id?: string; readonly code?: string };
  return { status: response.status, body };
}

const idOf = (request: Uint8Array) => toHex(suite.sha256(request));

async function progressOf(request: Uint8Array) {
  const response = await checkedFetch(`${http.url}/api/v1/requests/${idOf(request)}`);
  return response.json();
}

function answerTo(request: Uint8Array, ask: number, by = chain.signers[1]): Uint8Array {
  const place = { requestId: suite.sha256(request), ask };
  const { publicKey: sealTo } = sealing.newPair();
  const found = { kind: 'none', reason: 'no reading' } as const;
  const sealed = sealFound(sealing, found, { ...place, sealTo }) as Uint8Array;
  return signRequestAnswer({ ...place, sealed }, chain.chainId, by ?? dispatcher);
}

const sentDown = () =>
  centre.published.filter(({ topic }) => topic === `${chainOrigin(chain.chainId)}/request`);

describe('a request', () => {
  test('is taken once, and goes down with what proves that it was', async () => {
    const request = requestOf();
    expect(await post(request)).toMatchObject({ status: 201, body: { id: idOf(request) } });
    expect(await post(request)).toMatchObject({ status: 200, body: { id: idOf(request) } });
    await expect.poll(() => sentDown().length, { timeout: 20_000 }).toBeGreaterThan(0);
    const message = decodeRequestMessage(sentDown()[0]?.payload ?? new Uint8Array());
    if (!message.ok) throw new Error(message.detail);
    const { chainId } = chain;
    expect(checkRequestMessage(suite, message.value, { chainId, mainLog })).toMatchObject({
      ok: true,
    });
  });

  test('of who may not, of another chain, or without form is refused', async () => {
    const refused = async (request: Uint8Array) => (await post(request)).body.code;
    expect(await refused(requestOf({}, signerOf(999)))).toBe('unknown-signer');
    expect(await refused(requestOf({ chainId: new Uint8Array(32) }))).toBe('unknown-chain');
    expect(await refused(new Uint8Array([1]))).toBe('malformed');
  });

  test('that nobody knows is not found', async () => {
    const url = `${http.url}/api/v1/requests/${'0'.repeat(64)}`;
    expect((await checkedFetch(url)).status).toBe(404);
    expect((await checkedFetch(`${url}/answers/0`)).status).toBe(404);
  });
});

describe('an answer', () => {
  test('of a member is kept as it came, the first of each ask', async () => {
    const request = requestOf();
    await post(request);
    const first = answerTo(request, 1);
    const messageHash = suite.sha256(first);
    expect(await centre.send(chain, 'answer', first)).toEqual([{ kind: 'noted', messageHash }]);
    expect(await centre.send(chain, 'answer', answerTo(request, 1))).toMatchObject([
      { kind: 'noted' },
    ]);
    expect(await progressOf(request)).toMatchObject({ asks: 2, answered: [1] });
    const url = `${http.url}/api/v1/requests/${idOf(request)}/answers`;
    const kept = await (await checkedFetch(`${url}/1`)).arrayBuffer();
    expect(new Uint8Array(kept)).toEqual(first);
    expect((await checkedFetch(`${url}/0`)).status).toBe(404);
  });

  test('by nobody of the chain, or to what was not asked, is refused', async () => {
    const request = requestOf();
    await post(request);
    const refusal = async (payload: Uint8Array) => centre.send(chain, 'answer', payload);
    const stranger = answerTo(request, 0, signerOf(999));
    expect(await refusal(stranger)).toMatchObject([{ code: 'unknown-signer' }]);
    expect(await refusal(answerTo(request, 2))).toMatchObject([{ code: 'unknown-request' }]);
    expect(await refusal(answerTo(requestOf(), 0))).toMatchObject([{ code: 'unknown-request' }]);
    expect(await refusal(new Uint8Array([0x80]))).toMatchObject([{ code: 'malformed' }]);
  });

  test('ends the sending when it was the last', async () => {
    const request = requestOf();
    await post(request);
    await expect.poll(() => sentDown().length, { timeout: 20_000 }).toBeGreaterThan(0);
    for (const ask of [0, 1]) await centre.send(chain, 'answer', answerTo(request, ask));
    const { length } = sentDown();
    await post(request);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(sentDown()).toHaveLength(length);
  });
});

// SPDX-License-Identifier: Apache-2.0
// Requests for raw readings and their answers: only what was signed for this chain and this log counts, and
// only who asked can read.

import { describe, expect, test } from 'vitest';
import { limits } from '../../../base/limits.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { nodeSealing as sealing } from '../../../host/sealing.ts';
import {
  isRequestBy,
  openRequest,
  type RawRequest,
  signRequest,
} from '../../../sidechain/chain/request.ts';
import {
  checkRequestAnswer,
  openRequestAnswer,
  sealFound,
  signRequestAnswer,
  unsealFound,
} from '../../../sidechain/chain/request-answer.ts';
import { everyFlip } from '../base/flip.ts';
import { chainId, dispatcher, gateway, mainGenesis, startMs, stranger } from './fixture.ts';
import { Group } from './group.ts';

const mainLogId = mainGenesis.mainLog.id;
const pair = sealing.newPair();
const request: RawRequest = {
  chainId,
  timeMs: startMs,
  untilMs: startMs + 3_600_000,
  sealTo: pair.publicKey,
  asks: [{ device: 'urn:dev:ops:test-meter-1', timeMs: startMs }],
};
const bytes = signRequest(request, mainLogId, dispatcher);

function opened(input: Uint8Array) {
  const result = openRequest(suite, input);
  if (!result.ok) throw new Error(result.detail);
  return result.value;
}

describe('a request', () => {
  test('is read as it was signed', () => {
    expect(opened(bytes)).toMatchObject({ request, id: suite.sha256(bytes) });
    const { publicKey } = dispatcher;
    expect(isRequestBy(suite, opened(bytes), { publicKey, mainLogId })).toBe(true);
  });

  test('counts for one log and one key alone', () => {
    const by = { publicKey: dispatcher.publicKey, mainLogId };
    expect(isRequestBy(suite, opened(bytes), { ...by, mainLogId: chainId })).toBe(false);
    const other = { ...by, publicKey: stranger.publicKey };
    expect(isRequestBy(suite, opened(bytes), other)).toBe(false);
  });

  test('with any bit turned is none, or not signed', () => {
    const by = { publicKey: dispatcher.publicKey, mainLogId };
    for (const flipped of everyFlip(bytes)) {
      const result = openRequest(suite, flipped);
      expect(result.ok && isRequestBy(suite, result.value, by)).toBe(false);
    }
  });

  test.each<[string, Partial<RawRequest>]>([
    ['nothing asked', { asks: [] }],
    ['too much asked', { asks: Array(limits.requestAsksMax + 1).fill(request.asks[0]) }],
    ['an end before the beginning', { untilMs: startMs }],
    ['an end that is far away', { untilMs: startMs + limits.requestMsMax + 1 }],
    ['a short key', { sealTo: new Uint8Array(31) }],
  ])('%s is refused', (_, changed) => {
    expect(() => signRequest({ ...request, ...changed }, mainLogId, dispatcher)).toThrow(
      'refused when read',
    );
  });
});

describe('an answer', () => {
  const requestId = suite.sha256(bytes);
  const found = { kind: 'reading', bundle: new Uint8Array(3_000).fill(9) } as const;
  const place = { requestId, ask: 3 };
  const sealed = sealFound(sealing, found, { ...place, sealTo: pair.publicKey }) as Uint8Array;
  const group = new Group();
  const signed = signRequestAnswer({ ...place, sealed }, group.chainId, group.signer(1));
  const answer = openRequestAnswer(signed);
  if (!answer.ok) throw new Error(answer.detail);

  test('opens for who asked, and for that ask', () => {
    expect(unsealFound(sealing, answer.value.answer, pair)).toEqual({ ok: true, value: found });
    const other = { ...answer.value.answer, ask: 4 };
    expect(unsealFound(sealing, other, pair).ok).toBe(false);
    expect(unsealFound(sealing, answer.value.answer, sealing.newPair()).ok).toBe(false);
  });

  test('counts by a member of the chain alone', () => {
    const { chainId: ofGroup, members } = group;
    const on = { chainId: ofGroup, members };
    expect(checkRequestAnswer(suite, answer.value, on).ok).toBe(true);
    expect(checkRequestAnswer(suite, answer.value, { ...on, chainId }).ok).toBe(false);
    const strangers = openRequestAnswer(signRequestAnswer({ ...place, sealed }, ofGroup, gateway));
    expect(strangers.ok && checkRequestAnswer(suite, strangers.value, on)).toMatchObject({
      code: 'unknown-signer',
    });
    const revoked = members.map((member) => ({ ...member, revoked: true }));
    expect(checkRequestAnswer(suite, answer.value, { ...on, members: revoked }).ok).toBe(false);
  });

  test('that is too large says so', () => {
    const large = { kind: 'reading', bundle: new Uint8Array(limits.sealedBytesMax) } as const;
    const one = sealFound(sealing, large, { ...place, sealTo: pair.publicKey }) as Uint8Array;
    expect(unsealFound(sealing, { ...place, sealed: one }, pair)).toMatchObject({
      value: { kind: 'none' },
    });
  });

  test('cannot be sealed for a key of small order', () => {
    expect(sealFound(sealing, found, { ...place, sealTo: new Uint8Array(32) })).toBeUndefined();
  });
});

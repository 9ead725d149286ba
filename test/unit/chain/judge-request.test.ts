// SPDX-License-Identifier: Apache-2.0
// Requests for raw readings on the sidechain: only what the main log has taken, for this chain, in time,
// once, and not too many.

import { describe, expect, test } from 'vitest';
import { limits } from '../../../base/limits.ts';
import { type RawRequest, signRequest } from '../../../sidechain/chain/request.ts';
import { encodeRequestMessage } from '../../../sidechain/chain/request-message.ts';
import { dispatcher, chainId as otherChainId, startMs } from './fixture.ts';
import { Group } from './group.ts';
import { MainLogTwin } from './main-log-twin.ts';

const hourMs = 3_600_000;

function requestOf(group: Group, changed: Partial<RawRequest> = {}): Uint8Array {
  const request: RawRequest = {
    chainId: group.chainId,
    timeMs: startMs,
    untilMs: startMs + 12 * hourMs,
    sealTo: new Uint8Array(32).fill(9),
    asks: [{ device: 'meter', timeMs: startMs }],
    ...changed,
  };
  return signRequest(request, group.mainLog.mainLog.id, dispatcher);
}

function entryOf(group: Group, request: Uint8Array, log = group.mainLog, by = 0) {
  const receipts = log.receipts(log.append(request));
  return group.sign('request', encodeRequestMessage({ request, receipts }), by);
}

describe('a request for raw readings', () => {
  test('that the main log has taken stands in the state', () => {
    const group = new Group();
    const request = requestOf(group);
    const { height } = group.apply([entryOf(group, request)]).header;
    expect(group.ledger.registry.requests).toEqual([
      { id: expect.anything(), height, takenMs: startMs, untilMs: startMs + 12 * hourMs },
    ]);
    expect(group.resumed().registry.requests).toEqual(group.ledger.registry.requests);
  });

  test('is refused once more, whoever brings it', () => {
    const group = new Group();
    const request = requestOf(group);
    group.apply([entryOf(group, request)]);
    expect(group.reasons(entryOf(group, request, group.mainLog, 1))).toEqual(['duplicate']);
    const twice = [entryOf(group, requestOf(group, { timeMs: startMs + 1 }))];
    expect(group.reasons(...twice, ...twice)).toEqual(['duplicate']);
  });

  test('is refused with receipts of another log, of too few, or of another request', () => {
    const log = MainLogTwin.of({ keys: 4, threshold: 3 });
    const group = new Group({ mainLog: log });
    const request = requestOf(group);
    const index = log.append(request);
    const entry = (receipts: readonly Uint8Array[]) =>
      group.sign('request', encodeRequestMessage({ request, receipts }));
    expect(group.reasons(entryOf(group, request, MainLogTwin.of()))).toEqual(['request']);
    expect(group.reasons(entry(log.receipts(index).slice(0, 2)))).toEqual(['request']);
    expect(group.reasons(entry(log.receipts(index - 1)))).toEqual(['request']);
    expect(group.reasons(entry([]))).toEqual(['request']);
    expect(group.reasons(entry(log.receipts(index).slice(0, 3)))).toEqual([]);
  });

  test('is refused for another chain, and after its end', () => {
    const group = new Group();
    const other = requestOf(group, { chainId: otherChainId });
    expect(group.reasons(entryOf(group, other))).toEqual(['request']);
    const short = requestOf(group, { untilMs: startMs + 2_000 });
    group.apply([], startMs + 10_000);
    expect(group.reasons(entryOf(group, short))).toEqual(['expired']);
  });

  test('is one of a few an hour, and what is over is forgotten', () => {
    const group = new Group();
    const next = (number: number) =>
      entryOf(group, requestOf(group, { timeMs: startMs + number, untilMs: startMs + hourMs }));
    const many = Array.from({ length: limits.requestsPerHourMax + 1 }, (_, i) => next(i));
    expect(group.reasons(...many)).toEqual(['limit']);
    expect(group.ledger.registry.requests).toHaveLength(limits.requestsPerHourMax);
    group.apply([], startMs + 2 * hourMs);
    const late = requestOf(group, { timeMs: startMs + 99, untilMs: startMs + 3 * hourMs });
    expect(group.reasons(entryOf(group, late))).toEqual([]);
    expect(group.ledger.registry.requests).toHaveLength(1);
  });

  test('brought by nobody of the chain, or malformed, is refused', () => {
    const group = new Group();
    const entry = group.sign('request', new Uint8Array([0xa0]));
    expect(group.reasons(entry)).toEqual(['malformed']);
  });
});

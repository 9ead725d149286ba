// SPDX-License-Identifier: Apache-2.0
// One exchange on a line of bytes: what counts when.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteExchange } from '../../../../drivers/bus/byte-exchange.ts';
import type { RegisterRequest } from '../../../../drivers/line.ts';
import { answerLength, encodeRequest, judgeAnswer } from '../../../../drivers/modbus/rtu-frame.ts';
import { soundAnswer } from '../../../devices/faulty-slave.ts';

const request: RegisterRequest = { unit: 1, functionCode: 4, address: 100, count: 2 };
const send = encodeRequest(request);
const sound = soundAnswer(send);
const sending = () =>
  new ByteExchange({
    send,
    judge: (received) => judgeAnswer(request, received),
    bytesMax: answerLength(request.count),
  });

function waiting() {
  const exchange = sending();
  exchange.written();
  return exchange;
}

test('an answer in any pieces is taken once', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: sound.length }), { maxLength: 8 }), (cuts) => {
      const exchange = waiting();
      const edges = [...new Set([0, ...cuts, sound.length])].toSorted((a, b) => a - b);
      const kinds = edges.slice(1).map((to, i) => exchange.receive(sound.slice(edges[i], to)).kind);
      expect(kinds.at(-1)).toBe('complete');
      expect(new Set(kinds.slice(0, -1)).has('complete')).toBe(false);
      expect(exchange.receive(sound).kind).toBe('stray');
    }),
    { seed: 20_260, numRuns: 200 },
  );
});

test('an answer that begins before the request is out is none', () => {
  const exchange = sending();
  expect(exchange.receive(sound).kind).toBe('malformed');
  exchange.written();
  expect(exchange.receive(sound).kind).toBe('stray');
});

test('after giving up, the rest of the answer is stray', () => {
  const exchange = waiting();
  expect(exchange.receive(sound.slice(0, 4)).kind).toBe('incomplete');
  expect(exchange.receivedCount).toBe(4);
  exchange.giveUp();
  expect(exchange.receive(sound.slice(4)).kind).toBe('stray');
});

test('what does not end is malformed', () => {
  const exchange = new ByteExchange({
    send: undefined,
    judge: () => ({ kind: 'incomplete' }),
    bytesMax: 5,
  });
  exchange.written();
  expect(exchange.receive(new Uint8Array(4)).kind).toBe('incomplete');
  expect(exchange.receive(new Uint8Array(1)).kind).toBe('malformed');
});

test('an echo of the request is called by its name', () => {
  const judgement = waiting().receive(send);
  expect(judgement).toMatchObject({ kind: 'malformed', detail: expect.stringContaining('echo') });
});

// SPDX-License-Identifier: Apache-2.0
// The state machine of the RTU master: what counts when.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RegisterRequest } from '../../../../drivers/line.ts';
import { RtuExchange } from '../../../../drivers/modbus/rtu-exchange.ts';
import { encodeRequest } from '../../../../drivers/modbus/rtu-frame.ts';
import { soundAnswer } from '../../../devices/faulty-slave.ts';

const request: RegisterRequest = { unit: 1, functionCode: 4, address: 100, count: 2 };
const sound = soundAnswer(encodeRequest(request));

function waiting(): RtuExchange {
  const exchange = new RtuExchange();
  exchange.begin(request);
  exchange.written();
  return exchange;
}

test('an answer in any pieces is taken once', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: sound.length }), { maxLength: 8 }), (cuts) => {
      const exchange = waiting();
      const edges = [...new Set([0, ...cuts, sound.length])].toSorted((a, b) => a - b);
      const kinds = edges.slice(1).map((to, i) => exchange.receive(sound.slice(edges[i], to)).kind);
      expect(kinds.at(-1)).toBe('registers');
      expect(new Set(kinds.slice(0, -1)).has('registers')).toBe(false);
      expect(exchange.receive(sound).kind).toBe('stray');
    }),
    { seed: 20_260, numRuns: 200 },
  );
});

test('bytes before any request are stray', () => {
  expect(new RtuExchange().receive(sound)).toEqual({ kind: 'stray' });
});

test('an answer that begins before the request is out is none', () => {
  const exchange = new RtuExchange();
  exchange.begin(request);
  expect(exchange.receive(sound).kind).toBe('malformed');
  exchange.written();
  expect(exchange.receive(sound).kind).toBe('stray');
});

test('after giving up, the answer is stray, and the next exchange starts empty', () => {
  const exchange = waiting();
  expect(exchange.receive(sound.slice(0, 4)).kind).toBe('incomplete');
  expect(exchange.giveUp()).toBe(4);
  expect(exchange.receive(sound.slice(4)).kind).toBe('stray');
  exchange.begin(request);
  exchange.written();
  expect(exchange.receive(sound).kind).toBe('registers');
});

test('an echo of the request is called by its name', () => {
  const judgement = waiting().receive(encodeRequest(request));
  expect(judgement).toMatchObject({ kind: 'malformed', detail: expect.stringContaining('echo') });
});

test('two exchanges at once are a broken invariant', () => {
  const exchange = waiting();
  expect(() => exchange.begin(request)).toThrow('one exchange at a time');
});

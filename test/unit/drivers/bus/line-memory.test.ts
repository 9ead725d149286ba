// SPDX-License-Identifier: Apache-2.0
// What was learned about devices survives a restart; a file that is damaged harms nobody.

import { expect, test } from 'vitest';
import { LineMemory, learnedText, parseLearned } from '../../../../drivers/bus/line-memory.ts';
import { Patience } from '../../../../drivers/bus/patience.ts';

function memory() {
  const patience = new Patience(1_000);
  return { patience, memory: new LineMemory(patience) };
}

test('latencies and cuts come back, for the line and the device that they are of', () => {
  const first = memory();
  for (let i = 0; i < 20; i++) first.patience.answered('unit 1', 30);
  first.memory.addCuts('unit 1', 'eastron-sdm630', new Set([72, 60]));
  first.memory.addCuts('unit 1', 'eastron-sdm630', new Set([60, 8]));
  first.memory.noteWireUse('unit 3', 1, { reading: [[8, 105]], perMinute: [] });
  const text = learnedText(new Map([['cabinet', first.memory.facts()]]));

  const second = memory();
  second.memory.recall(parseLearned(text).get('cabinet') ?? {});
  expect([...second.memory.cutsOf('unit 1', 'eastron-sdm630')]).toEqual([8, 60, 72]);
  expect(second.memory.cutsOf('unit 1', 'eastron-sdm120').size).toBe(0);
  expect(second.memory.cutsOf('unit 2', 'eastron-sdm630').size).toBe(0);
  expect(second.patience.timeoutMs('unit 1')).toBe(first.patience.timeoutMs('unit 1'));
  expect(parseLearned(text).get('cellar')).toBeUndefined();
  expect(learnedText(new Map([['cabinet', second.memory.facts()]]))).toBe(text);
});

test.each([
  '',
  'not JSON',
  '[]',
  '{"version":2,"lines":{}}',
  '{"version":1,"lines":[]}',
  '{"version":1}',
])('%j is an empty memory', (text) => {
  expect(parseLearned(text).size).toBe(0);
});

test('what is damaged in a file is left out, the rest is kept', () => {
  const text = JSON.stringify({
    version: 1,
    lines: {
      bus: {
        'unit 1': { latency: [0, 'x'], cuts: { a: [1, 2], b: [-1], c: 'no' } },
        'unit 2': 7,
        'unit 3': { latency: [0, 5], cuts: {} },
      },
    },
  });
  expect(parseLearned(text).get('bus')).toEqual({
    'unit 1': { latency: [], cuts: { a: [1, 2] } },
    'unit 3': { latency: [0, 5], cuts: {} },
  });
});

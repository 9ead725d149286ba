// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { shownValues, valueRoutes, valuesText } from '../../../agent/values.ts';
import { quality } from '../../../base/quality.ts';
import { measurands } from '../../../drivers/measurand.ts';

const plain = { register: 'r', min: null, max: null, maxStepPerSecond: null };
const meanings = [
  { ...measurands.voltageL1, ...plain },
  { ...measurands.importEnergy, ...plain },
];
const values = shownValues(meanings, [
  { mantissa: 23_012, quality: quality.good },
  { mantissa: null, quality: quality.timeOut },
]);
const chain = { height: 4, timeMs: 0 };
const meter = { device: 'main', periodMs: 1_000, timeMs: 5_000, values };

test('values are exact, and what was not read says why', () => {
  expect(valuesText({ meters: [meter], chain }, 6_500).split('\n')).toEqual([
    'main, 1.5 s ago',
    '1-0:32.7.0*255  230.12  V   good      voltage L1',
    '1-0:1.8.0*255        -  Wh  time-out  energy imported',
  ]);
});

test('of a meter that is silent it is said why, and what to do', () => {
  const silent = { ...meter, fault: 'unit 1 did not answer', hint: 'check its wires' };
  const [, ...lines] = valuesText({ meters: [silent], chain }, 6_500).split('\n');
  expect(lines.slice(0, 2)).toEqual(['  silent: unit 1 did not answer', '  → check its wires']);
});

test('a gateway that has read nothing says so', () => {
  expect(valuesText({ meters: [], chain }, 0)).toContain('nothing was read yet');
});

test('values stand under a mark while no majority has them', () => {
  const stale = { forMs: 7_900, votersReached: 1, voters: 3 };
  const shown = { meters: [meter], chain: { ...chain, stale } };
  const [first, , head] = valuesText(shown, 6_500).split('\n');
  expect(first).toBe(
    'STALE     no majority for 7 s: 1 of 3 voters are here; ' +
      'the chain is shown as of block 4, 1970-01-01T00:00:00.000Z',
  );
  expect(head).toBe('main, 1.5 s ago');
});

test('the local API gives them as decimal text', async () => {
  const [route] = valueRoutes(
    () => [meter],
    () => chain,
  );
  const request = { params: {}, query: {}, body: undefined };
  const answer = await route?.handler(request as never);
  expect(answer).toEqual({
    status: 200,
    body: { meters: [{ origin: 'sensor', ...meter }], chain },
  });
  expect(meter.values[0]).toHaveProperty('value', '230.12');
});

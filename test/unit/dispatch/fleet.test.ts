// SPDX-License-Identifier: Apache-2.0
// A simulated fleet is one that the centre cannot tell from real chains: all that it sends is taken,
// and nothing that was altered.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { nodeSuite } from '../../../base/node-suite.ts';
import { enrolAll, fleetEnrolments } from '../../../dispatch/fleet/enrol-fleet.ts';
import { Fleet } from '../../../dispatch/fleet/fleet.ts';
import { roundsOf } from '../../../dispatch/fleet/fleet-plan.ts';
import { runFleet } from '../../../dispatch/fleet/run-fleet.ts';
import type { MessageHandler, Mqtt } from '../../../host/mqtt.ts';
import { unpack } from '../../../host/packing.ts';
import { dispatcher, mainLog } from './fake-main-log.ts';
import { TestCentre } from './test-centre.ts';

const plan = {
  seed: 'test',
  chains: 3,
  members: 3,
  devices: 2,
  registers: 5,
  intervalSeconds: 60,
  windowSeconds: 180,
};

let centre: TestCentre;
beforeAll(async () => {
  centre = await TestCentre.begin();
});
afterAll(() => centre.end());

/** What is published goes to the centre, and its answers to whoever subscribed. */
function throughCentre(altered: (payload: Uint8Array) => Uint8Array = (payload) => payload): Mqtt {
  const handlers: MessageHandler[] = [];
  let heard = centre.published.length;
  return {
    publish: async (topic, payload) => {
      await centre.centre.ingest.take(topic, altered(payload));
      const answers = centre.published.slice(heard);
      heard += answers.length;
      for (const answer of answers) {
        for (const handler of handlers) await handler(answer.topic, answer.payload);
      }
    },
    subscribe: (_filter, handler) => void handlers.push(handler),
    onConnected: (listener) => listener(),
    connected: true,
    problem: undefined,
    protocol: '5',
    dropped: 0,
    close: async () => {},
  };
}

/** A clock that leaps as far as anybody wants to sleep. */
function leapingClock() {
  let nowMs = 0;
  return {
    monotonicMs: () => nowMs,
    sleep: async (ms: number) => {
      nowMs += Math.max(ms, 1);
    },
  };
}

const run = (fleet: Fleet, mqtt: Mqtt) =>
  runFleet(fleet, {
    suite: nodeSuite,
    mqtt,
    ...leapingClock(),
    ahead: 2,
    ending: new AbortController().signal,
    onProgress: () => {},
  });

test('all that a fleet sends is taken: anchors in every round, summaries once', async () => {
  const fleet = new Fleet(nodeSuite, plan, mainLog);
  const { ordering } = centre.centre;
  const enrol = () =>
    enrolAll(fleetEnrolments(fleet, dispatcher), ordering, { onProgress: () => {} });
  expect(await enrol()).toBe(plan.chains);
  expect(await enrol()).toBe(0);

  const done = await run(fleet, throughCentre());
  const { chains } = plan;
  expect(done).toMatchObject({
    anchors: { sent: chains * roundsOf(plan), taken: chains * roundsOf(plan), unanswered: 0 },
    summaries: { sent: chains, taken: chains, unanswered: 0 },
    others: {},
    invalid: 0,
  });
  expect(done.verified).toBeGreaterThan(0);
  const [row] = await centre.ledger.read('SELECT count(*) AS count FROM summary');
  expect(row?.count).toBe(chains * plan.devices * plan.registers);
});

test('what was altered on the way is refused, and counted by its reason', async () => {
  const fleet = new Fleet(nodeSuite, { ...plan, seed: 'altered' }, mainLog);
  await enrolAll(fleetEnrolments(fleet, dispatcher), centre.centre.ordering, {
    onProgress: () => {},
  });
  const lastByteFlipped = (packed: Uint8Array) =>
    (unpack(packed) ?? packed).map((byte, i, { length }) => (i === length - 1 ? byte ^ 1 : byte));
  const done = await run(fleet, throughCentre(lastByteFlipped));
  expect(done.anchors.taken).toBe(0);
  expect(done.others).toMatchObject({ 'anchor/signature': plan.chains * roundsOf(plan) });
});

test('the same plan makes the same fleet, another seed another one', () => {
  const bytesOf = (seed: string) =>
    [...new Fleet(nodeSuite, { ...plan, seed }, mainLog).messages()].map(({ payload }) => payload);
  expect(bytesOf('a')).toEqual(bytesOf('a'));
  expect(bytesOf('a')).not.toEqual(bytesOf('b'));
});

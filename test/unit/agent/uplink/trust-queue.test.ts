// SPDX-License-Identifier: Apache-2.0
// Hand-overs of the main log's keys at the gateway: put on the chain by who is on duty, and an alarm where
// keys have signed what excludes what they signed before.

import { beforeEach, describe, expect, test } from 'vitest';
import { TrustQueue } from '../../../../agent/uplink/trust-queue.ts';
import { nodeSuite as suite } from '../../../../base/node-suite.ts';
import { createLog } from '../../../../host/log.ts';
import { encodeTrust } from '../../../../sidechain/chain/trust.ts';
import { stranger, testSigner } from '../../chain/fixture.ts';
import { Group } from '../../chain/group.ts';
import { handOverTo } from '../../chain/hand-over-maker.ts';
import { MainLogTwin } from '../../chain/main-log-twin.ts';

const next = testSigner(160);

let group: Group;
let log: MainLogTwin;
let queue: TrustQueue;
let lines: string[];
let committed: number;
beforeEach(() => {
  log = MainLogTwin.of();
  group = new Group({ mainLog: log });
  lines = [];
  committed = 0;
  queue = new TrustQueue(suite, {
    known: () => group.ledger.registry,
    commit: async (message) => {
      committed += 1;
      return group.reasons(group.sign('trust', message))[0];
    },
    log: createLog({ level: 'info', human: false, write: (line) => lines.push(line) }),
  });
});

const eventsOf = () => lines.map((line) => (JSON.parse(line) as { event: string }).event);

describe('a hand-over that arrives', () => {
  test('is put on the chain by who is on duty, once', async () => {
    const message = encodeTrust(handOverTo(log, [next]).trust(0));
    expect(queue.arrived(message)).toBe(true);
    expect(await queue.due(0)).toBe(true);
    expect(group.ledger.registry.mainLog.generation).toBe(1);
    expect(queue.arrived(message)).toBe(true);
    expect(await queue.due(0)).toBe(false);
    expect(committed).toBe(1);
    expect(eventsOf()).toEqual(['trust']);
    expect(queue.alarm).toBeUndefined();
  });

  test('is left to who is on duty by all others', async () => {
    queue.arrived(encodeTrust(handOverTo(log, [next]).trust(0)));
    expect(await queue.due(1_000)).toBe(false);
    expect(await queue.due(0)).toBe(false);
    expect(committed).toBe(0);
  });

  test('that does not hold comes no further, and fills no log', async () => {
    const forged = encodeTrust(handOverTo(log, [next], { by: [stranger] }).trust(0));
    for (let i = 0; i < 9; i++) expect(queue.arrived(forged)).toBe(true);
    expect(await queue.due(0)).toBe(false);
    expect(committed).toBe(0);
    expect(eventsOf()).toEqual(Array(4).fill('trust-refused'));
    expect(queue.alarm).toBeUndefined();
  });
});

test('anything else is no hand-over, and for others to read', () => {
  expect(queue.arrived(Uint8Array.of(1, 2, 3))).toBe(false);
  expect(queue.arrived(group.anchor())).toBe(false);
});

test('two hand-overs of one generation by the same keys are an alarm', async () => {
  queue.arrived(encodeTrust(handOverTo(log, [next]).trust(0)));
  await queue.due(0);
  log.leaves.pop();
  queue.arrived(encodeTrust(handOverTo(log, [stranger]).trust(0)));
  expect(queue.alarm).toMatch(/conflict: .* generation 1 twice/);
  expect(await queue.due(0)).toBe(false);
});

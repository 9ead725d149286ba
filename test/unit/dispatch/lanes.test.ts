// SPDX-License-Identifier: Apache-2.0
// Lanes: a chain that is hostile, or only busy, costs the others nothing but its own turn.

import { expect, test } from 'vitest';
import { limits } from '../../../base/limits.ts';
import { Lanes } from '../../../dispatch/ingest/lanes.ts';

/** Sleeps until the test says so. */
function sleeper() {
  const waking: (() => void)[] = [];
  return {
    sleeping: () => waking.length,
    wake: () => waking.splice(0).forEach((resolve) => void resolve()),
    sleep: () => new Promise<void>((resolve) => void waking.push(resolve)),
  };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));
const message = (chain: string) => ({ chain, byteCount: 10 });
const [honest, hostile] = [async () => true, async () => false];

test('a chain of forgeries alone is looked at now and then, others as ever', async () => {
  const { sleep, sleeping, wake } = sleeper();
  const lanes = new Lanes(sleep);
  for (let i = 0; i < limits.suspectFaults; i++) await lanes.enter(message('bad'), hostile);
  await settle();
  expect(sleeping()).toBe(1);

  const held = Array.from({ length: limits.suspectMessagesMax }, () =>
    lanes.enter(message('bad'), hostile),
  );
  expect(held).not.toContain(undefined);
  expect(lanes.enter(message('bad'), hostile), 'dropped').toBeUndefined();
  for (let i = 0; i < 300; i++) await lanes.enter(message(`good ${i % 7}`), honest);
  expect(lanes.load.messages).toBe(limits.suspectMessagesMax);

  for (const one of held) {
    wake();
    await one;
    await settle();
  }
  await lanes.empty();
  expect(lanes.load).toEqual({ messages: 0, bytes: 0 });
});

test('one good message, and the chain is like all others again', async () => {
  const { sleep, sleeping, wake } = sleeper();
  const lanes = new Lanes(sleep);
  for (let i = 0; i < limits.suspectFaults; i++) await lanes.enter(message('bad'), hostile);
  await settle();
  expect(sleeping()).toBe(1);
  const good = lanes.enter(message('bad'), honest);
  wake();
  await good;
  await settle();
  expect(sleeping()).toBe(0);
  const many = Array.from({ length: limits.chainMessagesMax }, () =>
    lanes.enter(message('bad'), honest),
  );
  expect(many).not.toContain(undefined);
  await lanes.empty();
});

test('a chain with more in hand than it may have waits for nobody else, nor anybody for it', async () => {
  const lanes = new Lanes();
  const { sleep, wake } = sleeper();
  const busy = Array.from({ length: limits.chainMessagesMax + 1 }, () =>
    lanes.enter(message('busy'), async () => {
      await sleep();
      return true;
    }),
  );
  expect(busy.at(-1)).toBeUndefined();
  await lanes.enter(message('other'), honest);
  const done = lanes.empty();
  for (let i = 0; i < limits.chainMessagesMax; i++) {
    await settle();
    wake();
  }
  await done;
});

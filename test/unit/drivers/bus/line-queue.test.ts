// SPDX-License-Identifier: Apache-2.0
// The queue of a line: one at a time, the urgent first, and bounded.

import { expect, test } from 'vitest';
import { limits } from '../../../../base/limits.ts';
import { LineQueue } from '../../../../drivers/bus/line-queue.ts';
import type { Answer, Priority } from '../../../../drivers/line.ts';

const done: Answer = { ok: true, registers: [], afterFault: false };

test('one at a time, by priority, then in the order they came', async () => {
  const queue = new LineQueue();
  const order: string[] = [];
  let running = 0;
  const job = (name: string) => async () => {
    expect(++running).toBe(1);
    await new Promise((resolve) => setImmediate(resolve));
    running--;
    order.push(name);
    return done;
  };
  const wanted: readonly [Priority, string][] = [
    ['scan', 'first come'],
    ['scan', 'scan'],
    ['scheduled', 'read 1'],
    ['scheduled', 'read 2'],
    ['alarm', 'alarm'],
    ['control', 'control'],
  ];
  await Promise.all(wanted.map(([priority, name]) => queue.run(priority, job(name))));
  expect(order).toEqual(['first come', 'control', 'alarm', 'read 1', 'read 2', 'scan']);
});

test('a full queue says so at once, and leaves room for what is more urgent', async () => {
  const queue = new LineQueue();
  const { promise, resolve } = Promise.withResolvers<Answer>();
  const running = [queue.run('scan', () => promise)];
  for (let i = 0; i < limits.lineQueueMax; i++) running.push(queue.run('scan', async () => done));
  expect(await queue.run('scan', async () => done)).toMatchObject({ fault: { kind: 'busy' } });
  running.push(queue.run('control', async () => done));
  resolve(done);
  expect((await Promise.all(running)).every(({ ok }) => ok)).toBe(true);
});

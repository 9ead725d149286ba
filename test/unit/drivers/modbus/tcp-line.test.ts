// SPDX-License-Identifier: Apache-2.0
// The Modbus TCP line against servers that misbehave: every wait ends, nothing crashes, nothing is
// made up.

import type { Socket } from 'node:net';
import { describe, expect, onTestFinished, type TestContext, test } from 'vitest';
import type { Line } from '../../../../drivers/line.ts';
import { openModbusTcpLine } from '../../../../drivers/modbus/tcp-line.ts';
import {
  encodeMbap,
  MbapFrames,
  type MbapRequest,
} from '../../../../drivers/simulator/mbap-frames.ts';
import { listenTcp } from '../../../../drivers/simulator/tcp-server.ts';

const timeoutMs = 100;
const host = '127.0.0.1';

type React = (request: MbapRequest, socket: Socket, index: number) => void;

/** Register n holds n. */
function honest({ transaction, unit, pdu }: MbapRequest, socket: Socket): void {
  const view = new DataView(pdu.buffer, pdu.byteOffset, pdu.byteLength);
  const address = view.getUint16(1);
  const words = Array.from({ length: view.getUint16(3) }, (_, i) => address + i);
  const data = words.flatMap((word) => [word >>> 8, word & 0xff]);
  const answer = Uint8Array.of(view.getUint8(0), data.length, ...data);
  socket.write(encodeMbap({ transaction, unit, pdu: answer }));
}

async function connected({ onTestFinished }: Pick<TestContext, 'onTestFinished'>, react: React) {
  let index = 0;
  let connections = 0;
  const server = await listenTcp({ host, port: 0 }, (socket) => {
    connections++;
    const frames = new MbapFrames();
    socket.on('data', (bytes: Uint8Array) => {
      for (const request of frames.push(bytes) ?? []) react(request, socket, index++);
    });
  });
  const line = openModbusTcpLine({ host, port: server.port }, { timeoutMs });
  onTestFinished(async () => {
    await line.close();
    await server.close();
  });
  return { line, server, connections: () => connections };
}

const ask = (line: Line, address: number, count = 2) =>
  line.request({ unit: 1, functionCode: 3, address, count });

test('reads registers with either function, of any unit', async (context) => {
  const { line } = await connected(context, honest);
  expect(await ask(line, 7, 3)).toEqual({ ok: true, registers: [7, 8, 9], afterFault: false });
  const answer = await line.request({ unit: 255, functionCode: 4, address: 1, count: 125 });
  expect(answer).toMatchObject({ ok: true, registers: { length: 125 } });
});

test('parallel requests each get their own answer', async (context) => {
  const { line } = await connected(context, honest);
  const answers = await Promise.all([10, 20, 30, 40].map((address) => ask(line, address)));
  expect(answers.map((answer) => answer.ok && answer.registers[0])).toEqual([10, 20, 30, 40]);
});

test('a late answer is not the next one, and the next one is marked', async (context) => {
  const { line } = await connected(context, (request, socket, index) => {
    if (index === 0) setTimeout(() => honest(request, socket), 1.5 * timeoutMs);
    else setTimeout(() => honest(request, socket), timeoutMs / 2);
  });
  expect(await ask(line, 100)).toMatchObject({ ok: false, fault: { kind: 'time-out' } });
  expect(await ask(line, 200)).toMatchObject({ registers: [200, 201], afterFault: true });
  expect(await ask(line, 300)).toMatchObject({ registers: [300, 301], afterFault: false });
});

test('a time-out names host, port and unit', async (context) => {
  const { line, server } = await connected(context, () => undefined);
  expect(await ask(line, 1)).toMatchObject({
    fault: {
      detail: expect.stringContaining(`unit 1 at 127.0.0.1:${server.port}`),
      hint: expect.stringContaining('unit id is 1'),
    },
  });
});

test('a connection that only times out is opened anew', async (context) => {
  const { line, connections } = await connected(context, () => undefined);
  for (let i = 0; i < 2; i++) expect(await ask(line, i)).toMatchObject({ ok: false });
  expect(connections()).toBe(2);
});

test('over a new connection it is asked again at once', async (context) => {
  let mute = true;
  const { line, connections } = await connected(context, (request, socket) => {
    if (!mute) honest(request, socket);
  });
  expect(await ask(line, 1)).toMatchObject({ ok: false, fault: { kind: 'time-out' } });
  const second = ask(line, 1);
  await expect.poll(connections, { interval: 1 }).toBe(2);
  mute = false;
  // Whether that was soon enough for the second: then it is marked.
  const { ok } = await second;
  expect(await ask(line, 50)).toMatchObject({ registers: [50, 51], afterFault: !ok });
});

test.for([1, 2, 3, 6, 11])(
  'exception %i comes through, and marks nothing',
  async (code, context) => {
    const { line } = await connected(context, ({ transaction, unit }, socket) => {
      socket.write(encodeMbap({ transaction, unit, pdu: Uint8Array.of(0x83, code) }));
    });
    expect(await ask(line, 1)).toMatchObject({
      ok: false,
      fault: { kind: 'exception', exceptionCode: code },
    });
  },
);

const lies: readonly (readonly [string, Uint8Array])[] = [
  ['fewer registers than asked for', Uint8Array.of(3, 2, 0, 1)],
  ['more registers than asked for', Uint8Array.of(3, 6, 0, 1, 0, 2, 0, 3)],
  ['a byte count that lies', Uint8Array.of(3, 2, 0, 1, 0, 2)],
  ['a byte count that lies upwards', Uint8Array.of(3, 250, 0, 1, 0, 2)],
  ['another function', Uint8Array.of(4, 4, 0, 1, 0, 2)],
  ['nothing but a function', Uint8Array.of(3)],
];

test.for(lies)('%s is no value, and the connection goes on', async ([, pdu], context) => {
  const { line } = await connected(context, (request, socket, index) => {
    if (index > 0) honest(request, socket);
    else socket.write(encodeMbap({ ...request, pdu }));
  });
  expect(await ask(line, 1)).toMatchObject({ ok: false });
  expect(await ask(line, 50)).toMatchObject({ registers: [50, 51], afterFault: true });
});

test('an answer from another unit is no value', async (context) => {
  const { line } = await connected(context, (request, socket) =>
    honest({ ...request, unit: 9 }, socket),
  );
  expect(await ask(line, 1)).toMatchObject({ ok: false, fault: { kind: 'malformed' } });
});

describe('a write counts only with the echo of what was written', () => {
  const words = (...all: number[]) => all.flatMap((word) => [word >>> 8, word & 0xff]);
  test.each([
    ['one coil', { functionCode: 5, values: [1] }, words(9, 0xff00), words(9, 0)],
    ['one register', { functionCode: 6, values: [7] }, words(9, 7), words(9, 8)],
    ['coils', { functionCode: 15, values: [1, 0] }, words(9, 2), words(9, 1)],
    ['registers', { functionCode: 16, values: [1, 2] }, words(9, 2), words(8, 2)],
  ] as const)('%s', async (_, what, echo, other) => {
    const answers = [echo, other];
    const { line } = await connected({ onTestFinished }, ({ transaction, unit }, socket, index) => {
      const pdu = Uint8Array.of(what.functionCode, ...(answers[index] ?? []));
      socket.write(encodeMbap({ transaction, unit, pdu }));
    });
    const request = { unit: 1, address: 9, ...what };
    expect(await line.write(request)).toMatchObject({ ok: true });
    expect(await line.write(request)).toMatchObject({ ok: false, fault: { kind: 'malformed' } });
  });
});

test('a reset in the middle of a request ends it, and the next connects anew', async (context) => {
  const { line } = await connected(context, (request, socket, index) => {
    if (index === 0) socket.resetAndDestroy();
    else honest(request, socket);
  });
  expect(await ask(line, 1)).toMatchObject({ ok: false, fault: { kind: 'closed' } });
  expect(await ask(line, 2)).toMatchObject({ ok: true, registers: [2, 3] });
});

test('a close in the middle of a request ends it, and the next connects anew', async (context) => {
  const { line } = await connected(context, (request, socket, index) => {
    if (index === 0) socket.end();
    else honest(request, socket);
  });
  expect(await ask(line, 1)).toMatchObject({ ok: false, fault: { kind: 'closed' } });
  expect(await ask(line, 2)).toMatchObject({ ok: true, registers: [2, 3] });
});

test('noise instead of Modbus harms nobody', async (context) => {
  const { line } = await connected(context, (request, socket, index) => {
    if (index === 0) socket.write(new Uint8Array(700).fill(0x5a));
    else honest(request, socket);
  });
  expect(await ask(line, 1)).toMatchObject({ ok: false });
});

test('a line that is closed ends what is pending, and answers at once', async (context) => {
  const { line } = await connected(context, () => undefined);
  const pending = [ask(line, 1), ask(line, 2)];
  await new Promise((resolve) => setTimeout(resolve, 30));
  await line.close();
  for (const answer of await Promise.all([...pending, ask(line, 3)])) {
    expect(answer).toMatchObject({ ok: false, fault: { kind: 'closed' } });
  }
});

test('without a server the line is closed, said at once the second time', async (context) => {
  const { line, server } = await connected(context, honest);
  await server.close();
  const first = await ask(line, 1);
  expect(first).toMatchObject({
    fault: { kind: 'closed', detail: expect.stringContaining('ECONNREFUSED') },
  });
  expect(await ask(line, 1)).toEqual(first);
});

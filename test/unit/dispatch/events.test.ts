// SPDX-License-Identifier: Apache-2.0
// Events as a client follows them: each once in order, from where he stood, nothing missed while he
// was away, nothing that he may not read; and no client that can make the centre wait or grow.

import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { toHex } from '../../../base/bytes.ts';
import { limits } from '../../../base/limits.ts';
import { makeToken, revokeToken } from '../../../dispatch/tokens.ts';
import type { HttpServer } from '../../../host/http.ts';
import { type FakeChain, makeChain, startMs } from './fake-chain.ts';
import { mainLog } from './fake-main-log.ts';
import { TestCentre } from './test-centre.ts';

type Heard = {
  readonly event: string;
  readonly id: string;
  readonly data: Record<string, unknown>;
};

let centre: TestCentre;
let http: HttpServer;
let chain: FakeChain;
const followers: Follower[] = [];

beforeEach(async () => {
  centre = await TestCentre.begin();
  http = await centre.serve();
  chain = makeChain(mainLog, { seed: 41 });
  await centre.enrol(chain);
});
afterEach(async () => {
  for (const follower of followers.splice(0)) follower.stop();
  await http.close();
  await centre.end();
});

/** A client that keeps what it hears. */
class Follower {
  readonly heard: Heard[] = [];
  readonly #stopped = new AbortController();
  status = 0;
  ended = false;
  lastId = '';

  stop(): void {
    this.#stopped.abort();
  }

  async follow(headers: Readonly<Record<string, string>>, query: string): Promise<void> {
    const { signal } = this.#stopped;
    const response = await fetch(`${http.url}/api/v1/events${query}`, { headers, signal });
    this.status = response.status;
    let text = '';
    try {
      for await (const chunk of response.body ?? []) {
        text += Buffer.from(chunk).toString();
        const blocks = text.split('\n\n');
        text = blocks.pop() ?? '';
        for (const block of blocks) this.#hear(block);
      }
    } catch {
      // Ended by us, or by the server in the midst of it.
    }
    this.ended = true;
  }

  #hear(block: string): void {
    const fields = new Map(
      block.split('\n').map((line) => {
        const [name = '', ...rest] = line.split(': ');
        return [name, rest.join(': ')] as const;
      }),
    );
    this.lastId = fields.get('id') ?? this.lastId;
    const event = fields.get('event');
    if (event === undefined) return;
    const data = JSON.parse(fields.get('data') ?? '{}') as Heard['data'];
    this.heard.push({ event, id: fields.get('id') ?? '', data });
  }
}

async function follow(
  headers: Readonly<Record<string, string>> = {},
  query = '',
): Promise<Follower> {
  const follower = new Follower();
  followers.push(follower);
  void follower.follow(headers, query).catch(() => {});
  await expect.poll(() => follower.status, { timeout: 20_000 }).not.toBe(0);
  return follower;
}

function untilHeard(follower: Follower, count: number): Promise<unknown> {
  return expect.poll(() => follower.heard.length, { timeout: 20_000 }).toBe(count);
}

/** A block with two summaries of two devices, anchored and sent: three events. */
async function report(of = chain): Promise<void> {
  const from = centre.centre.ordering.chain(of.chainId)?.anchored?.size ?? 0;
  const height = of.addSummaries({ windowStartMs: startMs }, { device: 'urn:dev:ops:b' });
  await centre.send(of, 'anchor', of.anchor({ from }));
  await centre.send(of, 'summary', of.summaries(height));
}

async function token(role: 'plant' | 'regulator', more: { devices?: string[] } = {}) {
  const name = `${role}-${Math.floor(centre.nowMs)}`;
  centre.nowMs += 1_000;
  const chains = role === 'plant' ? [toHex(chain.chainId)] : [];
  const wanted = { role, name, chains, devices: more.devices ?? [], days: undefined };
  const path = join(centre.directory, 'tokens.json');
  const { text } = await makeToken(path, wanted);
  return { headers: { authorization: `Bearer ${text}` }, end: () => revokeToken(path, name) };
}

test('anchors and summaries are told as they are taken', async () => {
  const follower = await follow();
  await report();
  await untilHeard(follower, 3);
  const id = toHex(chain.chainId);
  expect(follower.heard).toMatchObject([
    { event: 'anchor', data: { chain: id, size: 2, logIndex: 1 } },
    { event: 'summary', id: '', data: { chain: id, id: '1-0', delta: '550' } },
    { event: 'summary', id: '1-0-0-1', data: { chain: id, device: 'urn:dev:ops:b' } },
  ]);
});

test('who was away goes on from where he stood, and misses nothing', async () => {
  const first = await follow({}, '?after=0-0-0-0');
  await report();
  await untilHeard(first, 3);
  first.stop();
  for (let count = 0; count < 40; count++) await report();
  const again = await follow({ 'last-event-id': first.lastId });
  await untilHeard(again, 120);
  const anchors = again.heard.filter(({ event }) => event === 'anchor');
  expect(anchors.map(({ data }) => data.size)).toEqual(Array.from({ length: 40 }, (_, i) => i + 3));
  const summaries = again.heard.filter(({ event }) => event === 'summary');
  expect(new Set(summaries.map(({ data }) => data.id)).size).toBe(80);
});

test('a quarantine is told', async () => {
  await report();
  const follower = await follow();
  await centre.send(chain, 'anchor', chain.forkAt(1).anchor());
  await untilHeard(follower, 1);
  expect(follower.heard).toMatchObject([{ event: 'quarantine', data: { size: 2 } }]);
});

test('nobody hears of chains and devices that are not his', async () => {
  const other = makeChain(mainLog, { seed: 42 });
  await centre.enrol(other);
  const plant = await token('plant', { devices: ['urn:dev:ops:b'] });
  const follower = await follow(plant.headers, '?after=0-0-0-0');
  await report(other);
  await report();
  await untilHeard(follower, 2);
  expect(follower.heard).toMatchObject([
    { event: 'anchor', data: { chain: toHex(chain.chainId) } },
    { event: 'summary', data: { chain: toHex(chain.chainId), device: 'urn:dev:ops:b' } },
  ]);
});

test('a revoked token hears no more', async () => {
  const regulator = await token('regulator');
  const follower = await follow(regulator.headers);
  await regulator.end();
  await expect.poll(() => follower.ended, { timeout: 20_000 }).toBe(true);
  await report();
  expect(follower.heard).toEqual([]);
});

test('an id that is none is refused; one of a longer ledger is waited for', async () => {
  expect((await follow({ 'last-event-id': 'x' })).status).toBe(400);
  expect((await follow({}, '?after=1-2')).status).toBe(400);
  const ahead = await follow({}, '?after=900-0-0-900');
  await report();
  expect([ahead.status, ahead.heard]).toEqual([200, []]);
});

test('as many follow as may, and leave room when they go', async () => {
  const followed: Follower[] = [];
  for (let count = 0; count < limits.eventStreamsPerTokenMax; count++)
    followed.push(await follow());
  expect((await follow()).status).toBe(503);
  followed[0]?.stop();
  await expect.poll(async () => (await follow()).status, { timeout: 20_000 }).toBe(200);
});

test('who never reads holds up nobody, and is let go when the server ends', async () => {
  const { port, hostname } = new URL(http.url);
  const socket: Socket = connect(Number(port), hostname);
  socket.pause();
  socket.on('error', () => {});
  socket.write('GET /api/v1/events?after=0-0-0-0 HTTP/1.1\r\nHost: localhost\r\n\r\n');
  for (let count = 0; count < 60; count++) await report();
  const reader = await follow({}, '?after=0-0-0-0');
  await untilHeard(reader, 180);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.resume();
  await http.close();
  await closed;
  http = await centre.serve();
});

test('HEAD has no stream to follow', async () => {
  const { port, hostname } = new URL(http.url);
  const status = await new Promise((resolve, reject) => {
    const options = { method: 'HEAD', port, hostname, path: '/api/v1/events' };
    request(options, (answer) => resolve(answer.statusCode))
      .once('error', reject)
      .end();
  });
  expect(status).toBe(404);
});

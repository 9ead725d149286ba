// SPDX-License-Identifier: Apache-2.0
// What those see who keep the centre running: whether it may be sent work, and its metrics.

import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeToken } from '../../../dispatch/tokens.ts';
import type { HttpServer } from '../../../host/http.ts';
import { checkedFetch } from './checked-fetch.ts';
import { type FakeChain, makeChain } from './fake-chain.ts';
import { mainLog } from './fake-main-log.ts';
import { TestCentre } from './test-centre.ts';

let centre: TestCentre;
let http: HttpServer;
let chain: FakeChain;

beforeEach(async () => {
  centre = await TestCentre.begin();
  http = await centre.serve();
  chain = makeChain(mainLog, { seed: 51 });
  await centre.enrol(chain);
});
afterEach(async () => {
  await http.close();
  await centre.end();
});

/** Name with labels to value, as a scraper reads them. */
async function scrape(): Promise<ReadonlyMap<string, number>> {
  const response = await checkedFetch(`${http.url}/metrics`);
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  const lines = (await response.text()).split('\n').filter((line) => /^[a-z]/.test(line));
  return new Map(
    lines.map((line) => {
      const space = line.lastIndexOf(' ');
      return [line.slice(0, space), Number(line.slice(space + 1))] as const;
    }),
  );
}

test('what was taken, refused and found is counted', async () => {
  await centre.send(chain, 'anchor', chain.anchor());
  await centre.send(chain, 'anchor', Uint8Array.of(1));
  await centre.send(chain, 'anchor', chain.forkAt(0).anchor());
  const metrics = await scrape();
  expect(Object.fromEntries(metrics)).toMatchObject({
    tieline_chains: 1,
    tieline_chains_quarantined: 1,
    tieline_main_log_leaves: 2,
    'tieline_transactions_total{kind="anchor",outcome="receipt"}': 1,
    'tieline_transactions_total{kind="anchor",outcome="refused"}': 1,
    'tieline_refused_messages_total{message="anchor",reason="malformed"}': 1,
    'tieline_refused_messages_total{message="anchor",reason="fork"}': 1,
    tieline_broker_connected: 1,
    tieline_ingest_queue_messages: 0,
    tieline_ingest_queue_bytes: 0,
    'tieline_ordering_seconds_bucket{le="+Inf"}': 3,
    tieline_ordering_seconds_count: 3,
  });
  expect(metrics.get('process_resident_memory_bytes')).toBeGreaterThan(1e7);
});

test('answers are counted by route, whatever was asked for', async () => {
  for (const path of ['/api/v1/chains', '/api/v1/chains/00', '/api/v1/nothing', '/x?y=1']) {
    await fetch(http.url + path);
  }
  const metrics = await scrape();
  const requests = (route: string, status: number) =>
    metrics.get(`tieline_http_requests_total{method="GET",route="${route}",status="${status}"}`);
  expect(requests('/api/v1/chains', 200)).toBe(1);
  expect(requests('/api/v1/chains/:id', 400)).toBe(1);
  expect(requests('', 404)).toBe(2);
});

test('without its broker it is not ready, and says so to those who operate it', async () => {
  const ask = () => checkedFetch(`${http.url}/readyz`);
  const ready = await ask();
  expect([ready.status, await ready.json()]).toEqual([
    200,
    { status: 'ready', checks: { broker: 'ok', ledger: 'ok' } },
  ]);
  centre.connected = false;
  const notReady = await ask();
  expect([notReady.status, await notReady.json()]).toEqual([
    503,
    { status: 'not-ready', checks: { broker: 'not connected', ledger: 'ok' } },
  ]);
  const wanted = {
    role: 'regulator',
    name: 'r',
    chains: [],
    devices: [],
    days: undefined,
  } as const;
  await makeToken(`${centre.directory}/tokens.json`, wanted);
  expect(await (await ask()).json()).toEqual({ status: 'not-ready' });
  expect((await checkedFetch(`${http.url}/metrics`)).status).toBe(401);
});

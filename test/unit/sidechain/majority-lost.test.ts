// SPDX-License-Identifier: Apache-2.0
// Without a majority nothing is put on the chain, whoever asks hears so at once, and all that is shown
// is marked as stale, until a majority is back.

import { expect, onTestFinished, test } from 'vitest';
import { askManualEntries, askStatus, askValues } from '../../../agent/ask-gateway.ts';
import { manualRoutes } from '../../../agent/manual-route.ts';
import { GatewayMetrics } from '../../../agent/metrics.ts';
import { shownOf } from '../../../agent/stale.ts';
import { statusRoutes, statusText } from '../../../agent/status.ts';
import { submitEntry } from '../../../agent/submit-entry.ts';
import { valueRoutes, valuesText } from '../../../agent/values.ts';
import { toHex } from '../../../base/bytes.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { startHttp } from '../../../host/http.ts';
import { createLog } from '../../../host/log.ts';
import type { NodeId } from '../../../sidechain/raft/entry.ts';
import { alone } from '../agent/statuses.ts';
import { Cluster } from './cluster.ts';
import { TestDatabase } from './rig.ts';

const log = createLog({ level: 'error', write: () => {} });

async function apiOf(cluster: Cluster, id: NodeId) {
  const node = cluster.node(id);
  const database = new TestDatabase(cluster.member(id).dataDir, { readOnly: true });
  onTestFinished(() => database.close());
  const status = async () => ({ ...alone, chain: toHex(node.chainId), ledger: node.status() });
  const metrics = new GatewayMetrics();
  onTestFinished(() => metrics.close());
  const routes = [
    ...manualRoutes(suite, { node, database }),
    ...statusRoutes(status),
    ...valueRoutes(
      () => [],
      () => shownOf(node.status()),
    ),
    metrics.route(status),
  ];
  const api = await startHttp({ host: '127.0.0.1', port: 0, log, routes });
  onTestFinished(() => api.close());
  return { url: api.url, place: { http: { port: Number(new URL(api.url).port) } } };
}

async function metric(url: string, name: string): Promise<string | undefined> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1];
}

test('two of three are killed: who writes is refused, what is read is marked, until one is back', async () => {
  const cluster = await Cluster.start(3);
  const { id: left = 0 } = cluster.leader ?? {};
  const away = cluster.followers.map(({ id }) => id);
  void cluster.submit(left);
  await cluster.settled();
  const { url, place } = await apiOf(cluster, left);
  expect((await askValues(place)).chain).toEqual({ height: 1, timeMs: expect.any(Number) });
  expect(await metric(url, 'tieline_chain_stale')).toBe('0');

  for (const id of away) await cluster.stop(id);
  await cluster.pass(80);
  const stale = { votersReached: 1, voters: 3, forMs: expect.any(Number) };
  expect((await askStatus(place)).ledger.stale).toEqual(stale);
  expect((await askManualEntries(place)).chain).toMatchObject({ height: 1, stale });
  const shown = await askValues(place);
  expect(shown.chain).toMatchObject({ height: 1, stale });
  expect(valuesText(shown, 0)).toMatch(/^STALE {5}no majority for \d+ s: 1 of 3 voters are here; /);
  expect(statusText(await askStatus(place))).toContain('\nSTALE     no majority for ');
  expect(await metric(url, 'tieline_chain_stale')).toBe('1');
  expect(Number(await metric(url, 'tieline_chain_stale_seconds'))).toBeGreaterThanOrEqual(5);

  const node = cluster.node(left);
  const before = node.status().outbox.count;
  const refused = await submitEntry(node, new Uint8Array([1]));
  expect(refused).toMatchObject({
    status: 503,
    body: {
      detail: expect.stringContaining('no majority of the chain’s voters is there (1 of 3)'),
      hint: expect.stringMatching(/^bring .* and .* back, then try again/),
    },
  });
  expect(node.status().outbox.count).toBe(before);

  await cluster.open(away[0] ?? 0);
  await cluster.until(() => cluster.node(left).status().stale === undefined);
  expect((await askValues(place)).chain).not.toHaveProperty('stale');
  expect(await metric(url, 'tieline_chain_stale')).toBe('0');
});

test('a follower that is cut off marks what it shows; the others do not', async () => {
  const cluster = await Cluster.start(3);
  const [cut] = cluster.followers.map(({ id }) => id);
  cluster.network.isolate(cut ?? 0);
  await cluster.pass(80);
  for (const { id, node } of cluster.running) {
    expect(node?.status().stale === undefined).toBe(id !== cut);
  }
  cluster.network.heal();
  await cluster.until(() => cluster.node(cut ?? 0).status().stale === undefined);
});

// SPDX-License-Identifier: Apache-2.0
// Every route of the API, asked by every role and by strangers: who is let in is said here once more, by
// hand, so that a route that is added or opened has to be said here, too. Each answer is held against the
// OpenAPI document.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toHex } from '../../../base/bytes.ts';
import { type Role, roles, scopedRoles } from '../../../dispatch/api/rights.ts';
import { makeToken } from '../../../dispatch/tokens.ts';
import type { HttpServer } from '../../../host/http.ts';
import { checkedFetch } from './checked-fetch.ts';
import { type FakeChain, makeChain } from './fake-chain.ts';
import { mainLog } from './fake-main-log.ts';
import { TestCentre } from './test-centre.ts';

const readers = ['regulator', 'plant', 'local-centre', 'dispatch-centre'] as const;
const auditors = ['regulator', 'dispatch-centre'] as const;
const seers = ['regulator', 'dispatch-centre', 'market', 'sidechain'] as const;
const traders = ['dispatch-centre', 'market', 'sidechain'] as const;
/** All but gateways, which ask for nothing but what the market says to them. */
const people = roles.filter((role) => role !== 'sidechain');
const centres = ['local-centre', 'dispatch-centre'] as const;

const tiles = [0, 1, 2, 3, 4].flatMap((groupCount) => {
  const groups = [1, 2, 3, 4].slice(0, groupCount).map((i) => `x{group${i}}/`);
  const path = `GET /public/tile/{level}/${groups.join('')}{number}`;
  return [path, `${path}.p/{width}`];
});
const publicWrites = ['POST', 'PUT', 'PATCH', 'DELETE'].flatMap((method) => [
  `${method} /public/checkpoint`,
  `${method} /public/{path}`,
]);

/** Who may, by route; `roles` are all that have a token. */
const doors: Readonly<Record<string, readonly Role[] | 'anybody' | 'nobody'>> = {
  ...Object.fromEntries(tiles.map((door) => [door, 'anybody'])),
  ...Object.fromEntries(publicWrites.map((door) => [door, 'nobody'])),
  'GET /healthz': 'anybody',
  'GET /readyz': 'anybody',
  'GET /api/v1/openapi.json': 'anybody',
  'GET /public/checkpoint': 'anybody',
  'GET /metrics': ['dispatch-centre', 'admin'],
  'GET /api/v1/log': people,
  'GET /api/v1/log/genesis': people,
  'GET /api/v1/log/leaves': people,
  'GET /api/v1/log/acts': people,
  'GET /api/v1/log/hand-overs': people,
  'GET /api/v1/witnesses': people,
  'GET /api/v1/registry': people,
  'GET /api/v1/proposals': people,
  'GET /api/v1/log/anchors': readers,
  'GET /api/v1/enrolments': readers,
  'GET /api/v1/summary-messages': readers,
  'GET /api/v1/chains': readers,
  'GET /api/v1/chains/{id}': readers,
  'GET /api/v1/chains/{id}/keys': readers,
  'GET /api/v1/chains/{id}/reports': readers,
  'GET /api/v1/chains/{id}/summaries': readers,
  'GET /api/v1/chains/{id}/summaries/{summary}': readers,
  'GET /api/v1/chains/{id}/summaries/{summary}/proof': readers,
  'GET /api/v1/summaries': readers,
  'GET /api/v1/usage': readers,
  'GET /api/v1/usage/proof': readers,
  'GET /api/v1/profile': readers,
  'GET /api/v1/events': readers,
  'GET /api/v1/records': auditors,
  'GET /api/v1/records/{index}': auditors,
  'GET /api/v1/requests/{request}': auditors,
  'GET /api/v1/requests/{request}/answers/{ask}': auditors,
  'GET /api/v1/market/windows': seers,
  'GET /api/v1/market/records': seers,
  'GET /api/v1/market/readers': seers,
  'POST /api/v1/market/records': traders,
  'POST /api/v1/requests': auditors,
  'POST /api/v1/records': ['dispatch-centre'],
  'POST /api/v1/chains': centres,
  'POST /api/v1/governance': centres,
};

let centre: TestCentre;
let http: HttpServer;
let own: FakeChain;
let other: FakeChain;
const tokens = new Map<Role, string>();

beforeAll(async () => {
  centre = await TestCentre.begin();
  [own, other] = [41, 42].map((seed) => makeChain(mainLog, { seed })) as [FakeChain, FakeChain];
  for (const chain of [own, other]) await centre.enrol(chain);
  http = await centre.serve();
  for (const role of roles) {
    const chains = scopedRoles.has(role) ? [toHex(own.chainId)] : [];
    const wanted = { role, name: role, chains, devices: [], days: undefined };
    const { text } = await makeToken(`${centre.directory}/tokens.json`, wanted);
    tokens.set(role, text);
  }
});
afterAll(async () => {
  await http.close();
  await centre.end();
});

/** The status alone: what is asked for need not be there. */
async function knock(door: string, role?: Role, chain = own): Promise<number> {
  const [method = '', path = ''] = door.split(' ');
  const filled = path
    .replace('{id}', toHex(chain.chainId))
    .replace('{summary}', '1-0')
    .replace('{index}', '1')
    .replace('{request}', '0'.repeat(64))
    .replace('{ask}', '0')
    .replace('{level}', '0')
    .replaceAll(/\{(group\d|number)\}/g, '001')
    .replace('{width}', '1')
    .replace('{path}', 'tile');
  const shown = role === undefined ? {} : { authorization: `Bearer ${tokens.get(role)}` };
  const posted = { 'content-type': 'application/json' };
  const asked = new AbortController();
  const response = await checkedFetch(http.url + filled, {
    method,
    headers: { ...shown, ...(method === 'POST' ? posted : {}) },
    ...(method === 'POST' ? { body: '{}' } : {}),
    signal: asked.signal,
  });
  asked.abort();
  // A second later everybody may ask again.
  centre.nowMs += 1_000;
  return response.status;
}

test('the document has these routes and no others', async () => {
  const response = await fetch(`${http.url}/api/v1/openapi.json`);
  const { paths } = (await response.json()) as { paths: Record<string, object> };
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(routes.sort()).toEqual(Object.keys(doors).sort());
});

test.each(Object.entries(doors))('%s', async (door, who) => {
  if (who === 'anybody' || who === 'nobody') {
    for (const role of [undefined, ...roles]) {
      const status = await knock(door, role);
      if (who === 'nobody') expect([role, status]).toEqual([role, 403]);
      // A tile of a log that long is not there yet.
      else expect(door.includes('/tile/') ? [200, 404] : [200]).toContain(status);
    }
    return;
  }
  expect(await knock(door)).toBe(401);
  for (const role of roles) {
    const status = await knock(door, role);
    if (who.includes(role)) expect([role, status]).not.toEqual([role, expect.toSatisfy(isDoor)]);
    else expect([role, status]).toEqual([role, 403]);
  }
});

function isDoor(status: number): boolean {
  return status === 401 || status === 403;
}

describe.each(['plant', 'local-centre'] as const)('a %s', (role) => {
  const ofChains = Object.keys(doors).filter((door) => door.includes('{id}'));
  test.each(ofChains)('%s of another chain', async (door) => {
    expect(await knock(door, role, other)).toBe(403);
  });
});

// SPDX-License-Identifier: Apache-2.0
// The OpenAPI document and the answers are one: each route that it names is asked, each answer is
// held against it; and what was answered before is not sent again.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { assert } from '../../../base/assert.ts';
import { toBase64, toHex } from '../../../base/bytes.ts';
import { nodeSuite } from '../../../base/node-suite.ts';
import type { HttpServer } from '../../../host/http.ts';
import { nodeSealing } from '../../../host/sealing.ts';
import { signRecord } from '../../../sidechain/chain/main-record.ts';
import { sealFound, signRequestAnswer } from '../../../sidechain/chain/request-answer.ts';
import { checkedFetch } from './checked-fetch.ts';
import { requestTo } from './consortium-log.ts';
import { type FakeChain, makeChain, startMs } from './fake-chain.ts';
import { dispatcher, enrolmentOf, mainLog } from './fake-main-log.ts';
import { TestCentre } from './test-centre.ts';

type Document = {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, { operationId: string }>>>>;
};

let centre: TestCentre;
let http: HttpServer;
let chain: FakeChain;
let document: Document;
let request: Uint8Array;
let logSize: number;

/** As the gateway on duty gives it. */
async function answerTo(asked: Uint8Array): Promise<void> {
  const place = { requestId: nodeSuite.sha256(asked), ask: 0 };
  const found = { kind: 'none', reason: 'nothing was read' } as const;
  const { publicKey: sealTo } = nodeSealing.newPair();
  const sealed = sealFound(nodeSealing, found, { ...place, sealTo }) ?? new Uint8Array();
  const [gateway] = chain.signers;
  assert(gateway !== undefined, 'a chain has a member');
  await centre.send(
    chain,
    'answer',
    signRequestAnswer({ ...place, sealed }, chain.chainId, gateway),
  );
}

beforeAll(async () => {
  centre = await TestCentre.begin();
  http = await centre.serve();
  chain = makeChain(mainLog, { seed: 31 });
  await centre.enrol(chain);
  const command = { kind: 'command', content: new Uint8Array() } as const;
  const record = signRecord(command, mainLog.id, dispatcher);
  await centre.centre.ordering.submit({ kind: 'record', record });
  request = requestTo(chain.chainId, dispatcher, mainLog.id);
  await centre.centre.ordering.submit({ kind: 'record', record: request });
  await answerTo(request);
  const height = chain.addSummaries({ windowStartMs: startMs });
  await centre.send(chain, 'anchor', chain.anchor());
  await centre.send(chain, 'summary', chain.summaries(height));
  await centre.centre.history.upToDate();
  logSize = Number((await centre.centre.ordering.checkpoint()).split('\n')[1]);
  document = (await (await fetch(`${http.url}/api/v1/openapi.json`)).json()) as Document;
});
afterAll(async () => {
  await http.close();
  await centre.end();
});

/** What a route is asked with, beside its path. */
const queries: Readonly<Record<string, string>> = {
  '/api/v1/summaries': '?device=urn:dev:ops:test-meter-1',
  '/api/v1/usage': '?device=urn:dev:ops:test-meter-1&month=2026-01',
  '/api/v1/profile': '?device=urn:dev:ops:test-meter-1&month=2026-01',
  '/api/v1/usage/proof': '?device=urn:dev:ops:test-meter-1&month=2026-01',
};

function urlOf(path: string): string {
  const filled = path
    .replace('{id}', toHex(chain.chainId))
    .replace('{summary}', '1-0')
    .replace('{index}', '1')
    .replace('{request}', toHex(nodeSuite.sha256(request)))
    .replace('{ask}', '0')
    .replace('{level}', '0')
    .replaceAll(/\{(group\d|number)\}/g, '000')
    .replace('{width}', `${logSize}`);
  return `${http.url}${filled}${queries[path] ?? ''}`;
}

test('it is of version 3.1, and its operations have names of their own', () => {
  expect(document.openapi).toBe('3.1.1');
  const names = Object.values(document.paths).flatMap((methods) =>
    Object.values(methods).map(({ operationId }) => operationId),
  );
  expect(new Set(names).size).toBe(names.length);
});

/** Tiles of a log that is longer than this one. */
function isLongLog(path: string): boolean {
  return path.startsWith('/public/tile/') && path !== '/public/tile/{level}/{number}.p/{width}';
}

test('every route that is read answers as it says', async () => {
  for (const [path, methods] of Object.entries(document.paths)) {
    if (!('get' in methods)) continue;
    const asked = new AbortController();
    const response = await checkedFetch(urlOf(path), { signal: asked.signal });
    expect([path, response.status]).toEqual([path, isLongLog(path) ? 404 : 200]);
    asked.abort();
    centre.nowMs += 1_000;
  }
});

test('and so does the one that is written to', async () => {
  const { genesis, enrolment } = enrolmentOf(makeChain(mainLog, { seed: 32 }));
  const response = await checkedFetch(`${http.url}/api/v1/chains`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ genesis: toBase64(genesis), enrolment: toBase64(enrolment) }),
  });
  expect(response.status).toBe(201);
});

describe('what was answered before', () => {
  const ask = (path: string, noneMatch: string) =>
    checkedFetch(urlOf(path), { headers: { 'if-none-match': noneMatch } });

  test('is not sent again: 304 by its entity tag (RFC 9110)', async () => {
    const path = '/api/v1/chains/{id}/summaries';
    const first = await checkedFetch(urlOf(path));
    const tag = first.headers.get('etag') ?? '';
    expect(tag).toMatch(/^"[\w-]{27}"$/);
    expect(first.headers.get('cache-control')).toBe('private, no-cache');
    expect(first.headers.get('vary')).toBe('authorization, accept');
    for (const known of [tag, `W/${tag}`, `"other", ${tag}`, '*']) {
      const again = await ask(path, known);
      expect([known, again.status, again.headers.get('etag')]).toEqual([known, 304, tag]);
    }
    expect((await ask(path, '"other"')).status).toBe(200);
  });

  test('is sent again once it has changed', async () => {
    const path = '/api/v1/chains/{id}/summaries';
    const tag = (await checkedFetch(urlOf(path))).headers.get('etag') ?? '';
    const height = chain.addSummaries({ revision: 1, quality: 'estimated', reason: 'late packs' });
    await centre.send(chain, 'anchor', chain.anchor({ from: height }));
    await centre.send(chain, 'summary', chain.summaries(height));
    await centre.centre.history.upToDate();
    const changed = await ask(path, tag);
    expect(changed.status).toBe(200);
    expect(changed.headers.get('etag')).not.toBe(tag);
  });

  test('may be kept for ever where it cannot change', async () => {
    for (const path of ['', '/proof']) {
      const response = await checkedFetch(urlOf(`/api/v1/chains/{id}/summaries/{summary}${path}`));
      expect(response.headers.get('cache-control')).toBe('private, max-age=31536000, immutable');
    }
  });

  test('is never kept where it is a refusal, or tells how things stand', async () => {
    for (const path of ['/healthz', '/api/v1/chains/00']) {
      const response = await checkedFetch(urlOf(path));
      expect(response.headers.get('cache-control')).toBe('no-store');
      expect(response.headers.get('etag')).toBeNull();
    }
  });
});

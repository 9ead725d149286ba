// SPDX-License-Identifier: Apache-2.0
// The API over a real port: enrolment, history, proofs that the verifier takes, and a checkpoint as
// C2SP tlog-checkpoint has it. Values are exact decimal strings.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { assert } from '../../../base/assert.ts';
import { fromUtf8, toBase64, toHex } from '../../../base/bytes.ts';
import { parseCheckpoint, verifyLogSignature } from '../../../base/checkpoint.ts';
import { nodeSuite } from '../../../base/node-suite.ts';
import { parseNote } from '../../../base/note.ts';
import { decodeSummary } from '../../../contracts/summary.ts';
import type { HttpServer } from '../../../host/http.ts';
import { parseTrustedKeys } from '../../../sidechain/chain/trusted-keys.ts';
import { verifyBundle } from '../../../sidechain/chain/verify-bundle.ts';
import { checkedFetch } from './checked-fetch.ts';
import { type FakeChain, makeChain, startMs, windowMs } from './fake-chain.ts';
import { enrolmentOf, logSigner, mainLog, regulator } from './fake-main-log.ts';
import { TestCentre } from './test-centre.ts';

let centre: TestCentre;
let http: HttpServer;
let chain: FakeChain;
/** `/api/v1/chains/<id>` of the chain with summaries. */
let path: string;

beforeAll(async () => {
  centre = await TestCentre.begin();
  http = await centre.serve();
  chain = makeChain(mainLog, { seed: 5 });
  await centre.enrol(chain);
  path = `/api/v1/chains/${toHex(chain.chainId)}`;
  await makeHistory();
});
afterAll(async () => {
  await http.close();
  await centre.end();
});

/** Four windows of two registers; the second window has a later revision of the first register. */
async function makeHistory(): Promise<void> {
  const heights: number[] = [];
  for (let window = 0; window < 4; window++) {
    const windowStartMs = startMs + window * windowMs;
    const other = { device: 'urn:dev:ops:b', obis: '1-0:32.7.0*255', unit: 'V', exponent: -1 };
    heights.push(chain.addSummaries({ windowStartMs }, { windowStartMs, ...other }));
  }
  heights.push(
    chain.addSummaries({
      windowStartMs: startMs + windowMs,
      revision: 1,
      delta: -7,
      quality: 'estimated',
      reason: 'late packs',
      missing: [[startMs + windowMs, startMs + windowMs + 5_000]],
      screened: [1, 2, 3, 4],
      events: [['reset', startMs + windowMs + 9_000]],
    }),
  );
  await centre.send(chain, 'anchor', chain.anchor());
  for (const height of heights) await centre.send(chain, 'summary', chain.summaries(height));
  await centre.centre.history.upToDate();
}

async function get(target: string): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await checkedFetch(http.url + target);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

function enrol(body: object): Promise<Response> {
  return checkedFetch(`${http.url}/api/v1/chains`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

function asJson(request: { genesis: Uint8Array; enrolment: Uint8Array }): object {
  return { genesis: toBase64(request.genesis), enrolment: toBase64(request.enrolment) };
}

type Listed = { readonly id: string; readonly [name: string]: unknown };

async function summaries(query = ''): Promise<{ summaries: Listed[]; next: string | null }> {
  const { status, body } = await get(`${path}/summaries${query}`);
  expect(status).toBe(200);
  return body as never;
}

describe('enrolment', () => {
  test('201 at first, 200 when it is known, and it can be found', async () => {
    const joining = makeChain(mainLog, { seed: 6 });
    const first = await enrol(asJson(enrolmentOf(joining)));
    expect(first.status).toBe(201);
    const where = `/api/v1/chains/${toHex(joining.chainId)}`;
    expect(first.headers.get('location')).toBe(where);
    expect((await enrol(asJson(enrolmentOf(joining)))).status).toBe(200);
    expect((await get(where)).body).toMatchObject({
      id: toHex(joining.chainId),
      name: 'substation-7',
      status: 'active',
      anchored: null,
      policy: { class: 'blame', signersNeeded: 2 },
      members: [
        { name: 'gate-0', role: 'voter' },
        { name: 'gate-1', role: 'voter' },
        { name: 'gate-2', role: 'voter' },
      ],
    });
  });

  test('422 with the reason where the right or the main log is another (RFC 9457)', async () => {
    const joining = makeChain(mainLog, { seed: 7 });
    const unsigned = await enrol(asJson(enrolmentOf(joining, regulator)));
    expect(unsigned.status).toBe(422);
    expect(unsigned.headers.get('content-type')).toBe('application/problem+json');
    expect(await unsigned.json()).toMatchObject({ code: 'enrolment' });
    const elsewhere = makeChain({ ...mainLog, id: new Uint8Array(32) }, { seed: 7 });
    const foreign = await enrol(asJson(enrolmentOf(elsewhere)));
    expect(await foreign.json()).toMatchObject({ status: 422, code: 'main-log' });
  });

  test.each([
    {},
    { genesis: 'AA' },
    { genesis: 'AA==', enrolment: '%' },
    { genesis: 7, enrolment: 1 },
  ])('400 for the body %j', async (body) => {
    expect((await enrol(body)).status).toBe(400);
  });
});

describe('chains', () => {
  test('are listed page by page', async () => {
    const seen: string[] = [];
    let cursor = '';
    do {
      const { body } = await get(`/api/v1/chains?limit=1${cursor}`);
      seen.push(...(body.chains as Listed[]).map(({ id }) => id));
      cursor = body.next === null ? '' : `&cursor=${body.next}`;
    } while (cursor !== '');
    expect(seen).toContain(toHex(chain.chainId));
    expect(seen).toEqual([...new Set(seen)].sort());
  });

  test('show what is anchored', async () => {
    const { body } = await get(path);
    const root = toBase64(chain.root());
    expect(body.anchored).toEqual({ size: chain.size, root, logIndex: 1 });
  });

  test('show that one is in quarantine', async () => {
    const forked = makeChain(mainLog, { seed: 8 });
    await centre.enrol(forked);
    forked.addBlock();
    await centre.send(forked, 'anchor', forked.anchor());
    await centre.send(forked, 'anchor', forked.forkAt(1).anchor());
    const { body } = await get(`/api/v1/chains/${toHex(forked.chainId)}`);
    expect(body).toMatchObject({ status: 'quarantined', anchored: { size: 2 } });
  });

  test.each([
    ['/api/v1/chains/00', 400],
    [`/api/v1/chains/${'0'.repeat(64)}`, 404],
    [`/api/v1/chains/${'0'.repeat(64)}/summaries`, 404],
    ['/api/v1/chains?limit=0', 400],
    ['/api/v1/chains?page=2', 400],
    ['/api/v1/nothing', 404],
  ])('%s is answered with %i', async (target, status) => {
    expect((await get(target)).status).toBe(status);
  });
});

describe('summaries', () => {
  test('carry exact decimals, unit, OBIS and window; the latest revision alone', async () => {
    const { summaries: list, next } = await summaries();
    expect(next).toBeNull();
    expect(list).toHaveLength(8);
    expect(list[0]).toEqual({
      id: '1-0',
      chain: toHex(chain.chainId),
      device: 'urn:dev:ops:test-meter-1',
      obis: '1-0:1.8.0*255',
      unit: 'Wh',
      from: '2026-01-01T00:00:00.000Z',
      to: '2026-01-01T00:15:00.000Z',
      revision: 0,
      quality: 'validated',
      reason: '',
      first: '123450',
      last: '124000',
      min: '123450',
      max: '124000',
      mean: '123725',
      delta: '550',
      count: 900,
      expectedCount: 900,
      missing: [],
      screened: { outOfRange: 0, duplicate: 0, stale: 0, spike: 0 },
      events: [],
      meterDefinition: 'test-meter',
      proof: `${path}/summaries/1-0/proof`,
    });
    expect(list[1]).toMatchObject({ unit: 'V', first: '1234.5', delta: '5.5' });
    expect(list.filter(({ revision }) => revision === 1)).toMatchObject([
      {
        delta: '-70',
        quality: 'estimated',
        reason: 'late packs',
        missing: [{ from: '2026-01-01T00:15:00.000Z', to: '2026-01-01T00:15:05.000Z' }],
        screened: { outOfRange: 1, duplicate: 2, stale: 3, spike: 4 },
        events: [{ event: 'reset', at: '2026-01-01T00:15:09.000Z' }],
      },
    ]);
  });

  test('all revisions where they are asked for', async () => {
    expect((await summaries('?revisions=all')).summaries).toHaveLength(9);
  });

  test('by time, in ISO 8601 or milliseconds: windows that start in it', async () => {
    const from = '2026-01-01T00:15:00Z';
    const to = '2026-01-01T00:45:00%2B00:00';
    const { summaries: list } = await summaries(`?from=${from}&to=${to}`);
    expect(list).toHaveLength(4);
    const inMs = await summaries(`?from=${startMs + windowMs}&to=${startMs + 3 * windowMs}`);
    expect(inMs.summaries).toEqual(list);
    expect((await summaries('?from=2026-01-02')).summaries).toEqual([]);
  });

  test('by device and register', async () => {
    expect((await summaries('?device=urn:dev:ops:b')).summaries).toHaveLength(4);
    const one = await summaries(`?obis=${encodeURIComponent('1-0:1.8.0*255')}`);
    expect(one.summaries).toHaveLength(4);
    expect((await summaries('?device=urn:dev:ops:b&obis=1-0:1.8.0*255')).summaries).toEqual([]);
  });

  test('page by page, nothing twice and nothing left out', async () => {
    const all = (await summaries()).summaries;
    const paged: Listed[] = [];
    let cursor = '';
    do {
      const page = await summaries(`?limit=3${cursor}`);
      expect(page.summaries.length).toBeLessThanOrEqual(3);
      paged.push(...page.summaries);
      cursor = page.next === null ? '' : `&cursor=${page.next}`;
    } while (cursor !== '');
    expect(paged).toEqual(all);
  });

  test.each(['from=yesterday', 'to=2026-13-01', 'limit=100000', 'cursor=x', 'form=1', 'from=-1'])(
    '400 for %s',
    async (query) => {
      const { status, body } = await get(`${path}/summaries?${query}`);
      expect(status).toBe(400);
      expect(body.detail).toContain(query.split('=')[0]);
    },
  );

  test('one of them, by its name', async () => {
    const [first] = (await summaries()).summaries;
    expect((await get(`${path}/summaries/1-0`)).body).toEqual(first);
    expect((await get(`${path}/summaries/1-9`)).status).toBe(404);
    expect((await get(`${path}/summaries/99-0`)).status).toBe(404);
  });
});

describe('proofs', () => {
  test('each bundle is valid for the keys of the chain, and says the same value', async () => {
    const keysText = await (await checkedFetch(`${http.url}${path}/keys`)).text();
    const keys = parseTrustedKeys(nodeSuite, keysText);
    assert(keys.ok, 'the keys can be read');
    for (const { id, obis } of (await summaries('?revisions=all')).summaries) {
      const response = await checkedFetch(`${http.url}${path}/summaries/${id}/proof`);
      expect(response.headers.get('content-type')).toBe('application/cbor');
      expect(response.headers.get('content-disposition')).toMatch(/^attachment; filename="/);
      const bundle = new Uint8Array(await response.arrayBuffer());
      const verdict = verifyBundle(nodeSuite, bundle, keys.value);
      assert(verdict.status === 'valid' && verdict.proved.kind === 'summary', 'a valid bundle');
      const summary = decodeSummary(verdict.proved.output);
      expect(summary.ok && summary.value.obis).toBe(obis);
      expect(verifyBundle(nodeSuite, bundle, []).status).toBe('unknown-signer');
    }
  });

  test('404 where there is none', async () => {
    expect((await get(`${path}/summaries/7-7/proof`)).status).toBe(404);
  });
});

test('the checkpoint of the main log is a signed note (C2SP tlog-checkpoint)', async () => {
  const response = await checkedFetch(`${http.url}/api/v1/log`);
  const text = fromUtf8(new Uint8Array(await response.arrayBuffer())) ?? '';
  const note = parseNote(text, { strict: true });
  assert(note.ok, 'it is a note');
  const checkpoint = parseCheckpoint(note.value.body);
  const [log] = await centre.ledger.read('SELECT size FROM log');
  expect(checkpoint).toMatchObject({ ok: true, value: { origin: mainLog.origin, ...log } });
  const [line] = note.value.lines;
  assert(line !== undefined, 'it has a signature');
  const key = { name: mainLog.origin, publicKey: logSigner.publicKey };
  expect(verifyLogSignature(nodeSuite, note.value.body, line, key)).toBe(true);
});

test('its health says whether the broker is there', async () => {
  expect((await get('/healthz')).body).toMatchObject({ status: 'ok', broker: 'connected' });
  centre.connected = false;
  expect((await get('/healthz')).body).toMatchObject({ status: 'ok', broker: 'disconnected' });
  centre.connected = true;
});

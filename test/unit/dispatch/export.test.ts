// SPDX-License-Identifier: Apache-2.0
// Summaries as files: exact to the digit, harmless in a spreadsheet, and as `Accept` wants them.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toHex } from '../../../base/bytes.ts';
import { limits } from '../../../base/limits.ts';
import { preferred } from '../../../dispatch/api/negotiate.ts';
import type { HttpServer } from '../../../host/http.ts';
import { checkedFetch } from './checked-fetch.ts';
import { type FakeChain, makeChain, startMs, windowMs } from './fake-chain.ts';
import { mainLog } from './fake-main-log.ts';
import { TestCentre } from './test-centre.ts';

let centre: TestCentre;
let http: HttpServer;
let chain: FakeChain;
let path: string;

const hostile = '=HYPERLINK("http://evil.example","x")';
/** Beyond what a float holds. */
const exact = {
  exponent: -3,
  first: 9_007_199_254_740_991,
  last: 9_007_199_254_740_991,
  delta: -5,
};

beforeAll(async () => {
  centre = await TestCentre.begin();
  http = await centre.serve();
  chain = makeChain(mainLog, { seed: 71 });
  await centre.enrol(chain);
  path = `${http.url}/api/v1/chains/${toHex(chain.chainId)}/summaries`;
  const height = chain.addSummaries(
    { ...exact, min: exact.first, max: exact.first },
    { device: hostile, quality: 'estimated', reason: '+1, "late"' },
  );
  await centre.send(chain, 'anchor', chain.anchor());
  await centre.send(chain, 'summary', chain.summaries(height));
  await centre.centre.history.upToDate();
});
afterAll(async () => {
  await http.close();
  await centre.end();
});

test('CSV (RFC 4180): exact decimals, no formulas', async () => {
  const response = await checkedFetch(`${path}?format=csv`);
  expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
  const [header, first, second, end] = (await response.text()).split('\r\n');
  expect(header).toBe(
    'chain,id,device,obis,unit,from,to,revision,quality,reason,' +
      'first,last,min,max,mean,delta,count,expectedCount',
  );
  expect(first).toContain(',9007199254740.991,9007199254740.991,');
  expect(first).toContain(',-0.005,900,900');
  expect(second).toContain(`,"'=HYPERLINK(""http://evil.example"",""x"")",`);
  expect(second).toContain(`,"'+1, ""late""",`);
  expect(end).toBe('');
});

test('SenML (RFC 8428): names it allows, numbers digit by digit', async () => {
  const response = await checkedFetch(path, { headers: { accept: 'application/senml+json' } });
  expect(response.headers.get('content-type')).toBe('application/senml+json');
  const text = await response.text();
  const records = JSON.parse(text) as { n: string; u: string; t: number; v: number }[];
  expect(records).toHaveLength(12);
  expect(records[0]).toMatchObject({
    n: 'urn:dev:ops:test-meter-1/1-0:1.8.0.255/first',
    u: 'Wh',
    t: (startMs + windowMs) / 1_000,
  });
  expect(text).toContain('"v":9007199254740.991}');
  expect(text).toContain('"v":-0.005}');
  for (const { n } of records) expect(n).toMatch(/^[A-Za-z0-9][A-Za-z0-9\-:./_]*$/);
});

test('a file holds all there is, however many pages that are', async () => {
  const many = makeChain(mainLog, { seed: 72 });
  await centre.enrol(many);
  const count = limits.historyPageMax + 7;
  const each = 100;
  const heights: number[] = [];
  for (let i = 0; i < count; i += each) {
    const windows = Array.from({ length: Math.min(each, count - i) }, (_, k) => ({
      windowStartMs: startMs + (i + k) * windowMs,
    }));
    heights.push(many.addSummaries(...windows));
  }
  await centre.send(many, 'anchor', many.anchor());
  for (const height of heights) await centre.send(many, 'summary', many.summaries(height));
  await centre.centre.history.upToDate();
  const url = `${http.url}/api/v1/chains/${toHex(many.chainId)}/summaries`;
  const csv = await (await checkedFetch(`${url}?format=csv`)).text();
  expect(csv.split('\r\n')).toHaveLength(count + 2);
});

test('a file has no pages, and no form is made up', async () => {
  expect((await checkedFetch(`${path}?format=csv&limit=5`)).status).toBe(400);
  expect((await checkedFetch(path, { headers: { accept: 'image/png' } })).status).toBe(406);
  expect(
    (await checkedFetch(path, { headers: { accept: 'text/*;q=0.5, image/png' } })).status,
  ).toBe(200);
});

describe('Accept (RFC 9110 §12.5.1)', () => {
  const types = ['application/json', 'text/csv'];
  test.each([
    [undefined, 'application/json'],
    ['', 'application/json'],
    ['*/*', 'application/json'],
    ['text/csv', 'text/csv'],
    ['application/json;q=0.1, text/*', 'text/csv'],
    ['*/*;q=0.1, application/json;q=0', 'text/csv'],
    ['TEXT/CSV', 'text/csv'],
    ['text/html, application/xhtml+xml, */*;q=0.8', 'application/json'],
    ['text/csv;q=2', undefined],
    ['image/png', undefined],
    [`${'x'.repeat(100_000)}, text/csv`, undefined],
  ])('%s', (accept, type) => {
    expect(preferred(accept, types)).toBe(type);
  });
});

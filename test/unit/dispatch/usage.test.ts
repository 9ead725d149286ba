// SPDX-License-Identifier: Apache-2.0
// Billing evidence: an exact total with every doubt named, on the clock of the place, which a late
// revision changes and says so; and one file of proofs from which a stranger adds up the same.

import Sqlite from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verifyUsage } from '../../../agent/usage-verdict.ts';
import { assert } from '../../../base/assert.ts';
import { toHex } from '../../../base/bytes.ts';
import { formatDecimal } from '../../../base/decimal.ts';
import { limits } from '../../../base/limits.ts';
import { nodeSuite } from '../../../base/node-suite.ts';
import type { Summary } from '../../../contracts/summary.ts';
import { monthIn } from '../../../dispatch/api/calendar.ts';
import type { HttpServer } from '../../../host/http.ts';
import { parseTrustedKeys } from '../../../sidechain/chain/trusted-keys.ts';
import { checkedFetch } from './checked-fetch.ts';
import { type FakeChain, makeChain, startMs, windowMs } from './fake-chain.ts';
import { mainLog } from './fake-main-log.ts';
import { TestCentre } from './test-centre.ts';

type Register = Readonly<Record<string, unknown>> & { readonly proof: string };

const device = 'urn:dev:ops:test-meter-1';
let centre: TestCentre;
let http: HttpServer;
let chain: FakeChain;

beforeAll(async () => {
  centre = await TestCentre.begin();
  http = await centre.serve();
  chain = makeChain(mainLog, { seed: 61 });
  await centre.enrol(chain);
  // The first eight windows of 2026, the fourth without readings, the sixth not there at all.
  await report(chain, [-1, 0, 1, 2, 3, 4, 6, 7].map(windowAt));
});
afterAll(async () => {
  await http.close();
  await centre.end();
});

/** 10 Wh in each window; the counter stands at 1000 Wh where the year begins. */
function windowAt(i: number): Partial<Summary> {
  const counter = { exponent: 0, first: 991 + 10 * i, last: 1_000 + 10 * (i + 1), delta: 10 };
  const range = { min: counter.first, max: counter.last, windowStartMs: startMs + i * windowMs };
  if (i !== 3) return { ...counter, ...range };
  const none = { first: null, last: null, min: null, max: null, mean: null, delta: null };
  const gap: [number, number] = [range.windowStartMs, range.windowStartMs + windowMs];
  return { ...range, ...none, count: 0, missing: [gap], quality: 'missing', reason: 'no reading' };
}

async function report(of: FakeChain, summaries: readonly Partial<Summary>[]): Promise<void> {
  const from = centre.centre.ordering.chain(of.chainId)?.anchored?.size ?? 0;
  const heights = summaries.map((summary) => of.addSummaries(summary));
  await centre.send(of, 'anchor', of.anchor({ from }));
  for (const height of heights) await centre.send(of, 'summary', of.summaries(height));
  await centre.centre.history.upToDate();
}

const twoHours = `from=${startMs}&to=${startMs + 8 * windowMs}`;

async function ask(query: string, headers: Record<string, string> = {}): Promise<Response> {
  return checkedFetch(`${http.url}/api/v1/usage?${query}`, { headers });
}

async function register(query = `device=${device}&${twoHours}`): Promise<Register> {
  const response = await ask(query);
  expect(response.status).toBe(200);
  const { registers } = (await response.json()) as { registers: Register[] };
  expect(registers).toHaveLength(1);
  return registers[0] as Register;
}

test('the total is the exact sum of what there is, and what is not there is named', async () => {
  expect(await register()).toMatchObject({
    chain: toHex(chain.chainId),
    obis: '1-0:1.8.0*255',
    unit: 'Wh',
    total: '60',
    billed: { value: '0.060', unit: 'kWh' },
    complete: false,
    windows: { expected: 8, counted: 6, validated: 6, revised: 0 },
    stretches: [
      { kind: 'missing', reason: 'no reading', from: '2026-01-01T00:45:00.000Z' },
      { kind: 'absent', from: '2026-01-01T01:15:00.000Z', to: '2026-01-01T01:30:00.000Z' },
    ],
    readings: {
      opening: { value: '1000', windowEnd: '2026-01-01T00:00:00.000Z' },
      closing: { value: '1080', windowEnd: '2026-01-01T02:00:00.000Z' },
      difference: '80',
      agrees: false,
    },
  });
});

test('a whole month is mostly absent here, and its windows are counted by the clock', async () => {
  const berlin = await register(`device=${device}&month=2026-01&zone=Europe/Berlin`);
  expect(berlin).toMatchObject({ windows: { expected: 31 * 96, counted: 7 } });
  const utc = await register(`device=${device}&month=2026-01`);
  expect(utc).toMatchObject({ windows: { expected: 31 * 96, counted: 6 }, total: '60' });
});

test('whoever holds the file of proofs adds up the same, with keys of his own', async () => {
  const { proof, total } = await register();
  const file = await proofFile(proof);
  const keys = parseTrustedKeys(
    nodeSuite,
    await (await fetch(`${http.url}/api/v1/chains/${toHex(chain.chainId)}/keys`)).text(),
  );
  assert(keys.ok, 'the keys can be read');
  const verdict = verifyUsage(nodeSuite, file, keys.value);
  assert(verdict.status === 'valid' && verdict.result.total !== null, 'it is valid');
  expect(formatDecimal(verdict.result.total)).toBe(total);
  expect(verdict.result).toMatchObject({ expectedCount: 8, countedCount: 6 });
  expect(verdict.result.stretches.map(({ kind }) => kind)).toEqual(['missing', 'absent']);
  expect(verifyUsage(nodeSuite, file, [])).toMatchObject({ status: 'unknown-signer' });
});

test('a file that was cut off, or has any bit flipped, proves nothing', async () => {
  const file = await proofFile((await register()).proof);
  for (const length of [0, 1, 100, file.length - 1]) {
    expect(verifyUsage(nodeSuite, file.subarray(0, length), []).status).not.toBe('unknown-signer');
  }
  // A prime step, so that all parts of all bundles are met.
  for (let i = 0; i < file.length; i += 211) {
    const altered = Uint8Array.from(file);
    altered[i] = (altered[i] ?? 0) ^ 0x10;
    const verdict = verifyUsage(nodeSuite, altered, []);
    // What it covers is not signed; it is held against each bundle, and shown.
    if (i < 120 && verdict.status === 'unknown-signer') continue;
    expect([i, verdict.status]).not.toEqual([i, 'unknown-signer']);
  }
});

async function proofFile(path: string): Promise<Uint8Array> {
  const response = await checkedFetch(http.url + path);
  expect(response.headers.get('content-type')).toBe('application/cbor-seq');
  return new Uint8Array(await response.arrayBuffer());
}

test('a late revision changes the bill, and whoever read it before can tell', async () => {
  const later = makeChain(mainLog, { seed: 62 });
  await centre.enrol(later);
  const window = { ...windowAt(0), device: 'late' };
  await report(later, [window, { ...windowAt(1), device: 'late' }]);
  const query = `device=late&from=${startMs}&to=${startMs + 2 * windowMs}`;
  const before = await ask(query);
  const tag = before.headers.get('etag') ?? '';
  expect((await ask(query, { 'if-none-match': tag })).status).toBe(304);
  const revised = { revision: 1, delta: 7, quality: 'estimated', reason: 'late packs' } as const;
  await report(later, [{ ...window, ...revised }]);
  const after = await ask(query, { 'if-none-match': tag });
  expect(after.status).toBe(200);
  const { registers } = (await after.json()) as { registers: Register[] };
  expect(registers).toMatchObject([
    {
      total: '17',
      windows: { revised: 1 },
      stretches: [{ kind: 'estimated', reason: 'late packs' }],
    },
  ]);
});

test('two meters of one name on two chains are never one bill', async () => {
  const names: string[] = [];
  for (const seed of [63, 64]) {
    const one = makeChain(mainLog, { seed });
    await centre.enrol(one);
    await report(one, [{ ...windowAt(0), device: 'meter-0' }]);
    names.push(toHex(one.chainId));
  }
  const query = `device=meter-0&${twoHours}`;
  const { registers } = (await (await ask(query)).json()) as { registers: Register[] };
  expect(registers.map(({ chain: id }) => id)).toEqual(names.sort());
  const proof = await checkedFetch(`${http.url}/api/v1/usage/proof?${query}`);
  expect(proof.status).toBe(422);
  const one = await checkedFetch(`${http.url}/api/v1/usage/proof?${query}&chain=${names[0]}`);
  expect(one.status).toBe(200);
  const listed = await checkedFetch(`${http.url}/api/v1/summaries?device=meter-0&limit=1`);
  const page = (await listed.json()) as { summaries: { chain: string }[]; next: string };
  const rest = await checkedFetch(
    `${http.url}/api/v1/summaries?device=meter-0&limit=1&cursor=${page.next}`,
  );
  const second = (await rest.json()) as { summaries: { chain: string }[] };
  expect([...page.summaries, ...second.summaries].map(({ chain: id }) => id)).toEqual(names);
});

test('no register is left out of a bill in silence', async () => {
  const one = makeChain(mainLog, { seed: 65 });
  await centre.enrol(one);
  const numbers = Array.from({ length: limits.usageRegistersMax + 1 }, (_, i) => i);
  const summaries = numbers.map((i) => ({
    ...windowAt(0),
    device: 'many',
    obis: `1-${i}:1.8.0*255`,
  }));
  await report(one, summaries);
  const all = await ask(`device=many&${twoHours}`);
  expect(all.status).toBe(422);
  expect(await all.json()).toMatchObject({
    detail: 'more than 64 registers: name one with `obis`',
  });
  const obis = encodeURIComponent('1-64:1.8.0*255');
  expect(await register(`device=many&${twoHours}&obis=${obis}`)).toMatchObject({ total: '10' });
});

test('a row that somebody put into the history has no proof, and harms nobody', async () => {
  const one = makeChain(mainLog, { seed: 66 });
  await centre.enrol(one);
  await report(one, [{ ...windowAt(0), device: 'altered' }]);
  const query = `device=altered&${twoHours}`;
  const { proof } = await register(query);
  const history = new Sqlite(centre.path('history'));
  history.exec("UPDATE summary SET height = 999 WHERE device = 'altered'");
  history.close();
  await expect(fetch(http.url + proof).then((answer) => answer.bytes())).rejects.toThrow();
  expect((await register(query)).total).toBe('10');
  expect((await proofFile((await register()).proof)).length).toBeGreaterThan(0);
});

test.each([
  ['', 400],
  [`device=${device}`, 400],
  [`device=${device}&month=2026-13`, 400],
  [`device=${device}&month=2026-01&zone=Mars/Olympus`, 400],
  [`device=${device}&month=2026-01&from=0`, 400],
  [`device=${device}&from=0&to=99999999999999`, 400],
  [`device=${device}&from=5&to=5`, 400],
  [`device=nobody&month=2026-01`, 404],
])('%s is answered with %i', async (query, status) => {
  expect((await ask(query)).status).toBe(status);
});

describe('months on the clock of a place', () => {
  const hours = (month: string, zone: string) => {
    const span = monthIn(month, zone);
    assert(span.ok, 'there is such a month');
    const { fromMs, toMs } = span.value;
    return [new Date(fromMs).toISOString(), (toMs - fromMs) / 3_600_000];
  };

  test.each([
    ['2026-03', 'UTC', '2026-03-01T00:00:00.000Z', 744],
    ['2026-03', 'Europe/Berlin', '2026-02-28T23:00:00.000Z', 743],
    ['2026-10', 'Europe/Berlin', '2026-09-30T22:00:00.000Z', 745],
    ['2026-12', 'Asia/Shanghai', '2026-11-30T16:00:00.000Z', 744],
    ['2026-04', 'Asia/Kathmandu', '2026-03-31T18:15:00.000Z', 720],
    // Midnight of 1 October 2023 was skipped there: the month began at one o'clock.
    ['2023-10', 'America/Asuncion', '2023-10-01T04:00:00.000Z', 743],
    // Half an hour of summer time.
    ['2026-04', 'Australia/Lord_Howe', '2026-03-31T13:00:00.000Z', 720.5],
  ])('%s in %s', (month, zone, from, length) => {
    expect(hours(month, zone)).toEqual([from, length]);
  });
});

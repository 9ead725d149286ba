// SPDX-License-Identifier: Apache-2.0
// Load profiles: interval by interval what the usage adds up, so that both come to the same sum, with
// whatever is missing, in doubt, revised or twice; for one device, a chain, or all that a token names.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { assert } from '../../../base/assert.ts';
import { toHex } from '../../../base/bytes.ts';
import { formatDecimal, parseDecimal } from '../../../base/decimal.ts';
import { limits } from '../../../base/limits.ts';
import type { Summary } from '../../../contracts/summary.ts';
import { sumOf } from '../../../contracts/usage.ts';
import { allRows } from '../../../dispatch/api/history-pages.ts';
import { makeToken } from '../../../dispatch/tokens.ts';
import type { HttpServer } from '../../../host/http.ts';
import { checkedFetch } from './checked-fetch.ts';
import { type FakeChain, makeChain } from './fake-chain.ts';
import { mainLog } from './fake-main-log.ts';
import { TestCentre } from './test-centre.ts';

type Reading = { from: string; to: string; value: string | null; quality: string; reason: string };
type Block = {
  readonly device: string;
  readonly obis: string;
  readonly unit: string;
  readonly intervalReadings: readonly Reading[];
  readonly total: string | null;
  readonly complete: boolean;
  readonly windows: Readonly<Record<string, number>>;
};

const hourMs = 3_600_000;
/** The last hour of February in Berlin; the hour of summer time is missing 29 days later. */
const beginMs = Date.UTC(2026, 1, 28, 22);
const hourCount = 31 * 24 + 2;
const quarter = { windowMs: 900_000, count: 900, expectedCount: 900 };
const none = { count: 0, first: null, last: null, min: null, max: null, mean: null, delta: null };

let centre: TestCentre;
let http: HttpServer;
let chain: FakeChain;

/** Counts 1 Wh and some thousandths, other ones each hour. */
function hour(i: number, changed: Partial<Summary> = {}): Partial<Summary> {
  const windowStartMs = beginMs + i * hourMs;
  const counted = { exponent: -3, delta: 1_000 + ((i * 7_919) % 997) };
  return { device: 'meter-a', windowStartMs, windowMs: hourMs, ...counted, ...changed };
}

function missing(i: number): Partial<Summary> {
  const windowStartMs = beginMs + i * hourMs;
  const gap = [windowStartMs, windowStartMs + hourMs] as [number, number];
  return hour(i, { ...none, missing: [gap], quality: 'missing', reason: 'no reading' });
}

/** Some missing, some estimated, some not there at all, one twice by windows of another length. */
function march(): Partial<Summary>[] {
  const doubtful = (i: number) => {
    if (i % 40 === 7) return missing(i);
    if (i % 50 === 9) return hour(i, { quality: 'estimated', reason: 'parts are missing' });
    return hour(i);
  };
  const all = Array.from({ length: hourCount }, (_, i) => i)
    .filter((i) => i < 300 || i >= 330)
    .map(doubtful);
  return [...all, hour(100, { ...quarter, windowStartMs: beginMs + 100 * hourMs + 900_000 })];
}

async function report(of: FakeChain, summaries: readonly Partial<Summary>[]): Promise<void> {
  const from = centre.centre.ordering.chain(of.chainId)?.anchored?.size ?? 0;
  const heights: number[] = [];
  for (let i = 0; i < summaries.length; i += 100) {
    heights.push(of.addSummaries(...summaries.slice(i, i + 100)));
  }
  await centre.send(of, 'anchor', of.anchor({ from }));
  for (const height of heights) await centre.send(of, 'summary', of.summaries(height));
  await centre.centre.history.upToDate();
}

beforeAll(async () => {
  centre = await TestCentre.begin();
  http = await centre.serve();
  chain = makeChain(mainLog, { seed: 81 });
  await centre.enrol(chain);
  await report(chain, march());
  // Revised afterwards: one that was missing, and one that was not in doubt.
  const late = { revision: 1, quality: 'edited', reason: 'by hand' } as const;
  await report(chain, [hour(7, { ...late, delta: 5 }), hour(20, { ...late, delta: 77 })]);
  const power = { obis: '1-0:16.7.0*255', unit: 'W', delta: null, exponent: 0, mean: 5_005 };
  await report(chain, [
    hour(5, { ...power, meanExponent: -1 }),
    hour(3, { device: 'meter-b' }),
    hour(4, { device: 'meter-b', obis: '1-0:2.8.0*255' }),
  ]);
});
afterAll(async () => {
  await http.close();
  await centre.end();
});

async function ask(query: string, headers: Record<string, string> = {}, route = 'profile') {
  centre.nowMs += 1_000;
  return checkedFetch(`${http.url}/api/v1/${route}?${query}`, { headers });
}

async function blocks(query: string, headers: Record<string, string> = {}): Promise<Block[]> {
  const response = await ask(query, headers);
  expect([query, response.status]).toEqual([query, 200]);
  return ((await response.json()) as { intervalBlocks: Block[] }).intervalBlocks;
}

/** Added up here, by decimals, from what is shown. */
function added({ intervalReadings }: Pick<Block, 'intervalReadings'>): string | null {
  const values = intervalReadings.flatMap(({ value }) => {
    const decimal = value === null ? undefined : parseDecimal(value);
    return decimal === undefined ? [] : [decimal];
  });
  return values.length === 0 ? null : formatDecimal(values.reduce(sumOf));
}

const spans = [
  'month=2026-03&zone=Europe/Berlin',
  'month=2026-03',
  'month=2026-02&zone=Europe/Berlin',
  // Begins and ends in the midst of windows.
  `from=${beginMs + 95 * hourMs + 1}&to=${beginMs + 340 * hourMs - 1}`,
];

test.each(spans)('%s: its intervals come to the usage, to the digit', async (span) => {
  const query = `device=meter-a&obis=1-0:1.8.0*255&${span}`;
  const [block] = await blocks(query);
  assert(block !== undefined, 'there is one register');
  const { registers } = (await (await ask(query, {}, 'usage')).json()) as {
    registers: { total: string; windows: object; complete: boolean }[];
  };
  expect(added(block)).toBe(registers[0]?.total);
  expect(block).toMatchObject(registers.map(({ total, windows }) => ({ total, windows }))[0] ?? {});
});

test('a month with summer time has each of its hours once, gaps told', async () => {
  const [block] = await blocks(
    'device=meter-a&obis=1-0:1.8.0*255&month=2026-03&zone=Europe/Berlin',
  );
  assert(block !== undefined, 'there is one register');
  const { intervalReadings: readings, windows, complete } = block;
  expect([windows.expected, windows.revised, complete]).toEqual([31 * 24 - 1, 2, false]);
  const known = readings.filter(({ quality }) => quality !== 'ambiguous');
  expect(known[0]?.from).toBe('2026-02-28T23:00:00.000Z');
  expect(known.at(-1)?.to).toBe('2026-03-31T22:00:00.000Z');
  // Each begins where the one before ends.
  expect(known.slice(1).map(({ from }) => from)).toEqual(known.slice(0, -1).map(({ to }) => to));
  const kinds = (quality: string) => readings.filter((reading) => reading.quality === quality);
  expect(kinds('absent')).toMatchObject([
    {
      from: new Date(beginMs + 300 * hourMs).toISOString(),
      to: new Date(beginMs + 330 * hourMs).toISOString(),
      value: null,
    },
  ]);
  expect(kinds('edited').map(({ value }) => value)).toEqual(['0.005', '0.077']);
  expect(kinds('missing').every(({ value, reason }) => value === null && reason !== '')).toBe(true);
  expect(kinds('estimated').length).toBeGreaterThan(5);
  expect(kinds('ambiguous')).toMatchObject([{ value: null, reason: 'a window twice' }]);
});

test('what is no counter has averages, and no sum', async () => {
  const [block] = await blocks('device=meter-a&obis=1-0:16.7.0*255&month=2026-03');
  expect(block).toMatchObject({ unit: 'W', total: null, complete: false });
  expect(block?.intervalReadings[1]).toMatchObject({ value: null, average: '500.5' });
});

test('CSV has the same intervals, line by line', async () => {
  const query = `device=meter-a&obis=1-0:1.8.0*255&${spans[0]}`;
  const [block] = await blocks(query);
  const response = await ask(query, { accept: 'text/csv' });
  expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
  const [header, ...lines] = (await response.text()).split('\r\n');
  expect(header).toBe(
    'chain,device,obis,unit,from,to,value,average,quality,reason,revision,summary',
  );
  expect(lines.pop()).toBe('');
  const shown = lines.map((line) => {
    const [id, device, obis, unit, from, to, value = '', , quality] = line.split(',');
    expect([id, device, obis, unit]).toEqual([toHex(chain.chainId), 'meter-a', block?.obis, 'Wh']);
    return { from, to, value: value === '' ? null : value, quality };
  });
  expect(shown).toMatchObject(
    (block?.intervalReadings ?? []).map(({ from, to, value, quality }) => ({
      from,
      to,
      value,
      quality,
    })),
  );
});

test('a chain is shown whole, device by device and register by register', async () => {
  const found = await blocks(`chain=${toHex(chain.chainId)}&month=2026-03`);
  expect(found.map(({ device, obis }) => `${device} ${obis}`)).toEqual([
    'meter-a 1-0:1.8.0*255',
    'meter-a 1-0:16.7.0*255',
    'meter-b 1-0:1.8.0*255',
    'meter-b 1-0:2.8.0*255',
  ]);
});

test('rows that are cut off in their midst never look like all of them', async () => {
  const many = makeChain(mainLog, { seed: 82 });
  await centre.enrol(many);
  const count = limits.historyPageMax + 1;
  await report(
    many,
    Array.from({ length: count }, (_, i) => hour(i, { device: 'meter-m' })),
  );
  const ending = new AbortController();
  const span = {
    fromMs: 0,
    toMs: Number.MAX_SAFE_INTEGER,
    devices: 'all',
    obis: undefined,
  } as const;
  const rows = allRows(centre.centre.history, {
    ...{ ...span, chainId: many.chainId, allRevisions: false, ending: ending.signal },
  });
  const read = async () => {
    for await (const _ of rows) ending.abort();
  };
  await expect(read()).rejects.toThrow(expect.objectContaining({ code: 'cut-off' }));
});

test.each([
  ['month=2026-03', 400],
  ['device=meter-a', 400],
  ['device=meter-a&month=2026-03&format=xml', 400],
  ['device=nobody&month=2026-03', 404],
  ['device=meter-a&month=2025-03', 404],
])('%s is answered with %i', async (query, status) => {
  expect((await ask(query)).status).toBe(status);
});

test('no form is made up', async () => {
  const response = await ask('device=meter-a&month=2026-03', { accept: 'image/png' });
  expect(response.status).toBe(406);
});

describe('with a token', () => {
  const bearer: Record<string, Record<string, string>> = {};

  beforeAll(async () => {
    const chains = [toHex(chain.chainId)];
    for (const [name, devices] of [
      ['customer', ['meter-b', 'meter-nowhere']],
      ['plant', []],
    ] as const) {
      const wanted = {
        role: 'plant',
        name,
        chains,
        devices: [...devices],
        days: undefined,
      } as const;
      const { text } = await makeToken(`${centre.directory}/tokens.json`, wanted);
      bearer[name] = { authorization: `Bearer ${text}` };
    }
  });

  test('a customer has the usage and the profile of all his devices, and of no other', async () => {
    const response = await ask('month=2026-03', bearer.customer, 'usage');
    expect(response.status).toBe(200);
    const usage = (await response.json()) as { device: null; registers: Block[] };
    expect(usage.device).toBeNull();
    const found = await blocks('month=2026-03', bearer.customer);
    const names = ['meter-b 1-0:1.8.0*255', 'meter-b 1-0:2.8.0*255'];
    for (const registers of [usage.registers, found]) {
      expect(registers.map(({ device, obis }) => `${device} ${obis}`)).toEqual(names);
    }
    expect(found.map(added)).toEqual(usage.registers.map(({ total }) => total));
    const whole = await blocks(`month=2026-03&chain=${toHex(chain.chainId)}`, bearer.customer);
    expect(whole.map(({ device }) => device)).toEqual(['meter-b', 'meter-b']);
    for (const query of ['device=meter-a&month=2026-03', `month=2026-03&chain=${'0'.repeat(64)}`]) {
      expect([query, (await ask(query, bearer.customer)).status]).toEqual([query, 403]);
      expect([query, (await ask(query, bearer.customer, 'usage')).status]).toEqual([query, 403]);
    }
  });

  test('a plant has all devices of its chains, and names the one that it wants a bill of', async () => {
    expect(await blocks('month=2026-03', bearer.plant)).toHaveLength(4);
    expect((await ask('month=2026-03', bearer.plant, 'usage')).status).toBe(400);
    expect((await ask('month=2026-03&device=meter-a', bearer.plant, 'usage')).status).toBe(200);
  });
});

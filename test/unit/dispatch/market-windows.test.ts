// SPDX-License-Identifier: Apache-2.0
// Demands on the main log: in the window of the time at which they were taken, counted on after a restart,
// and the totals a leaf with a receipt that anybody can check.

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { toBase64 } from '../../../base/bytes.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { decodeMarketWindow } from '../../../contracts/market-window.ts';
import type { HttpServer } from '../../../host/http.ts';
import { checkStatementReceipts } from '../../../sidechain/chain/receipt-message.ts';
import { checkedFetch } from './checked-fetch.ts';
import { makeChain, signerOf } from './fake-chain.ts';
import { TestCentre } from './test-centre.ts';
import {
  demandBy,
  dispatcher,
  enrolmentBy,
  keeper,
  tradeGenesis,
  tradeLog,
  trader,
} from './trade-log.ts';

type Window = {
  readonly logIndex: number;
  readonly from: string;
  readonly to: string;
  readonly totals: readonly { readonly class: string; readonly count: number }[];
};

let centre: TestCentre;
let http: HttpServer;
beforeEach(async () => {
  centre = await TestCentre.begin({ genesis: tradeGenesis, signer: keeper });
  http = await centre.serve();
});
afterEach(async () => {
  await http.close();
  await centre.end();
});

const at = (clock: string): number => Date.parse(`2026-01-05T${clock}Z`);

async function restart(): Promise<void> {
  await http.close();
  await centre.kill();
  await centre.start();
  http = await centre.serve();
}

function post(record: Uint8Array, clock: string) {
  centre.nowMs = at(clock);
  return put(record);
}

async function put(record: Uint8Array) {
  const response = await checkedFetch(`${http.url}/api/v1/market/records`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ record: toBase64(record) }),
  });
  const body = (await response.json()) as { readonly logIndex?: number; readonly code?: string };
  return { status: response.status, ...body };
}

async function windows(): Promise<readonly Window[]> {
  const response = await checkedFetch(`${http.url}/api/v1/market/windows`);
  return ((await response.json()) as { items: readonly Window[] }).items;
}

const countsOf = (found: readonly Window[]) =>
  found.map(({ from, totals }) => [from.slice(11, 16), totals.map(({ count }) => count)]);

test('requests at 00:01, 00:14 and 00:16 are two in the first window and one in the next', async () => {
  const { grid } = trader;
  expect(await post(demandBy(grid), '00:01:00')).toMatchObject({ status: 201, logIndex: 1 });
  await post(demandBy(grid, { tradeClass: 'auxiliary-service' }), '00:14:59.999');
  expect(await windows()).toEqual([]);
  // The window is over: it is said before what comes then.
  expect(await post(demandBy(grid), '00:16:00')).toMatchObject({ status: 201, logIndex: 4 });
  expect(countsOf(await windows())).toEqual([['00:00', [0, 1, 1]]]);
  // Whatever it is about.
  centre.nowMs = at('00:30:00');
  await centre.centre.ordering.submit(
    enrolmentBy(makeChain(tradeLog, { seed: 7 }), dispatcher.grid),
  );
  expect(countsOf(await windows())).toEqual([
    ['00:15', [0, 1, 0]],
    ['00:00', [0, 1, 1]],
  ]);
});

test('a clock years ahead opens no window, and once it is right all goes on', async () => {
  const { grid } = trader;
  const over = { status: 422, code: 'over' };
  centre.nowMs = Date.parse('2100-01-01T00:00:00Z');
  expect(await put(demandBy(grid))).toMatchObject(over);
  await restart();
  const delivery = { fromMs: at('00:02:00'), toMs: at('00:10:00') };
  expect(await post(demandBy(grid, delivery), '00:10:00')).toMatchObject(over);
  expect(await post(demandBy(grid, delivery), '00:09:59.999')).toMatchObject({ status: 422 });
  await restart();
  expect(await post(demandBy(grid, delivery), '00:09:59.999')).toMatchObject({ status: 201 });
  await post(demandBy(grid), '00:16:00');
  expect(countsOf(await windows())).toEqual([['00:00', [0, 1, 0]]]);
});

test('a window is a leaf, and its receipt holds', async () => {
  await post(demandBy(trader.grid), '00:01:00');
  await post(demandBy(trader.grid), '00:15:00.000');
  const [window] = await windows();
  expect(window).toMatchObject({ logIndex: 2, to: '2026-01-05T00:15:00.000Z' });
  const message = await centre.centre.ordering.receipt(2, { from: 0 });
  const given = { receipts: message.receipts, mainLog: tradeLog };
  expect(checkStatementReceipts(suite, message.anchor, given)).toMatchObject({ ok: true });
  expect(decodeMarketWindow(message.anchor)).toMatchObject({ ok: true });
});

test('what was demanded before the centre died is counted by the next one', async () => {
  await post(demandBy(trader.grid), '00:01:00');
  await restart();
  const again = demandBy(trader.solar, { direction: 'sell' });
  await post(again, '00:02:00');
  await restart();
  // Sent once more by who heard no answer: it counts once.
  expect(await post(again, '00:03:00')).toMatchObject({ status: 200, logIndex: 2 });
  await post(demandBy(trader.grid), '00:20:00');
  await restart();
  const [window] = await windows();
  expect(window?.totals[1]).toEqual({
    class: 'ordinary-supply',
    count: 2,
    buyWh: 1_000,
    sellWh: 1_000,
  });
  await post(demandBy(trader.grid), '00:31:00');
  expect(countsOf(await windows())).toEqual([
    ['00:15', [0, 1, 0]],
    ['00:00', [0, 2, 0]],
  ]);
});

test('a clock that went back while the centre was down opens no window again', async () => {
  await post(demandBy(trader.grid), '00:01:00');
  centre.nowMs = at('00:16:00');
  await centre.centre.ordering.submit(
    enrolmentBy(makeChain(tradeLog, { seed: 7 }), dispatcher.grid),
  );
  await restart();
  await post(demandBy(trader.grid), '00:02:00');
  await post(demandBy(trader.grid), '00:45:00');
  expect(countsOf(await windows())).toEqual([
    ['00:15', [0, 1, 0]],
    ['00:00', [0, 1, 0]],
  ]);
});

test('a death before or after the write loses no demand and counts none twice', async () => {
  await post(demandBy(trader.grid), '00:01:00');
  const record = demandBy(trader.grid);
  centre.nowMs = at('00:16:00');
  for (const when of ['before', 'after'] as const) {
    await http.close();
    await centre.kill();
    await centre.start({ crash: { write: 0, when } });
    await expect(centre.centre.ordering.submit({ kind: 'record', record })).rejects.toThrow();
    await centre.kill();
    await centre.start();
    http = await centre.serve();
  }
  expect(await post(record, '00:17:00')).toMatchObject({ status: 200, logIndex: 3 });
  await post(demandBy(trader.grid), '00:45:00');
  expect(countsOf(await windows())).toEqual([
    ['00:15', [0, 1, 0]],
    ['00:00', [0, 1, 0]],
  ]);
});

describe('a demand', () => {
  test('of a gateway speaks for the organisation of its chain', async () => {
    const chain = makeChain(tradeLog, { seed: 7 });
    const [gateway] = chain.signers;
    if (gateway === undefined) throw new Error('a chain has a member');
    const record = demandBy(gateway, { chain: chain.chainId });
    expect(await post(record, '00:01:00')).toMatchObject({ status: 422, code: 'unknown-chain' });
    await centre.centre.ordering.submit(enrolmentBy(chain, dispatcher.solar));
    expect(await post(record, '00:01:00')).toMatchObject({ status: 201 });
    const stranger = demandBy(signerOf(999), { chain: chain.chainId });
    expect(await post(stranger, '00:01:00')).toMatchObject({ code: 'unknown-signer' });
    const forged = demandBy({ ...signerOf(999), keyId: gateway.keyId }, { chain: chain.chainId });
    expect(await post(forged, '00:01:00')).toMatchObject({ code: 'signature' });
  });

  test.each<[string, string, () => Uint8Array]>([
    ['by a dispatcher', 'role', () => demandBy(dispatcher.grid)],
    ['by a stranger', 'unknown-signer', () => demandBy(signerOf(999))],
    ['for another main log', 'signature', () => demandBy(trader.grid, {}, new Uint8Array(32))],
  ])('%s is refused: %s', async (_, code, record) => {
    expect(await post(record(), '00:01:00')).toMatchObject({ status: 422, code });
  });

  test.each([
    { energyWh: 0 },
    { energyWh: 100_000_000_001 },
    { toMs: 0 },
    { priceLimit: [1, 0, 'eur'] as const },
    { priceLimit: [1, 7, 'EUR'] as const },
  ])('cannot be written with %j', (changed) => {
    expect(() => demandBy(trader.grid, changed)).toThrow();
  });
});

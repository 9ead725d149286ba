// SPDX-License-Identifier: Apache-2.0
// A mirror of a log with a market: it counts each window again, knows who might say what, and sees an asset
// that is kept from a regulator.

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { tradeClasses } from '../../../base/trade.ts';
import type { MarketWindow } from '../../../contracts/market-window.ts';
import { askOver, CentreClient } from '../../../dispatch/mirror/centre-client.ts';
import type { ProvenChain } from '../../../dispatch/mirror/judge.ts';
import { judgeRecordCopy } from '../../../dispatch/mirror/judge-record-copy.ts';
import { MarketCopy } from '../../../dispatch/mirror/market-copy.ts';
import { Mirror } from '../../../dispatch/mirror/mirror.ts';
import { mirrorMigrations } from '../../../dispatch/mirror/mirror-schema.ts';
import type { HttpServer } from '../../../host/http.ts';
import type { Demand } from '../../../sidechain/chain/demand.ts';
import { foundingRegistry } from '../../../sidechain/chain/main-genesis.ts';
import { makeChain, signerOf } from './fake-chain.ts';
import { InlineDatabase } from './inline-database.ts';
import { TestCentre } from './test-centre.ts';
import {
  assetBy,
  demandBy,
  dispatcher,
  enrolmentBy,
  keeper,
  regulator,
  toOrganisation,
  tradeGenesis,
  tradeLog,
  tradeMain,
  trader,
} from './trade-log.ts';

let centre: TestCentre;
let http: HttpServer;
let database: InlineDatabase;
beforeEach(async () => {
  centre = await TestCentre.begin({ genesis: tradeGenesis, signer: keeper });
  http = await centre.serve();
  const path = `${centre.directory}/mirror.sqlite`;
  database = new InlineDatabase({ path, mode: 'create', migrations: mirrorMigrations });
});
afterEach(async () => {
  await database.close();
  await http.close();
  await centre.end();
});

const windowMs = 15 * 60_000;

function put(record: Uint8Array) {
  return centre.centre.ordering.submit({ kind: 'record', record });
}

/** `isLate`: the first answer about chains is as if none were enrolled yet. */
async function pass({ isLate = false } = {}) {
  const asked = askOver({ url: http.url, token: undefined, ca: undefined });
  let late = isLate;
  const ask: typeof asked = (path) => {
    if (!late || !path.startsWith('/api/v1/enrolments')) return asked(path);
    late = false;
    return asked(`/api/v1/enrolments?after=${'f'.repeat(64)}`);
  };
  const mirror = await Mirror.open({
    ...{ suite, database, mainLog: tradeLog, nowMs: () => centre.nowMs },
    client: new CentreClient(ask, async () => {}),
    ...{ expectsAll: true, audits: 0 },
  });
  return mirror.pass();
}

test('what an honest centre says of its market holds, pass after pass', async () => {
  const chain = makeChain(tradeLog, { seed: 7 });
  await centre.centre.ordering.submit(enrolmentBy(chain, dispatcher.solar));
  const [gateway = keeper] = chain.signers;
  await put(demandBy(trader.grid));
  await put(demandBy(gateway, { chain: chain.chainId, direction: 'sell' }));
  expect((await pass()).open).toEqual([]);
  await put(assetBy(trader.grid));
  for (let i = 0; i < 3; i++) {
    centre.nowMs += windowMs;
    await put(demandBy(trader.grid));
    expect((await pass()).open).toEqual([]);
  }
  const counted = await database.read('SELECT log_index FROM market_window ORDER BY log_index');
  expect(counted).toHaveLength(3);
});

describe('a window', () => {
  const demand = { tradeClass: 'ordinary-supply', direction: 'buy', energyWh: 7 } as Demand;
  const saying = (changed: Partial<MarketWindow>, count: number, buyWh: number): MarketWindow => ({
    ...{ kind: 'market-window', startMs: 0, endMs: windowMs },
    totals: tradeClasses.map((tradeClass) =>
      tradeClass === 'ordinary-supply'
        ? { tradeClass, count, buyWh, sellWh: 0 }
        : { tradeClass, count: 0, buyWh: 0, sellWh: 0 },
    ),
    ...changed,
  });

  test('is held against the demands since the one before', async () => {
    const copy = new MarketCopy(database, windowMs);
    for (const leaf of [1, 2]) await copy.demand(leaf, demand);
    expect(await copy.window(3, saying({}, 1, 7))).toContain('since leaf 0');
    expect(await copy.window(3, saying({}, 2, 15))).toContain('"buyWh":14');
    expect(await copy.window(3, saying({}, 2, 14))).toBeUndefined();
    await copy.demand(4, demand);
    const next = { startMs: windowMs, endMs: 2 * windowMs };
    expect(await copy.window(5, saying(next, 3, 21))).toContain('since leaf 3');
    expect(await copy.window(5, saying({}, 1, 7))).toBe('it was over before');
    expect(await copy.window(5, saying({ endMs: 60_000 }, 1, 7))).toContain('on the clock');
    expect(await copy.window(5, saying(next, 1, 7))).toBeUndefined();
    // A pass that died is done again.
    expect(await copy.window(5, saying(next, 1, 7))).toBeUndefined();
  });

  test('that does not hold is one difference, and the next is counted from there', async () => {
    const copy = new MarketCopy(database, windowMs);
    await copy.demand(1, demand);
    expect(await copy.window(2, saying({}, 9, 9))).toContain('since leaf 0');
    await copy.demand(3, demand);
    const next = { startMs: windowMs, endMs: 2 * windowMs };
    expect(await copy.window(4, saying(next, 1, 7))).toBeUndefined();
  });
});

test('a mirror that an older program began accuses nobody of what that one did not count', async () => {
  await put(demandBy(trader.grid));
  expect((await pass()).open).toEqual([]);
  // As an older program leaves it: the leaf was copied, and the demand was not.
  const sinceMarket = mirrorMigrations.flat();
  await database.write([
    { sql: 'DELETE FROM demand' },
    ...sinceMarket.filter((sql) => sql.includes('SET market_from')).map((sql) => ({ sql })),
  ]);
  for (let i = 0; i < 2; i++) {
    centre.nowMs += windowMs;
    await put(demandBy(trader.grid));
    expect((await pass()).open).toEqual([]);
  }
  // What it saw all of is counted as ever.
  await database.write([{ sql: 'DELETE FROM demand' }]);
  centre.nowMs += windowMs;
  await put(demandBy(trader.grid));
  expect((await pass()).open).toMatchObject([{ kind: 'market-window' }]);
});

test('the word of a gateway counts whose chain was enrolled since the chains were copied', async () => {
  const chain = makeChain(tradeLog, { seed: 7 });
  await centre.centre.ordering.submit(enrolmentBy(chain, dispatcher.solar));
  const [gateway = keeper] = chain.signers;
  await put(demandBy(gateway, { chain: chain.chainId, direction: 'sell' }));
  expect((await pass({ isLate: true })).open).toEqual([]);
});

describe('a record', () => {
  const at = (chain?: ProvenChain) => ({
    registry: foundingRegistry(tradeMain.genesis),
    mainLogId: tradeLog.id,
    chainOf: async () => chain,
  });
  const codeOf = async (record: Uint8Array) => {
    const judged = await judgeRecordCopy(suite, record, at());
    return judged.ok ? judged.value?.kind : judged.code;
  };

  test('that a regulator or a reader cannot open is a difference', async () => {
    expect(await codeOf(assetBy(trader.grid))).toBe('asset');
    expect(await codeOf(assetBy(trader.grid, { sealFor: [trader.solar] }))).toBe('reader');
    expect(await codeOf(assetBy(trader.grid, { sealFor: [regulator] }))).toBe('reader');
  });

  test('by who might not is one, too', async () => {
    expect(await codeOf(demandBy(trader.grid))).toBe('demand');
    expect(await codeOf(demandBy(dispatcher.grid))).toBe('role');
    const chain = new Uint8Array(32);
    expect(await codeOf(demandBy(signerOf(1), { chain }))).toBe('unknown-chain');
    const to = { chain, to: [toOrganisation('solar')] };
    expect(await codeOf(assetBy(signerOf(1), to))).toBe('unknown-chain');
  });
});

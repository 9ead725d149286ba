// SPDX-License-Identifier: Apache-2.0
// The market over the API: who is shown what of it, and assets that are made while the centre is away.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { toHex } from '../../../base/bytes.ts';
import { type ApiPlace, askApi } from '../../../dispatch/api-client.ts';
import { makeAsset } from '../../../dispatch/market/make-asset.ts';
import { readMarket } from '../../../dispatch/market/read-market.ts';
import { makeToken } from '../../../dispatch/tokens.ts';
import type { HttpServer } from '../../../host/http.ts';
import type { AssetReader } from '../../../sidechain/chain/asset.ts';
import { signRecord } from '../../../sidechain/chain/main-record.ts';
import { type FakeChain, makeChain, signerOf, startMs } from './fake-chain.ts';
import { TestCentre } from './test-centre.ts';
import {
  demandBy,
  dispatcher,
  enrolmentBy,
  keeper,
  toChain,
  toOrganisation,
  tradeGenesis,
  tradeLog,
  trader,
} from './trade-log.ts';

let centre: TestCentre;
let http: HttpServer;
let directory: string;
/** Both of solar. */
let chains: readonly FakeChain[];
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tieline-market-'));
  centre = await TestCentre.begin({ genesis: tradeGenesis, signer: keeper });
  http = await centre.serve();
  chains = [5, 6].map((seed) => makeChain(tradeLog, { seed }));
  for (const chain of chains) {
    await centre.centre.ordering.submit(enrolmentBy(chain, dispatcher.solar));
  }
});
afterEach(async () => {
  await http.close();
  await centre.end();
  rmSync(directory, { recursive: true });
});

const first = (): FakeChain => chains[0] as FakeChain;

function made(readers: readonly AssetReader[], place: ApiPlace = { apiUrl: http.url }) {
  return makeAsset(place, {
    ...{ title: 'noon', body: new Uint8Array([1]), readers, answers: null, chain: null },
    ...{ mainLogId: tradeLog.id, timeMs: startMs, readersPath: join(directory, 'readers.json') },
  });
}

async function put(record: Uint8Array): Promise<string> {
  const outcome = await centre.centre.ordering.submit({ kind: 'record', record });
  return outcome.kind === 'refused' ? outcome.code : outcome.kind;
}

const offer = (content: Uint8Array) =>
  signRecord({ kind: 'asset', content }, tradeLog.id, trader.solar);

async function holder(role: 'sidechain' | 'market' | 'regulator', chain?: FakeChain) {
  const ids = chain === undefined ? [] : [toHex(chain.chainId)];
  const name = role + ids.join().slice(0, 8);
  const wanted = { role, name, chains: ids, devices: [], days: undefined };
  const { text: token } = await makeToken(`${centre.directory}/tokens.json`, wanted);
  return { apiUrl: http.url, token };
}

describe('what is shown', () => {
  test('to a gateway is what was said to its chain, and its own word', async () => {
    const [gateway = keeper] = first().signers;
    await put(demandBy(trader.grid));
    await put(demandBy(gateway, { chain: first().chainId }));
    await put(offer(await made([toOrganisation('grid')])));
    await put(offer(await made([toChain(first())])));
    const shownTo = async (place: ApiPlace) =>
      (await readMarket(place)).map(({ logIndex }) => logIndex);
    expect(await shownTo(await holder('sidechain', first()))).toEqual([2, 4]);
    expect(await shownTo(await holder('sidechain', chains[1]))).toEqual([]);
    expect(await shownTo(await holder('market'))).toEqual([1, 2, 3, 4]);
    expect(await shownTo(await holder('regulator'))).toEqual([1, 2, 3, 4]);
  });
});

test('a gateway learns whose keys are in its organisation and its chain, and of no other', async () => {
  const { apiUrl, token } = await holder('sidechain', first());
  const ask = async (query: string) => {
    const answer = await askApi({ apiUrl, token }, `/api/v1/market/readers?${query}`);
    return answer.status;
  };
  const [own, other] = chains.map(({ chainId }) => `chain=${toHex(chainId)}`);
  expect(await ask('organisation=solar')).toBe(200);
  expect(await ask(`${own}`)).toBe(200);
  expect(await ask('organisation=grid')).toBe(403);
  expect(await ask(`${other}`)).toBe(403);
  expect(await ask(`organisation=solar&${other}`)).toBe(403);
});

describe('an asset', () => {
  test('is sealed as the log asks for, also while the centre is away', async () => {
    const readers = [toOrganisation('grid'), ...chains.map(toChain)];
    expect(await put(offer(await made(readers)))).toBe('receipt');
    await http.close();
    const away = offer(await made(readers));
    await expect(made([toOrganisation('rival')])).rejects.toMatchObject({ code: 'asset' });
    http = await centre.serve();
    expect(await put(away)).toBe('receipt');
  });

  test('for more keys than one may be sealed for is not made', async () => {
    const keys = Array.from({ length: 25 }, (_, i) => toHex(signerOf(500 + i).publicKey));
    writeFileSync(join(directory, 'readers.json'), JSON.stringify({ 'organisation=grid': keys }));
    await http.close();
    await expect(made([toOrganisation('grid')])).rejects.toMatchObject({ code: 'asset' });
    http = await centre.serve();
  });

  test.each<[string, () => readonly AssetReader[]]>([
    ['nobody', () => []],
    ['no organisation', () => [toOrganisation('moon')]],
    ['an organisation that has nobody in the market', () => [toOrganisation('agency')]],
    ['too many', () => Array.from({ length: 9 }, () => toOrganisation('grid'))],
  ])('for %s is not made', async (_, readers) => {
    await expect(made(readers())).rejects.toMatchObject({ code: 'asset' });
  });
});

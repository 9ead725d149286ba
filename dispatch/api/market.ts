// SPDX-License-Identifier: Apache-2.0
// Routes of the market: windows that are over, what was said, whose keys an asset is sealed for, and the way
// in for what is signed. Bodies of assets are sealed where they stand, so nothing here has to hide them.

import { fromHex, toHex } from '../../base/bytes.ts';
import { limits } from '../../base/limits.ts';
import type { Suite } from '../../base/suite.ts';
import { tradeLimits } from '../../base/trade-limits.ts';
import type { HttpRequest } from '../../host/http.ts';
import { type HttpResponse, problem } from '../../host/http-problem.ts';
import type { AssetReader } from '../../sidechain/chain/asset.ts';
import { openRecord, tradeKinds } from '../../sidechain/chain/main-record.ts';
import { readerKeys } from '../../sidechain/chain/trade-readers.ts';
import { readTrade } from '../ledger/judge-trade.ts';
import type { Ordering } from '../ordering/ordering.ts';
import type { LedgerStore } from '../store/ledger-store.ts';
import type { StoredRecord } from '../store/registry-store.ts';
import { type ApiRoute, forbidden } from './access.ts';
import { json, named, problemAnswer } from './answer-schema.ts';
import { tradeView, windowView } from './market-view.ts';
import { putStatement, recordedAnswers } from './put-statement.ts';
import { countOf, textOf } from './request.ts';
import { type Caller, mayReadChain } from './rights.ts';

export type MarketRoutesOptions = {
  readonly suite: Suite;
  readonly ordering: Ordering;
  readonly ledger: LedgerStore;
};

const path = '/api/v1/market';
const pageQuery = {
  type: 'object',
  additionalProperties: false,
  properties: {
    limit: { type: 'integer', minimum: 1, maximum: tradeLimits.pageMax, default: 100 },
    cursor: { type: 'integer', minimum: 0 },
  },
} as const;

export function marketRoutes(options: MarketRoutesOptions): readonly ApiRoute[] {
  return [
    {
      method: 'GET',
      path: `${path}/windows`,
      operation: 'listMarketWindows',
      keeping: 'ask-again',
      answers: { 200: json('A page of windows.', named('MarketWindowPage')) },
      right: 'market',
      description: 'What was demanded in each window that is over, by class; the newest first.',
      querySchema: pageQuery,
      handler: (request) => windows(options, request),
    },
    {
      method: 'GET',
      path: `${path}/records`,
      operation: 'listMarketRecords',
      keeping: 'ask-again',
      answers: { 200: json('A page of records.', named('MarketRecordPage')) },
      right: 'market',
      description:
        'Demands, assets, agreements and executions in the order of their leaves, as they were ' +
        'signed; to a sidechain, those that it signed or may read.',
      querySchema: pageQuery,
      handler: (request, caller) => records(options, request, caller),
    },
    readersRoute(options),
    {
      method: 'POST',
      path: `${path}/records`,
      operation: 'putMarketRecord',
      answers: recordedAnswers,
      right: 'trade',
      description: 'Puts a demand, an asset, an agreement or an execution on the main log.',
      bodySchema: {
        type: 'object',
        additionalProperties: false,
        required: ['record'],
        properties: { record: { type: 'string', maxLength: 2 * limits.entryBytesMax } },
      },
      handler: (request) => putStatement(options.ordering, request, tradeFlaw),
    },
  ];
}

function readersRoute({ suite, ordering }: MarketRoutesOptions): ApiRoute {
  return {
    method: 'GET',
    path: `${path}/readers`,
    operation: 'listMarketReaders',
    keeping: 'ask-again',
    answers: {
      200: json('All of them.', named('MarketReaders')),
      422: problemAnswer('Nobody can read it; `code` says why.'),
    },
    right: 'market',
    description:
      'Whose keys an asset for an organisation or a chain is sealed for, the regulators among them; ' +
      'a sidechain asks for its chains and their organisation.',
    querySchema: {
      type: 'object',
      additionalProperties: false,
      properties: {
        organisation: { type: 'string', maxLength: limits.nameMax },
        chain: { type: 'string', pattern: '^[0-9a-fA-F]{64}$' },
      },
    },
    handler: ({ query }, caller) => {
      const [name, chain] = [textOf(query, 'organisation'), textOf(query, 'chain')];
      if (!mayAskReaders(ordering, caller, { name, chain })) {
        return forbidden(`the token \`${caller.name}\` is for other chains`);
      }
      const readers: AssetReader[] = [];
      if (name !== undefined) readers.push({ kind: 'organisation', name });
      if (chain !== undefined) {
        readers.push({ kind: 'chain', id: fromHex(chain) ?? new Uint8Array() });
      }
      const { registry } = ordering.governance;
      const keys = readerKeys(suite, readers, { registry, chainOf: (id) => ordering.chain(id) });
      if (!keys.ok) return problem(422, keys.detail, { code: keys.code });
      const items = keys.value.map(({ keyId, publicKey, name: called }) => ({
        ...{ keyId: toHex(keyId), publicKey: toHex(publicKey), name: called },
      }));
      return { status: 200, body: { items } };
    },
  };
}

/** Who else is in the market, and in which chains, is none of a gateway's business. */
function mayAskReaders(
  ordering: Ordering,
  { chains, ...caller }: Caller,
  { name, chain }: { readonly name: string | undefined; readonly chain: string | undefined },
): boolean {
  if (chains === 'all') return true;
  if (chain !== undefined && !mayReadChain({ ...caller, chains }, chain)) return false;
  const isCentre = (id: string) => ordering.chain(fromHex(id) ?? new Uint8Array())?.centre === name;
  return name === undefined || [...chains].some(isCentre);
}

async function windows(
  { ledger }: MarketRoutesOptions,
  { query }: HttpRequest,
): Promise<HttpResponse> {
  const limit = countOf(query, 'limit', 100);
  const before = typeof query.cursor === 'number' ? query.cursor : undefined;
  const found = await ledger.trade.windows({ before, countMax: limit + 1 });
  const items = found.slice(0, limit);
  const next = found.length > limit ? (items.at(-1)?.logIndex ?? null) : null;
  return { status: 200, body: { items: items.map(windowView), next } };
}

async function records(
  { suite, ledger }: MarketRoutesOptions,
  { query }: HttpRequest,
  caller: Caller,
): Promise<HttpResponse> {
  const limit = countOf(query, 'limit', 100);
  const found = await ledger.trade.records(countOf(query, 'cursor', 0), limit + 1);
  const items = found.slice(0, limit).filter((record) => concerns(caller, record));
  const next = found[limit]?.logIndex ?? null;
  return { status: 200, body: { items: items.map((one) => tradeView(suite, one)), next } };
}

/** A token for chains sees what these said, and what was said to them. */
function concerns(caller: Caller, { bytes }: StoredRecord): boolean {
  if (caller.chains === 'all') return true;
  const opened = openRecord(bytes);
  const trade = opened.ok ? readTrade(opened.value) : opened;
  if (!trade.ok) return false;
  const { kind, said } = trade.value;
  if (kind === 'agreement') return false;
  if (said.chain !== null && mayReadChain(caller, toHex(said.chain))) return true;
  if (kind !== 'asset') return false;
  return said.readers.some(
    (reader) => reader.kind === 'chain' && mayReadChain(caller, toHex(reader.id)),
  );
}

function tradeFlaw(record: Uint8Array): HttpResponse | undefined {
  const opened = openRecord(record);
  if (opened.ok && tradeKinds.some((kind) => kind === opened.value.kind)) return undefined;
  return problem(422, `this is no ${tradeKinds.join(' or ')}`, { code: 'malformed' });
}

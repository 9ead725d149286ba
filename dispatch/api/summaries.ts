// SPDX-License-Identifier: Apache-2.0
// Routes of the history: a chain's summaries by time, device and register, one of them, and its
// proof bundle.

import { toHex } from '../../base/bytes.ts';
import { accept } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { HttpRequest } from '../../host/http.ts';
import { type HttpResponse, problem } from '../../host/http-problem.ts';
import type { History } from '../history/history.ts';
import { type HistoryPlace, historyRowOf } from '../history/history-row.ts';
import type { StoredChain } from '../store/ledger-store.ts';
import type { SummaryKey, SummaryStore } from '../store/summary-store.ts';
import { type ApiRoute, forbidden } from './access.ts';
import { file, json, named, problemAnswer } from './answer-schema.ts';
import { type ChainRoutesOptions, withChain } from './chains.ts';
import { chainParams, countOf, textOf } from './request.ts';
import { type Caller, mayReadDevice } from './rights.ts';
import { proveSummary } from './summary-proof.ts';
import { summaryView } from './summary-view.ts';
import { parseTime } from './time-query.ts';

export type SummaryRoutesOptions = ChainRoutesOptions & {
  readonly summaries: SummaryStore;
  readonly history: History;
};

const querySchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    from: { type: 'string' },
    to: { type: 'string' },
    device: { type: 'string', minLength: 1 },
    obis: { type: 'string', minLength: 1 },
    revisions: { enum: ['latest', 'all'], default: 'latest' },
    limit: { type: 'integer', minimum: 1, maximum: limits.historyPageMax, default: 100 },
    cursor: { type: 'string', pattern: '^\\d{1,16}-\\d{1,15}-\\d{1,15}$' },
  },
};

const summaryParams = {
  type: 'object',
  properties: {
    ...chainParams.properties,
    summary: { type: 'string', pattern: '^\\d{1,15}-\\d{1,15}$' },
  },
};

export function summaryRoutes(options: SummaryRoutesOptions): readonly ApiRoute[] {
  const path = '/api/v1/chains/:id/summaries';
  return [
    {
      method: 'GET',
      path,
      operation: 'listSummaries',
      keeping: 'ask-again',
      answers: {
        200: json('A page of summaries.', named('SummaryPage')),
        404: problemAnswer('The chain is not enrolled here.'),
      },
      right: 'chains',
      description: 'Summaries of windows that start from `from` on and before `to`, oldest first.',
      paramsSchema: chainParams,
      querySchema,
      handler: (request, caller) =>
        withChain(options, request, (chain) => list(options, chain, { ...request, caller })),
    },
    {
      method: 'GET',
      path: `${path}/:summary`,
      operation: 'getSummary',
      keeping: 'for-ever',
      answers: { 200: json('The summary.', named('Summary')), 404: notHere },
      right: 'chains',
      description: 'One summary, named by the height of its block and its place in it.',
      paramsSchema: summaryParams,
      handler: (request, caller) =>
        withChain(options, request, (chain) => one(options, chain, { ...request, caller })),
    },
    {
      method: 'GET',
      path: `${path}/:summary/proof`,
      operation: 'getProof',
      keeping: 'for-ever',
      answers: { 200: file('The proof bundle.', 'application/cbor'), 404: notHere },
      right: 'chains',
      description: 'The proof bundle of a summary, for `tieline verify`.',
      paramsSchema: summaryParams,
      handler: (request, caller) =>
        withChain(options, request, (chain) => proof(options, chain, { ...request, caller })),
    },
  ];
}

type Asked = HttpRequest & { readonly caller: Caller };

async function list(
  { history }: SummaryRoutesOptions,
  { record }: StoredChain,
  { query, caller }: Asked,
): Promise<HttpResponse> {
  const from = parseTime(textOf(query, 'from') ?? '0');
  if (!from.ok) return problem(400, `query from: ${from.detail}`);
  const toText = textOf(query, 'to');
  const to = toText === undefined ? accept(Number.MAX_SAFE_INTEGER) : parseTime(toText);
  if (!to.ok) return problem(400, `query to: ${to.detail}`);
  const device = textOf(query, 'device');
  if (device !== undefined && !mayReadDevice(caller, device)) return otherDevice(caller);
  const limit = countOf(query, 'limit', 100);
  const rows = await history.query({
    chainId: record.chainId,
    fromMs: from.value,
    toMs: to.value,
    devices: device === undefined ? caller.devices : new Set([device]),
    obis: textOf(query, 'obis'),
    allRevisions: query.revisions === 'all',
    after: placeOf(textOf(query, 'cursor')),
    countMax: limit,
  });
  const last = rows.length < limit ? undefined : rows.at(-1);
  const next = last === undefined ? null : `${last.startMs}-${last.height}-${last.outputIndex}`;
  const href = hrefOf(record.chainId);
  return { status: 200, body: { summaries: rows.map((row) => summaryView(row, href)), next } };
}

async function one(
  { summaries }: SummaryRoutesOptions,
  { record }: StoredChain,
  request: Asked,
): Promise<HttpResponse> {
  const key = keyOf(record.chainId, request);
  const bytes = await outputOf(summaries, key);
  if (bytes === undefined) return notFound;
  const view = summaryView(historyRowOf(key, bytes), hrefOf(record.chainId));
  if (!mayReadDevice(request.caller, view.device)) return otherDevice(request.caller);
  return { status: 200, body: view };
}

async function proof(
  options: SummaryRoutesOptions,
  chain: StoredChain,
  request: Asked,
): Promise<HttpResponse> {
  const shown = await one(options, chain, request);
  if (shown.status !== 200) return shown;
  const key = keyOf(chain.record.chainId, request);
  const bundle = await proveSummary(options, chain, key);
  if (bundle === undefined) return notFound;
  const file = `summary-${toHex(key.chainId).slice(0, 8)}-${key.height}-${key.outputIndex}.tieline`;
  return {
    status: 200,
    headers: {
      'content-type': 'application/cbor',
      'content-disposition': `attachment; filename="${file}"`,
    },
    body: bundle,
  };
}

async function outputOf(summaries: SummaryStore, key: SummaryKey): Promise<Uint8Array | undefined> {
  const message = await summaries.messageOf(key);
  return message?.outputs.find(({ index }) => index === key.outputIndex)?.bytes;
}

function otherDevice({ name }: Caller): HttpResponse {
  return forbidden(`the token \`${name}\` is for other devices than this one`);
}

const notHere = problemAnswer('The chain or the summary is not here.');
const notFound = problem(404, 'there is no summary of this name');

function hrefOf(chainId: Uint8Array): string {
  return `/api/v1/chains/${toHex(chainId)}/summaries`;
}

function keyOf(chainId: Uint8Array, { params }: HttpRequest): SummaryKey {
  const [height, outputIndex] = (textOf(params, 'summary') ?? '').split('-').map(Number);
  return { chainId, height: height ?? 0, outputIndex: outputIndex ?? 0 };
}

function placeOf(cursor: string | undefined): HistoryPlace | undefined {
  if (cursor === undefined) return undefined;
  const [startMs = 0, height = 0, outputIndex = 0] = cursor.split('-').map(Number);
  return { startMs, height, outputIndex };
}

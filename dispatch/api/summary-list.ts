// SPDX-License-Identifier: Apache-2.0
// Lists of summaries, of one chain or of a device on all of them: page by page as JSON, or whole as
// a file for other programs.

import { fromHex, toHex } from '../../base/bytes.ts';
import { accept, type Result } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { HttpRequest } from '../../host/http.ts';
import { type HttpResponse, problem } from '../../host/http-problem.ts';
import type { History } from '../history/history.ts';
import type { HistoryPlace, HistoryRow } from '../history/history-row.ts';
import { forbidden } from './access.ts';
import { json, named, type RouteAnswer } from './answer-schema.ts';
import { chainsWithDevice } from './device-chains.ts';
import { type ExportFormat, exported, exportHeaders } from './export.ts';
import { allRows, requireGoing } from './history-pages.ts';
import { preferred } from './negotiate.ts';
import { countOf, textOf } from './request.ts';
import { type Caller, mayReadDevice } from './rights.ts';
import { summaryView } from './summary-view.ts';
import { parseTime } from './time-query.ts';

const placePattern = '\\d{1,16}-\\d{1,15}-\\d{1,15}';

const common = {
  from: { type: 'string', description: 'ISO 8601 with its zone, or milliseconds since 1970' },
  to: { type: 'string', description: 'windows that start before it' },
  device: { type: 'string', minLength: 1, maxLength: 128 },
  obis: { type: 'string', minLength: 1, maxLength: 24 },
  revisions: { enum: ['latest', 'all'], default: 'latest' },
  limit: {
    type: 'integer',
    minimum: 1,
    maximum: limits.historyPageMax,
    description: 'of one page; 100 if it is not said',
  },
  format: {
    enum: ['json', 'csv', 'senml'],
    description: 'instead of `Accept`; csv and senml bring all there is, without pages',
  },
} as const;

export const chainListQuery = {
  type: 'object',
  additionalProperties: false,
  properties: { ...common, cursor: { type: 'string', pattern: `^${placePattern}$` } },
};

export const deviceListQuery = {
  type: 'object',
  additionalProperties: false,
  required: ['device'],
  properties: { ...common, cursor: { type: 'string', pattern: `^[0-9a-f]{64}-${placePattern}$` } },
};

export const listAnswer: RouteAnswer = {
  description: 'A page of summaries, or all of them as a file.',
  content: {
    ...json('', named('SummaryPage')).content,
    'text/csv': { type: 'string' },
    'application/senml+json': { type: 'array' },
  },
};

/** What is asked for, whatever chain it is on. */
type Wanted = Pick<
  Parameters<History['query']>[0],
  'fromMs' | 'toMs' | 'devices' | 'obis' | 'allRevisions'
>;

/** Where a page begins: behind this row of the first chain. */
type Start = { readonly chainId: Uint8Array; readonly after: HistoryPlace };

export async function listChain(
  history: History,
  chainId: Uint8Array,
  asked: { readonly request: HttpRequest; readonly caller: Caller },
): Promise<HttpResponse> {
  const cursor = textOf(asked.request.query, 'cursor');
  const start = cursor === undefined ? undefined : { chainId, after: placeOf(cursor) };
  return list(history, { ...asked, start, chains: () => [chainId], cursorOf });
}

export async function listDevice(
  history: History,
  asked: { readonly request: HttpRequest; readonly caller: Caller },
): Promise<HttpResponse> {
  const { query } = asked.request;
  const device = textOf(query, 'device') ?? '';
  const start = startOf(textOf(query, 'cursor'));
  const chains = (from?: Uint8Array) =>
    chainsWithDevice(history, device, { caller: asked.caller, from });
  const cursorWithChain = (row: HistoryRow) => `${toHex(row.chainId)}-${cursorOf(row)}`;
  return list(history, { ...asked, start, chains, cursorOf: cursorWithChain });
}

async function list(
  history: History,
  asked: {
    readonly request: HttpRequest;
    readonly caller: Caller;
    readonly start: Start | undefined;
    /** From a chain on. */
    readonly chains: (from?: Uint8Array) => Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
    readonly cursorOf: (row: HistoryRow) => string;
  },
): Promise<HttpResponse> {
  const { request, caller, start, chains } = asked;
  const { query, ending } = request;
  const wanted = wantedOf(request, caller);
  if (!wanted.ok) return problem(400, `query ${wanted.code}: ${wanted.detail}`);
  const device = textOf(query, 'device');
  if (device !== undefined && !mayReadDevice(caller, device)) return otherDevice(caller);
  const format = formatOf(request);
  if (format === undefined) {
    return problem(406, 'there is application/json, text/csv and application/senml+json');
  }
  const rows = rowsOf(history, {
    wanted: wanted.value,
    chains: chains(start?.chainId),
    start,
    ending,
  });
  if (format === 'json') return page(rows, { ...asked, limit: countOf(query, 'limit', 100) });
  if (query.limit !== undefined || query.cursor !== undefined) {
    return problem(400, `query limit: a file of ${format} has no pages`);
  }
  return {
    status: 200,
    headers: { ...exportHeaders[format], vary: 'authorization, accept' },
    body: exported(format, rows),
  };
}

async function page(
  rows: AsyncIterable<HistoryRow>,
  {
    limit,
    cursorOf: cursor,
  }: { readonly limit: number; readonly cursorOf: (row: HistoryRow) => string },
): Promise<HttpResponse> {
  const shown: HistoryRow[] = [];
  for await (const row of rows) {
    shown.push(row);
    if (shown.length === limit) break;
  }
  const last = shown.length < limit ? undefined : shown.at(-1);
  const summaries = shown.map((row) => summaryView(row, summariesPath(row.chainId)));
  return { status: 200, body: { summaries, next: last === undefined ? null : cursor(last) } };
}

async function* rowsOf(
  history: History,
  asked: {
    readonly wanted: Wanted;
    readonly chains: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
    readonly start: Start | undefined;
    readonly ending: AbortSignal;
  },
): AsyncIterable<HistoryRow> {
  const { wanted, chains, start, ending } = asked;
  for await (const chainId of chains) {
    requireGoing(ending);
    const isFirst = start !== undefined && toHex(start.chainId) === toHex(chainId);
    const after = isFirst ? start.after : undefined;
    yield* allRows(history, { ...wanted, chainId, after, ending });
  }
}

function wantedOf({ query }: HttpRequest, caller: Caller): Result<Wanted, string> {
  const from = parseTime(textOf(query, 'from') ?? '0');
  if (!from.ok) return { ...from, code: 'from' };
  const toText = textOf(query, 'to');
  const to = toText === undefined ? accept(Number.MAX_SAFE_INTEGER) : parseTime(toText);
  if (!to.ok) return { ...to, code: 'to' };
  const device = textOf(query, 'device');
  return accept({
    fromMs: from.value,
    toMs: to.value,
    devices: device === undefined ? caller.devices : new Set([device]),
    obis: textOf(query, 'obis'),
    allRevisions: query.revisions === 'all',
  });
}

const types: Readonly<Record<string, ExportFormat | 'json'>> = {
  'application/json': 'json',
  'text/csv': 'csv',
  'application/senml+json': 'senml',
};

function formatOf({ query, headers }: HttpRequest): ExportFormat | 'json' | undefined {
  const { format } = query;
  if (format === 'json' || format === 'csv' || format === 'senml') return format;
  const type = preferred(textOf(headers, 'accept'), Object.keys(types));
  return type === undefined ? undefined : types[type];
}

export function otherDevice({ name }: Caller): HttpResponse {
  return forbidden(`the token \`${name}\` is for other devices than this one`);
}

export function summariesPath(chainId: Uint8Array): string {
  return `/api/v1/chains/${toHex(chainId)}/summaries`;
}

function cursorOf({ startMs, height, outputIndex }: HistoryPlace): string {
  return `${startMs}-${height}-${outputIndex}`;
}

function placeOf(cursor: string): HistoryPlace {
  const [startMs = 0, height = 0, outputIndex = 0] = cursor.split('-').map(Number);
  return { startMs, height, outputIndex };
}

function startOf(cursor: string | undefined): Start | undefined {
  const chainId = fromHex(cursor?.slice(0, 64) ?? '');
  if (cursor === undefined || chainId === undefined) return undefined;
  return { chainId, after: placeOf(cursor.slice(65)) };
}

// SPDX-License-Identifier: Apache-2.0
// Routes of the history: summaries by chain, device, register and time, one of them, and its proof
// bundle.

import { toHex } from '../../base/bytes.ts';
import type { HttpRequest } from '../../host/http.ts';
import { type HttpResponse, problem } from '../../host/http-problem.ts';
import type { History } from '../history/history.ts';
import { historyRowOf } from '../history/history-row.ts';
import type { StoredChain } from '../store/ledger-store.ts';
import type { SummaryKey, SummaryStore } from '../store/summary-store.ts';
import type { ApiRoute } from './access.ts';
import { file, json, named, problemAnswer } from './answer-schema.ts';
import { type ChainRoutesOptions, withChain } from './chains.ts';
import { chainParams, textOf } from './request.ts';
import { type Caller, mayReadDevice } from './rights.ts';
import {
  chainListQuery,
  deviceListQuery,
  listAnswer,
  listChain,
  listDevice,
  otherDevice,
  summariesPath,
} from './summary-list.ts';
import { proveSummary } from './summary-proof.ts';
import { summaryView } from './summary-view.ts';

export type SummaryRoutesOptions = ChainRoutesOptions & {
  readonly summaries: SummaryStore;
  readonly history: History;
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
      path: '/api/v1/summaries',
      operation: 'listSummariesOfDevice',
      keeping: 'ask-again',
      streams: true,
      right: 'chains',
      description: 'Summaries of a device, on whichever chains it is, each chain oldest first.',
      querySchema: deviceListQuery,
      answers: { 200: listAnswer, 406: notAcceptable },
      handler: (request, caller) => listDevice(options.history, { request, caller }),
    },
    {
      method: 'GET',
      path,
      operation: 'listSummaries',
      keeping: 'ask-again',
      streams: true,
      right: 'chains',
      description: 'Summaries of windows that start from `from` on and before `to`, oldest first.',
      paramsSchema: chainParams,
      querySchema: chainListQuery,
      answers: {
        200: listAnswer,
        404: problemAnswer('The chain is not enrolled here.'),
        406: notAcceptable,
      },
      handler: (request, caller) =>
        withChain(options, request, ({ record }) =>
          listChain(options.history, record.chainId, { request, caller }),
        ),
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

async function one(
  { summaries }: SummaryRoutesOptions,
  { record }: StoredChain,
  request: Asked,
): Promise<HttpResponse> {
  const key = keyOf(record.chainId, request);
  const bytes = await outputOf(summaries, key);
  if (bytes === undefined) return notFound;
  const view = summaryView(historyRowOf(key, bytes), summariesPath(record.chainId));
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

const notAcceptable = problemAnswer('`Accept` names no form that there is.');
const notHere = problemAnswer('The chain or the summary is not here.');
const notFound = problem(404, 'there is no summary of this name');

function keyOf(chainId: Uint8Array, { params }: HttpRequest): SummaryKey {
  const [height, outputIndex] = (textOf(params, 'summary') ?? '').split('-').map(Number);
  return { chainId, height: height ?? 0, outputIndex: outputIndex ?? 0 };
}

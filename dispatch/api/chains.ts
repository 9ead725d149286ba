// SPDX-License-Identifier: Apache-2.0
// Routes of the chains: the list, one of them, its public keys, and enrolment. A request to enrol
// carries its own proof: it is signed by a person of the main log, whoever brings it.

import { compare, fromBase64, fromHex, toHex } from '../../base/bytes.ts';
import { limits } from '../../base/limits.ts';
import type { Suite } from '../../base/suite.ts';
import type { HttpRequest } from '../../host/http.ts';
import { type HttpResponse, problem } from '../../host/http-problem.ts';
import { formatTrustedKeys } from '../../sidechain/chain/trusted-keys.ts';
import type { Ordering } from '../ordering/ordering.ts';
import type { LedgerStore, StoredChain } from '../store/ledger-store.ts';
import type { ApiRoute } from './access.ts';
import { json, named, problemAnswer, text } from './answer-schema.ts';
import { chainDetailView, chainView } from './chain-view.ts';
import { chainIdOf, chainParams, countOf, textOf } from './request.ts';
import type { Caller } from './rights.ts';

export type ChainRoutesOptions = {
  readonly suite: Suite;
  readonly ordering: Ordering;
  readonly ledger: LedgerStore;
};

export function chainRoutes(options: ChainRoutesOptions): readonly ApiRoute[] {
  return [
    {
      method: 'GET',
      path: '/api/v1/chains',
      operation: 'listChains',
      keeping: 'ask-again',
      answers: { 200: json('A page of chains.', named('ChainPage')) },
      right: 'chains',
      description: 'The enrolled sidechains that the token is for, in the order of their ids.',
      querySchema: {
        type: 'object',
        additionalProperties: false,
        properties: {
          limit: { type: 'integer', minimum: 1, maximum: limits.chainsPageMax, default: 100 },
          cursor: { type: 'string', pattern: '^[0-9a-f]{64}$' },
        },
      },
      handler: (request, caller) => list(options, request, caller),
    },
    enrolRoute(options),
    {
      method: 'GET',
      path: '/api/v1/chains/:id',
      operation: 'getChain',
      keeping: 'ask-again',
      answers: {
        200: json('The chain.', named('ChainDetail')),
        404: problemAnswer('The chain is not enrolled here.'),
      },
      right: 'chains',
      description: 'One sidechain with its members and its policy.',
      paramsSchema: chainParams,
      handler: (request) =>
        withChain(options, request, (chain) => ({
          status: 200,
          body: chainDetailView(options.suite, chain),
        })),
    },
    {
      method: 'GET',
      path: '/api/v1/chains/:id/keys',
      operation: 'getKeys',
      keeping: 'ask-again',
      answers: {
        200: text('One C2SP verifier key a line.'),
        404: problemAnswer('The chain is not enrolled here.'),
      },
      right: 'chains',
      description:
        'The public keys of the main log and of the members, as `tieline verify` reads them.',
      paramsSchema: chainParams,
      handler: (request) => withChain(options, request, (chain) => keys(options, chain)),
    },
  ];
}

function enrolRoute(options: ChainRoutesOptions): ApiRoute {
  return {
    method: 'POST',
    path: '/api/v1/chains',
    operation: 'enrolChain',
    answers: {
      200: json('It was enrolled before.', named('Chain')),
      201: json('It is enrolled now; `Location` names it.', named('Chain')),
      422: problemAnswer('Its genesis or its enrolment does not count; `code` says why.'),
      507: problemAnswer('As many chains are enrolled as this log takes.'),
    },
    right: 'enrol',
    description: 'Enrols a sidechain: its genesis, and the enrolment signed by a person.',
    bodySchema: {
      type: 'object',
      additionalProperties: false,
      required: ['genesis', 'enrolment'],
      properties: { genesis: { type: 'string' }, enrolment: { type: 'string' } },
    },
    handler: (request) => enrol(options, request),
  };
}

/** 404 where the chain is not enrolled. */
export async function withChain(
  { suite, ledger }: ChainRoutesOptions,
  request: HttpRequest,
  answer: (chain: StoredChain) => HttpResponse | Promise<HttpResponse>,
): Promise<HttpResponse> {
  const chain = await ledger.chain(suite, chainIdOf(request));
  return chain === undefined ? problem(404, 'this chain is not enrolled here') : answer(chain);
}

async function list(
  options: ChainRoutesOptions,
  { query }: HttpRequest,
  caller: Caller,
): Promise<HttpResponse> {
  const limit = countOf(query, 'limit', 100);
  const chains = await chainsOf(options, caller, {
    after: fromHex(textOf(query, 'cursor') ?? '') ?? new Uint8Array(),
    countMax: limit,
  });
  const last = chains.length < limit ? undefined : chains.at(-1);
  const next = last === undefined ? null : toHex(last.record.chainId);
  return { status: 200, body: { chains: chains.map(chainView), next } };
}

async function chainsOf(
  { suite, ledger }: ChainRoutesOptions,
  { chains }: Caller,
  page: { readonly after: Uint8Array; readonly countMax: number },
): Promise<readonly StoredChain[]> {
  if (chains === 'all') return ledger.chains(suite, page);
  const found: StoredChain[] = [];
  for (const id of [...chains].sort()) {
    const chainId = fromHex(id);
    if (chainId === undefined || compare(chainId, page.after) <= 0) continue;
    const chain = await ledger.chain(suite, chainId);
    if (chain !== undefined) found.push(chain);
    if (found.length === page.countMax) break;
  }
  return found;
}

async function enrol(
  { suite, ordering, ledger }: ChainRoutesOptions,
  { body }: HttpRequest,
): Promise<HttpResponse> {
  const { genesis: genesisText, enrolment: enrolmentText } = body as Record<string, string>;
  const genesis = fromBase64(genesisText ?? '');
  const enrolment = fromBase64(enrolmentText ?? '');
  if (genesis === undefined || enrolment === undefined) {
    return problem(400, 'genesis and enrolment are base64 with padding (RFC 4648 §4)');
  }
  const outcome = await ordering.submit({ kind: 'enrol', genesis, enrolment });
  if (outcome.kind === 'refused') {
    return problem(outcome.code === 'full' ? 507 : 422, outcome.detail, { code: outcome.code });
  }
  const { chainId } = outcome.chain;
  const stored = await ledger.chain(suite, chainId);
  return {
    status: outcome.isNew ? 201 : 200,
    headers: { location: `/api/v1/chains/${toHex(chainId)}` },
    body: stored && chainView(stored),
  };
}

function keys({ suite, ordering }: ChainRoutesOptions, chain: StoredChain): HttpResponse {
  // Those that were revoked, too: what they signed before stays theirs.
  const { members } = chain.record;
  const { chainId } = chain.record;
  const { keyPeriods: periods } = ordering;
  const text = formatTrustedKeys(suite, { periods, chainId, members });
  return { status: 200, body: text };
}

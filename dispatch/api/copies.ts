// SPDX-License-Identifier: Apache-2.0
// Routes for those who keep a copy: what was accepted, as it was received, in its order and in pages.
// All of it proves itself, so nothing is said about it here.

import { concat, fromHex, toBase64, toHex } from '../../base/bytes.ts';
import { historyLimits } from '../../base/history-limits.ts';
import { limits } from '../../base/limits.ts';
import type { Suite } from '../../base/suite.ts';
import { groupSize } from '../../base/tree.ts';
import type { HttpRequest } from '../../host/http.ts';
import type { HttpResponse } from '../../host/http-problem.ts';
import { encodeHandOver } from '../../sidechain/chain/hand-over.ts';
import { generationOf } from '../../sidechain/chain/main-log.ts';
import type { History } from '../history/history.ts';
import type { Ordering } from '../ordering/ordering.ts';
import type { ChainScope, CopyStore } from '../store/copy-store.ts';
import type { LedgerStore } from '../store/ledger-store.ts';
import type { ApiRoute } from './access.ts';
import { base64, chainId, closed, count, json, listOf, time } from './answer-schema.ts';
import { narrowMessage } from './narrow-message.ts';
import { countOf, textOf } from './request.ts';
import type { Caller } from './rights.ts';
import { formatTime } from './time-query.ts';

export type CopyRoutesOptions = {
  readonly suite: Suite;
  readonly ordering: Pick<Ordering, 'keyPeriods' | 'handOver'>;
  readonly ledger: LedgerStore;
  readonly copies: CopyStore;
  readonly history: History;
};

const next = { type: ['integer', 'null'], description: 'where to go on; null: that was all' };

const pageQuery = (most: number) => ({
  type: 'object',
  additionalProperties: false,
  properties: {
    from: { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER, default: 0 },
    limit: { type: 'integer', minimum: 1, maximum: most, default: most },
  },
});

export function copyRoutes(options: CopyRoutesOptions): readonly ApiRoute[] {
  return [...logCopyRoutes(options), ...chainCopyRoutes(options)];
}

function logCopyRoutes(options: CopyRoutesOptions): readonly ApiRoute[] {
  return [
    {
      method: 'GET',
      path: '/api/v1/log/genesis',
      operation: 'getLogGenesis',
      answers: { 200: json('Leaf 0 before it was hashed.', closed({ genesis: base64 })) },
      right: 'log',
      description: 'The genesis of the main log, whose hash is its id.',
      handler: () => genesis(options),
    },
    {
      method: 'GET',
      path: '/api/v1/log/leaves',
      operation: 'listLeaves',
      answers: {
        200: json(
          '`leaves` holds one hash of 32 bytes after the other.',
          closed({ leaves: base64, next }),
        ),
      },
      right: 'log',
      description: 'Leaf hashes of the main log (RFC 9162), from the leaf `from` on.',
      querySchema: pageQuery(historyLimits.leavesPageMax),
      handler: (request) => leaves(options, request),
    },
    {
      method: 'GET',
      path: '/api/v1/log/acts',
      operation: 'listActs',
      answers: {
        200: json(
          'Proposals with the votes that passed them.',
          closed({ acts: listOf(closed({ logIndex: count, act: base64 })), next }),
        ),
      },
      right: 'log',
      description:
        'What the organisations decided, from the leaf `from` on: it makes the registry.',
      querySchema: pageQuery(limits.recordsPageMax),
      handler: (request) => acts(options, request),
    },
    handOverRoute(options),
    {
      method: 'GET',
      path: '/api/v1/log/anchors',
      operation: 'listAnchors',
      answers: {
        200: json(
          'Anchors as they were received.',
          closed({
            anchors: listOf(closed({ logIndex: count, acceptedAt: time, anchor: base64 })),
            next,
          }),
        ),
      },
      right: 'chains',
      description: 'Anchors of the chains that the token is for, from the leaf `from` on.',
      querySchema: pageQuery(historyLimits.anchorsPageMax),
      handler: (request, caller) => anchors(options, request, caller),
    },
  ];
}

function handOverRoute(options: CopyRoutesOptions): ApiRoute {
  return {
    method: 'GET',
    path: '/api/v1/log/hand-overs',
    operation: 'listHandOvers',
    keeping: 'ask-again',
    answers: {
      200: json(
        'Acts with the receipts of the keys that they replaced, from the first on.',
        closed({
          handOvers: listOf(closed({ generation: count, size: count, handOver: base64 })),
        }),
      ),
    },
    right: 'log',
    description: 'How the keys of the main log changed hands: who follows them knows which count.',
    handler: () => handOvers(options),
  };
}

function chainCopyRoutes(options: CopyRoutesOptions): readonly ApiRoute[] {
  return [
    {
      method: 'GET',
      path: '/api/v1/enrolments',
      operation: 'listEnrolments',
      answers: { 200: json('Statements as they were received.', enrolmentPage) },
      right: 'chains',
      description: 'What proves the chains and their members, in the order of the ids.',
      querySchema: {
        type: 'object',
        additionalProperties: false,
        properties: {
          after: { type: 'string', pattern: '^([0-9a-f]{64})?$' },
          limit: {
            type: 'integer',
            minimum: 1,
            maximum: historyLimits.enrolmentsPageMax,
            default: historyLimits.enrolmentsPageMax,
          },
        },
      },
      handler: (request, caller) => enrolments(options, request, caller),
    },
    {
      method: 'GET',
      path: '/api/v1/summary-messages',
      operation: 'listSummaryMessages',
      answers: { 200: json('Messages with their proofs, as they were received.', messagePage) },
      right: 'chains',
      description:
        'Accepted summary messages from the number `from` on; and how far the history is.',
      querySchema: pageQuery(limits.historyBatchMessagesMax),
      handler: (request, caller) => messages(options, request, caller),
    },
  ];
}

const enrolmentPage = closed({
  enrolments: listOf(
    closed({
      chain: chainId,
      genesis: base64,
      enrolment: base64,
      membership: { type: ['string', 'null'], contentEncoding: 'base64' },
    }),
  ),
  next: { type: ['string', 'null'], description: 'the last id; null: that was all' },
});

const messagePage = closed({
  messages: listOf(closed({ sequence: count, message: base64 })),
  next,
  history: closed({ position: count, keptFrom: time }),
});

async function genesis({ ledger }: CopyRoutesOptions): Promise<HttpResponse> {
  const log = await ledger.log();
  return { status: 200, body: { genesis: toBase64(log?.genesis ?? new Uint8Array()) } };
}

async function leaves(
  { ledger }: CopyRoutesOptions,
  { query }: HttpRequest,
): Promise<HttpResponse> {
  const from = countOf(query, 'from', 0);
  const limit = countOf(query, 'limit', historyLimits.leavesPageMax);
  const found: Uint8Array[] = [];
  for (let group = Math.floor(from / groupSize); found.length < limit; group++) {
    const hashes = await ledger.leafHashes(group);
    found.push(...hashes.slice(Math.max(0, from - group * groupSize)));
    if (hashes.length < groupSize) break;
  }
  const page = found.slice(0, limit);
  const more = page.length === limit ? from + limit : null;
  return { status: 200, body: { leaves: toBase64(concat(...page)), next: more } };
}

async function anchors(
  { copies }: CopyRoutesOptions,
  { query }: HttpRequest,
  caller: Caller,
): Promise<HttpResponse> {
  const limit = countOf(query, 'limit', historyLimits.anchorsPageMax);
  const page = await copies.anchors(countOf(query, 'from', 0), limit, scopeOf(caller));
  const shown = page.items.map(({ logIndex, acceptedMs, bytes }) => ({
    logIndex,
    acceptedAt: formatTime(acceptedMs),
    anchor: toBase64(bytes),
  }));
  return { status: 200, body: { anchors: shown, next: page.next ?? null } };
}

async function acts({ copies }: CopyRoutesOptions, { query }: HttpRequest): Promise<HttpResponse> {
  const limit = countOf(query, 'limit', limits.recordsPageMax);
  const found = await copies.acts(countOf(query, 'from', 0), limit);
  const shown = found.map(({ logIndex, bytes }) => ({ logIndex, act: toBase64(bytes) }));
  const last = found.length < limit ? undefined : found.at(-1);
  return { status: 200, body: { acts: shown, next: last ? last.logIndex + 1 : null } };
}

async function handOvers({ ordering }: CopyRoutesOptions): Promise<HttpResponse> {
  const later = ordering.keyPeriods.filter(({ mainLog }) => generationOf(mainLog) > 0);
  const shown = await Promise.all(
    later.map(async ({ mainLog, fromSize: size }) => {
      const generation = generationOf(mainLog);
      const { handOver } = await ordering.handOver(generation, { from: 0 });
      return { generation, size, handOver: toBase64(encodeHandOver(handOver)) };
    }),
  );
  return { status: 200, body: { handOvers: shown } };
}

async function enrolments(
  { copies }: CopyRoutesOptions,
  { query }: HttpRequest,
  caller: Caller,
): Promise<HttpResponse> {
  const limit = countOf(query, 'limit', historyLimits.enrolmentsPageMax);
  const after = fromHex(textOf(query, 'after') ?? '') ?? new Uint8Array();
  const chains = await copies.chains(after, limit, scopeOf(caller));
  const last = chains.length < limit ? undefined : chains.at(-1);
  const shown = chains.map((chain) => ({
    chain: toHex(chain.chainId),
    genesis: toBase64(chain.genesis),
    enrolment: toBase64(chain.enrolment),
    membership: chain.membership === undefined ? null : toBase64(chain.membership),
  }));
  return { status: 200, body: { enrolments: shown, next: last ? toHex(last.chainId) : null } };
}

async function messages(
  { suite, copies, history }: CopyRoutesOptions,
  { query }: HttpRequest,
  caller: Caller,
): Promise<HttpResponse> {
  // Asked first: what is in the history by now was accepted before.
  const { position } = await history.status();
  const limit = countOf(query, 'limit', limits.historyBatchMessagesMax);
  const page = await copies.messages(countOf(query, 'from', 0), limit, scopeOf(caller));
  const shown = page.items.flatMap(({ sequence, bytes }) => {
    const narrow = narrowMessage(suite, bytes, caller);
    return narrow === undefined ? [] : [{ sequence, message: toBase64(narrow) }];
  });
  const keptFrom = formatTime(history.keptFromMs);
  const body = { messages: shown, next: page.next ?? null, history: { position, keptFrom } };
  return { status: 200, body };
}

function scopeOf({ chains }: Caller): ChainScope {
  if (chains === 'all') return 'all';
  return [...chains].map(fromHex).filter((id) => id !== undefined);
}

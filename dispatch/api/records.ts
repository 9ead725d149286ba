// SPDX-License-Identifier: Apache-2.0
// Routes of the records on the main log, commands, rules and acts, each with its receipt; and the way in for
// commands and rules. A person of the registry has signed them: that decides, whoever brings it.

import { toBase64 } from '../../base/bytes.ts';
import { limits } from '../../base/limits.ts';
import type { HttpRequest } from '../../host/http.ts';
import { type HttpResponse, problem } from '../../host/http-problem.ts';
import { encodeReceiptMessage } from '../../sidechain/chain/receipt-message.ts';
import type { Ordering } from '../ordering/ordering.ts';
import type { LedgerStore } from '../store/ledger-store.ts';
import type { StoredRecord } from '../store/registry-store.ts';
import type { ApiRoute } from './access.ts';
import { file, json, named, problemAnswer } from './answer-schema.ts';
import { putStatement, recordedAnswers } from './put-statement.ts';
import { countOf } from './request.ts';
import { formatTime } from './time-query.ts';

export type RecordRoutesOptions = { readonly ordering: Ordering; readonly ledger: LedgerStore };

const indexParams = {
  type: 'object',
  properties: { index: { type: 'integer', minimum: 0 } },
} as const;

export function recordRoutes(options: RecordRoutesOptions): readonly ApiRoute[] {
  return [
    {
      method: 'GET',
      path: '/api/v1/records',
      operation: 'listRecords',
      keeping: 'ask-again',
      answers: { 200: json('A page of records.', named('RecordPage')) },
      right: 'records',
      description: 'Commands, rules and acts in the order of their leaves, as they were signed.',
      querySchema: {
        type: 'object',
        additionalProperties: false,
        properties: {
          limit: { type: 'integer', minimum: 1, maximum: limits.recordsPageMax, default: 100 },
          cursor: { type: 'integer', minimum: 0 },
        },
      },
      handler: (request) => list(options, request),
    },
    {
      method: 'POST',
      path: '/api/v1/records',
      operation: 'putRecord',
      answers: recordedAnswers,
      right: 'record',
      description: 'Puts a command or a rule, signed by a person, on the main log.',
      bodySchema: {
        type: 'object',
        additionalProperties: false,
        required: ['record'],
        properties: { record: { type: 'string' } },
      },
      handler: (request) => putStatement(options.ordering, request),
    },
    {
      method: 'GET',
      path: '/api/v1/records/:index',
      operation: 'getRecord',
      keeping: 'ask-again',
      answers: {
        200: file('The receipt message: statement and receipts.', 'application/cbor'),
        404: problemAnswer('This leaf is no record.'),
      },
      right: 'records',
      description: 'What stands at this leaf with its receipt, a receipt message in CBOR.',
      paramsSchema: indexParams,
      handler: async ({ params }) => {
        const logIndex = Number(params.index);
        const record = await options.ledger.registry.recordAt(logIndex);
        if (record === undefined) return problem(404, `leaf ${logIndex} is no record`);
        const message = await options.ordering.receipt(logIndex, { from: 0 });
        return {
          status: 200,
          headers: { 'content-type': 'application/cbor' },
          body: encodeReceiptMessage(message),
        };
      },
    },
  ];
}

async function list(
  { ledger }: RecordRoutesOptions,
  { query }: HttpRequest,
): Promise<HttpResponse> {
  const limit = countOf(query, 'limit', 100);
  const found = await ledger.registry.records(countOf(query, 'cursor', 0), limit + 1);
  const items = found.slice(0, limit).map(recordView);
  return { status: 200, body: { items, next: found[limit]?.logIndex ?? null } };
}

function recordView({ logIndex, kind, bytes, acceptedMs }: StoredRecord) {
  return { logIndex, kind, acceptedAt: formatTime(acceptedMs), record: toBase64(bytes) };
}

// SPDX-License-Identifier: Apache-2.0
// The way of a signed record from a request onto the main log, and back with its receipt: the same for
// what persons say and for what the market says.

import { fromBase64, toBase64 } from '../../base/bytes.ts';
import type { HttpRequest } from '../../host/http.ts';
import { type HttpResponse, problem } from '../../host/http-problem.ts';
import { encodeReceiptMessage } from '../../sidechain/chain/receipt-message.ts';
import type { Ordering } from '../ordering/ordering.ts';
import { json, named, problemAnswer } from './answer-schema.ts';

export const recordedAnswers = {
  200: json('It was there before.', named('Recorded')),
  201: json('It stands in the log now; `Location` names it.', named('Recorded')),
  422: problemAnswer('It does not count; `code` says why.'),
};

/** @param flawOf what keeps this route from taking it, before the log is asked. */
export async function putStatement(
  ordering: Ordering,
  { body }: HttpRequest,
  flawOf: (record: Uint8Array) => HttpResponse | undefined = () => undefined,
): Promise<HttpResponse> {
  const record = fromBase64((body as { readonly record: string }).record);
  if (record === undefined) return problem(400, 'a record is base64 with padding (RFC 4648 §4)');
  const flaw = flawOf(record);
  if (flaw !== undefined) return flaw;
  const outcome = await ordering.submit({ kind: 'record', record });
  if (outcome.kind === 'refused') return problem(422, outcome.detail, { code: outcome.code });
  const { logIndex, isNew } = outcome;
  const message = await ordering.receipt(logIndex, { from: 0 });
  return {
    status: isNew ? 201 : 200,
    headers: { location: `/api/v1/records/${logIndex}` },
    body: { logIndex, receipt: toBase64(encodeReceiptMessage(message)) },
  };
}

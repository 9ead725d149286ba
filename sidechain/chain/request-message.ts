// SPDX-License-Identifier: Apache-2.0
// A request on its way down: with the main log's receipts for it. The main log takes a request only from
// a person whose role allows it, so its receipts are the proof of that role when it was made.

import { accept, type Result, refuse } from '../../base/errors.ts';
import { bytesUpTo, type Content, decodeWith, encodeWith, listOf } from '../../base/fields.ts';
import { limits } from '../../base/limits.ts';
import { record } from '../../base/records.ts';
import type { Suite } from '../../base/suite.ts';
import type { MainLog } from './main-log.ts';
import { checkStatementReceipts } from './receipt-message.ts';
import { isRequestTo, type OpenRequest, openRequest } from './request.ts';

const requestMessageField = record({
  request: [1, bytesUpTo(limits.requestBytesMax)],
  receipts: [2, listOf(bytesUpTo(limits.entryBytesMax), limits.mainLogKeysMax)],
});

export type RequestMessage = Content<typeof requestMessageField>;

export function encodeRequestMessage(message: RequestMessage): Uint8Array {
  return encodeWith(requestMessageField, message);
}

/** Bytes are attacker-controlled. */
export function decodeRequestMessage(input: Uint8Array): Result<RequestMessage, 'cbor' | 'form'> {
  return decodeWith(requestMessageField, input, {
    name: 'request',
    bytesMax: limits.entryBytesMax,
  });
}

/** Whether it is for this chain, and on its main log. */
export function checkRequestMessage(
  suite: Suite,
  message: RequestMessage,
  on: { readonly chainId: Uint8Array; readonly mainLog: MainLog },
): Result<OpenRequest, 'request'> {
  const opened = openRequest(suite, message.request);
  if (!opened.ok) return opened;
  if (!isRequestTo(on.chainId, opened.value)) return refuse('request', 'it is for another chain');
  const { request, receipts } = message;
  const checked = checkStatementReceipts(suite, request, { receipts, mainLog: on.mainLog });
  return checked.ok ? accept(opened.value) : refuse('request', checked.detail);
}

// SPDX-License-Identifier: Apache-2.0
// What follows an answer to an asset: an agreement, by which an organisation takes its terms, and an
// execution, by which a dispatcher says what a chain of its own shall do for it.

import { accept, type Result, refuse } from '../../base/errors.ts';
import { bytes, type Content, decodeWith, encodeWith } from '../../base/fields.ts';
import { label } from '../../base/label.ts';
import { record } from '../../base/records.ts';
import { tradeLimits } from '../../base/trade-limits.ts';

/** `answer`: SHA-256 of the record of an asset that answers another. */
const agreementField = record({ answer: [1, bytes(32)] });

const executionField = record({
  answer: [1, bytes(32)],
  chain: [2, bytes(32)],
  text: [3, label(tradeLimits.executionTextMax)],
});

export type Agreement = Content<typeof agreementField>;
export type Execution = Content<typeof executionField>;

export function encodeAgreement(agreement: Agreement): Uint8Array {
  return encodeWith(agreementField, agreement);
}

export function encodeExecution(execution: Execution): Uint8Array {
  return encodeWith(executionField, execution);
}

/** Bytes are attacker-controlled. */
export function decodeAgreement(content: Uint8Array): Result<Agreement, 'agreement'> {
  const read = decodeWith(agreementField, content, { name: 'agreement', bytesMax: 64 });
  return read.ok ? accept(read.value) : refuse('agreement', read.detail);
}

/** Bytes are attacker-controlled. */
export function decodeExecution(content: Uint8Array): Result<Execution, 'execution'> {
  const bytesMax = 4 * tradeLimits.executionTextMax;
  const read = decodeWith(executionField, content, { name: 'execution', bytesMax });
  return read.ok ? accept(read.value) : refuse('execution', read.detail);
}

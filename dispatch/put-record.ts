// SPDX-License-Identifier: Apache-2.0
// Puts a command or a rule on the main log from where a person works, and checks what comes back: the
// receipt is looked at as anybody would, by the keys of the main log alone.

import { readFile } from 'node:fs/promises';
import { equal, fromBase64, toBase64 } from '../base/bytes.ts';
import { messageOf, TielineError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { nodeSuite as suite } from '../base/node-suite.ts';
import type { Signer } from '../base/suite.ts';
import { decodeMarketWindow } from '../contracts/market-window.ts';
import { writeFileDurably } from '../host/files.ts';
import { checkReceiptsBySize, newestKeys } from '../sidechain/chain/key-periods.ts';
import { openRecord, type RecordKind, signRecord } from '../sidechain/chain/main-record.ts';
import { type CheckedReceipts, decodeReceiptMessage } from '../sidechain/chain/receipt-message.ts';
import type { KeyPeriods } from '../sidechain/chain/retired-key.ts';
import { type ApiPlace, askApi, detailOf, textIn } from './api-client.ts';

export type Recorded = CheckedReceipts & {
  readonly kind: RecordKind | 'act' | 'market-window';
  /** What was put there. */
  readonly statement: Uint8Array;
};

/** @throws TielineError `record-file`, as `askApi` does, `not-taken`, `receipt` */
export async function putRecord(
  place: ApiPlace,
  record: {
    readonly kind: RecordKind;
    readonly path: string;
    readonly periods: KeyPeriods;
    readonly signer: Signer;
    /** Where the receipt is kept; it holds the record as well. */
    readonly receiptPath: string;
  },
): Promise<Recorded> {
  const { kind, path, periods, signer, receiptPath } = record;
  const content = await readRecordFile(path);
  const bytes = signRecord({ kind, content }, newestKeys(periods).id, signer);
  if (bytes.length > limits.entryBytesMax) {
    throw new TielineError('record-file', `${path} is too long: ${limits.entryBytesMax} at most`);
  }
  const answer = await askApi(place, '/api/v1/records', { post: { record: toBase64(bytes) } });
  if (answer.status !== 200 && answer.status !== 201) {
    throw new TielineError('not-taken', `the main log did not take it: ${detailOf(answer)}`);
  }
  const message = fromBase64(textIn(answer.body, 'receipt') ?? '') ?? new Uint8Array();
  const recorded = checkRecordReceipt(message, periods);
  if (!equal(recorded.statement, bytes)) {
    throw new TielineError('receipt', 'the centre gave a receipt for something else');
  }
  await writeFileDurably(receiptPath, message, { mode: 0o644 });
  return recorded;
}

/** What a receipt file proves. @throws TielineError `receipt` */
export function checkRecordReceipt(bytes: Uint8Array, periods: KeyPeriods): Recorded {
  const message = decodeReceiptMessage(bytes);
  if (!message.ok) throw new TielineError('receipt', `this is no receipt: ${message.detail}`);
  const { anchor: statement, receipts } = message.value;
  const checked = checkReceiptsBySize(suite, statement, { receipts, periods });
  if (!checked.ok) {
    throw new TielineError('receipt', `it does not hold: ${checked.detail}`, {
      hint: 'if the keys of the log have changed hands, ask for its main-log.json of now',
    });
  }
  const record = openRecord(statement);
  const other = decodeMarketWindow(statement).ok ? 'market-window' : 'act';
  return { ...checked.value, statement, kind: record.ok ? record.value.kind : other };
}

/** @throws TielineError `record-file` */
export async function readRecordFile(path: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (cause) {
    throw new TielineError('record-file', `cannot read ${path}: ${messageOf(cause)}`, { cause });
  }
}

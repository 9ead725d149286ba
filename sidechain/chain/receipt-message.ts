// SPDX-License-Identifier: Apache-2.0
// Receipt message: the main log's answer to an anchor. The anchor as it was accepted, COSE Receipts over one
// inclusion proof, and the proof that the main log has only grown since the receipt before.

import { equal } from '../../base/bytes.ts';
import { decodeReceipt, verifyReceipt } from '../../base/cose-receipt.ts';
import { accept, type Result, refuse } from '../../base/errors.ts';
import {
  bytes,
  bytesUpTo,
  type Content,
  decodeWith,
  encodeWith,
  listOf,
  uint,
} from '../../base/fields.ts';
import { keyIdOf } from '../../base/ids.ts';
import { limits } from '../../base/limits.ts';
import { leafHash, verifyConsistency } from '../../base/merkle.ts';
import { record } from '../../base/records.ts';
import type { Suite } from '../../base/suite.ts';
import { type OpenAnchor, openAnchor } from './anchor.ts';
import type { MainLog } from './main-log.ts';
import { type KeyPeriods, retiredKey } from './retired-key.ts';

const receiptMessageField = record({
  anchor: [1, bytesUpTo(limits.messageBytesMax)],
  receipts: [2, listOf(bytesUpTo(limits.entryBytesMax), limits.mainLogKeysMax)],
  /** Size of the main log that the chain's previous receipt showed, 0 when it has none. */
  from: [3, uint()],
  consistency: [4, listOf(bytes(32), limits.proofHashesMax)],
});

export type ReceiptMessage = Content<typeof receiptMessageField>;

export type CheckedReceipts = {
  /** Place of the statement in the main log. */
  readonly index: number;
  /** Size and root of the main log that the receipts sign. */
  readonly size: number;
  readonly root: Uint8Array;
  /** Key ids of the main log's keys that signed. */
  readonly signers: readonly Uint8Array[];
};

export type CheckedReceipt = CheckedReceipts & { readonly anchor: OpenAnchor };

export function encodeReceiptMessage(message: ReceiptMessage): Uint8Array {
  return encodeWith(receiptMessageField, message);
}

/** Bytes are attacker-controlled. */
export function decodeReceiptMessage(input: Uint8Array): Result<ReceiptMessage, 'cbor' | 'form'> {
  return decodeWith(receiptMessageField, input, {
    name: 'receipt',
    bytesMax: limits.messageBytesMax,
  });
}

/** What the main log has as a leaf for an anchor, a record or an act: the hash of its bytes. */
export function mainLeafHash(suite: Suite, statement: Uint8Array): Uint8Array {
  return leafHash(suite, suite.sha256(statement));
}

/** Receipts by enough distinct keys of the main log, all of one root, which extends the previous one. */
export function checkReceiptMessage(
  suite: Suite,
  message: ReceiptMessage,
  known: {
    readonly mainLog: MainLog;
    readonly previous: { readonly size: number; readonly root: Uint8Array } | undefined;
    /** As `GivenReceipts` has them. */
    readonly periods?: KeyPeriods;
  },
): Result<CheckedReceipt, 'receipt'> {
  const anchor = openAnchor(message.anchor);
  if (!anchor.ok) return refuse('receipt', anchor.detail);
  const checked = checkReceipts(suite, anchor.value, {
    receipts: message.receipts,
    mainLog: known.mainLog,
    ...(known.periods && { periods: known.periods }),
  });
  if (!checked.ok) return checked;
  const { size, root } = checked.value;
  const { previous } = known;
  if (message.from !== (previous?.size ?? 0)) {
    return refuse('receipt', `consistent from size ${message.from}, not from the last one known`);
  }
  const grown =
    previous === undefined
      ? message.consistency.length === 0
      : verifyConsistency(suite, {
          from: previous.size,
          to: size,
          fromRoot: previous.root,
          toRoot: root,
          path: message.consistency,
        });
  return grown ? checked : refuse('receipt', 'the main log is not an extension of the one known');
}

export type GivenReceipts = {
  readonly receipts: readonly Uint8Array[];
  /** With the keys that count. */
  readonly mainLog: MainLog;
  /** All that ever did, to name one that does no more. */
  readonly periods?: KeyPeriods;
};

/** The COSE Receipts alone, as a proof bundle carries them. */
export function checkReceipts(
  suite: Suite,
  anchor: OpenAnchor,
  given: GivenReceipts,
): Result<CheckedReceipt, 'receipt'> {
  const checked = checkStatementReceipts(suite, anchor.bytes, given);
  return checked.ok ? accept({ ...checked.value, anchor }) : checked;
}

/** Of any statement on the main log, by its bytes; by as many keys of it as it asks for. */
export function checkStatementReceipts(
  suite: Suite,
  statement: Uint8Array,
  given: GivenReceipts,
): Result<CheckedReceipts, 'receipt'> {
  const { mainLog } = given;
  const leaf = mainLeafHash(suite, statement);
  const signers: Uint8Array[] = [];
  let found: { index: number; size: number; root: Uint8Array } | undefined;
  for (const receiptBytes of given.receipts) {
    const decoded = decodeReceipt(receiptBytes);
    if (!decoded.ok) return refuse('receipt', decoded.detail);
    const receipt = decoded.value;
    if (receipt.origin !== mainLog.origin) return refuse('receipt', 'it names another log');
    const key = mainLog.keys.find(({ publicKey }) => equal(keyIdOf(suite, publicKey), receipt.kid));
    if (key === undefined) {
      const retired = retiredKey(suite, given.periods ?? [], receipt.kid);
      if (retired === undefined)
        return refuse('receipt', 'signed by a key the chain does not know');
      const { name, endSize } = retired;
      const ended = `a key of ${name} that ended when the log had ${endSize} leaves`;
      return refuse('receipt', `signed by ${ended}, for ${receipt.size} leaves`);
    }
    const verified = verifyReceipt(suite, receipt, { publicKey: key.publicKey, leafHash: leaf });
    if (!verified.ok) return refuse('receipt', verified.detail);
    const { root } = verified.value;
    const { index, size } = receipt;
    const agrees =
      found === undefined ||
      (found.index === index && found.size === size && equal(found.root, root));
    if (!agrees) return refuse('receipt', 'the receipts disagree');
    if (signers.some((kid) => equal(kid, receipt.kid))) {
      return refuse('receipt', `two receipts by ${key.name}`);
    }
    signers.push(receipt.kid);
    found = { index, size, root };
  }
  if (found === undefined || signers.length < mainLog.threshold) {
    return refuse('receipt', `signed by ${signers.length} keys, ${mainLog.threshold} are needed`);
  }
  return accept({ ...found, signers });
}

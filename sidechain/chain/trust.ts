// SPDX-License-Identifier: Apache-2.0
// Trust message: one hand-over of the main log's keys on its way to a sidechain, and there the payload of an
// entry. With it, the proof that the log that ends with the act extends the one that the chain knows.

import { equal } from '../../base/bytes.ts';
import { accept, type Result, refuse } from '../../base/errors.ts';
import { bytes, type Content, decodeWith, encodeWith, listOf, uint } from '../../base/fields.ts';
import { limits } from '../../base/limits.ts';
import { verifyConsistency } from '../../base/merkle.ts';
import { record } from '../../base/records.ts';
import type { Suite } from '../../base/suite.ts';
import {
  type CheckedHandOver,
  checkHandOver,
  type HandOverFlaw,
  handOverField,
} from './hand-over.ts';
import type { MainLog } from './main-log.ts';

const trustField = record({
  handOver: [1, handOverField],
  /** Size of the newest main log that the chain knows, 0 when it knows none. */
  from: [2, uint()],
  consistency: [3, listOf(bytes(32), limits.proofHashesMax)],
});

export type TrustMessage = Content<typeof trustField>;

/** A main log at one size, as a chain knows it. */
export type MainHead = { readonly size: number; readonly root: Uint8Array };

/**
 * `old`: it starts from another size than the one known. `fork`: the old keys have signed a longer log than
 * the one that ends with their own hand-over, or another one of that size. Only what is signed shows it: a
 * consistency proof that fails shows nothing, for anybody may have spoilt it.
 */
export type TrustFlaw = HandOverFlaw | 'old' | 'fork';

export function encodeTrust(message: TrustMessage): Uint8Array {
  return encodeWith(trustField, message);
}

/** Bytes are attacker-controlled. */
export function decodeTrust(input: Uint8Array): Result<TrustMessage, 'cbor' | 'form'> {
  return decodeWith(trustField, input, { name: 'trust', bytesMax: limits.receiptMessageBytesMax });
}

/** @param known what the chain has of the main log: its keys, and its newest head. */
export function checkTrust(
  suite: Suite,
  { handOver, from, consistency }: TrustMessage,
  known: { readonly mainLog: MainLog; readonly head: MainHead | undefined },
): Result<CheckedHandOver, TrustFlaw> {
  const checked = checkHandOver(suite, handOver, known.mainLog);
  if (!checked.ok) return checked;
  const { size, root } = checked.value;
  const head = known.head ?? { size: 0, root: new Uint8Array(32) };
  if (size < head.size) {
    return refuse('fork', `the log ends at ${size} leaves, and ${head.size} were signed before`);
  }
  if (size === head.size && !equal(root, head.root)) {
    return refuse('fork', `another log of ${size} leaves was signed before`);
  }
  if (from !== head.size) return refuse('old', `it starts from size ${from}, not ${head.size}`);
  const grown =
    from === 0
      ? consistency.length === 0
      : verifyConsistency(suite, {
          from,
          to: size,
          fromRoot: head.root,
          toRoot: root,
          path: consistency,
        });
  if (grown) return accept(checked.value);
  return refuse('hand-over', 'it is not proven to extend the log that is known');
}

// SPDX-License-Identifier: Apache-2.0
// Hand-over: how the keys of a main log came to be others. The act that names the new ones, and receipts by
// the old ones over the log that ends with it. It proves itself to whoever knows the old keys, and nothing
// of who voted has to be known. From the size of that log on the new keys count, and of the old ones this
// alone.

import { accept, type Result, refuse } from '../../base/errors.ts';
import { bytesUpTo, type Content, decodeWith, encodeWith, listOf } from '../../base/fields.ts';
import { limits } from '../../base/limits.ts';
import { record } from '../../base/records.ts';
import type { Suite } from '../../base/suite.ts';
import { decodeAct, openGovernance } from './governance.ts';
import { type LogKeySet, logKeysOf } from './log-keys-change.ts';
import { generationOf, type MainLog } from './main-log.ts';
import { checkStatementReceipts } from './receipt-message.ts';

export const handOverField = record({
  act: [1, bytesUpTo(limits.handOverActBytesMax)],
  receipts: [2, listOf(bytesUpTo(limits.handOverReceiptBytesMax), limits.mainLogKeysMax)],
});

export type HandOver = Content<typeof handOverField>;

export function encodeHandOver(handOver: HandOver): Uint8Array {
  return encodeWith(handOverField, handOver);
}

/** Bytes are attacker-controlled. */
export function decodeHandOver(input: Uint8Array): Result<HandOver, 'cbor' | 'form'> {
  return decodeWith(handOverField, input, { name: 'hand-over', bytesMax: limits.entryBytesMax });
}

/** `generation`: it is not the next one of the keys that are known. */
export type HandOverFlaw = 'hand-over' | 'generation';

export type CheckedHandOver = {
  /** With the new keys. */
  readonly mainLog: MainLog;
  /** Leaves of the log that ends with the act, and their root. */
  readonly size: number;
  readonly root: Uint8Array;
  /** Key ids of the old keys that signed. */
  readonly signers: readonly Uint8Array[];
};

/** The keys that an act brings. Who voted for it is not looked at. Bytes are attacker-controlled. */
export function logKeysInAct(
  suite: Suite,
  bytes: Uint8Array,
  mainLogId: Uint8Array,
): Result<LogKeySet, 'hand-over'> {
  const act = decodeAct(bytes);
  if (!act.ok) return refuse('hand-over', act.detail);
  const opened = openGovernance(suite, act.value.proposal);
  if (!opened.ok) return refuse('hand-over', opened.detail);
  if (opened.value.kind !== 'proposal') return refuse('hand-over', 'the act is of no proposal');
  const { changes } = opened.value.proposal;
  const [change, another] = changes.filter(({ kind }) => kind === 'log-keys');
  if (change?.kind !== 'log-keys' || another !== undefined) {
    return refuse('hand-over', 'the act does not change the keys of the log, once');
  }
  const keys = logKeysOf(suite, change, mainLogId);
  return keys.ok ? keys : refuse('hand-over', keys.detail);
}

/** @param mainLog with the keys that are known. Bytes are attacker-controlled. */
export function checkHandOver(
  suite: Suite,
  { act, receipts }: HandOver,
  mainLog: MainLog,
): Result<CheckedHandOver, HandOverFlaw> {
  const keys = logKeysInAct(suite, act, mainLog.id);
  if (!keys.ok) return keys;
  const next = generationOf(mainLog) + 1;
  const { generation } = keys.value;
  if (generation !== next) {
    return refuse('generation', `it brings the keys of generation ${generation}, ${next} is next`);
  }
  const checked = checkStatementReceipts(suite, act, { receipts, mainLog });
  if (!checked.ok) return refuse('hand-over', checked.detail);
  const { index, size, root, signers } = checked.value;
  if (index !== size - 1) {
    return refuse('hand-over', `the act is leaf ${index} of ${size}, and it must be the last`);
  }
  const { origin, id } = mainLog;
  return accept({ mainLog: { origin, id, ...keys.value }, size, root, signers });
}

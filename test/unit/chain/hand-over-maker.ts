// SPDX-License-Identifier: Apache-2.0
// Changes of a main log's keys, as honest keepers make them and as nobody should: what the tests of
// hand-overs, bundles and mirrors build on.

import type { Signer } from '../../../base/suite.ts';
import { encodeAct, signProposal } from '../../../sidechain/chain/governance.ts';
import type { HandOver } from '../../../sidechain/chain/hand-over.ts';
import { signLogKeyOffer } from '../../../sidechain/chain/log-key-offer.ts';
import type { LogKeysChange } from '../../../sidechain/chain/log-keys-change.ts';
import type { TrustMessage } from '../../../sidechain/chain/trust.ts';
import { officer, startMs } from './fixture.ts';
import type { MainLogTwin } from './main-log-twin.ts';

export type KeysOptions = {
  readonly generation?: number;
  readonly threshold?: number;
  /** Generation, log and signer of the offers, where they are not those of the keys. */
  readonly offered?: { readonly generation?: number; readonly log?: Uint8Array };
  /** Sign the offers in the place of the keys that are offered. */
  readonly offerSigners?: readonly Signer[];
};

/** The organisations are named by their places, as those of the twin. */
export function keysChange(
  next: readonly Signer[],
  mainLogId: Uint8Array,
  options: KeysOptions = {},
): LogKeysChange {
  const { generation = 1, offered = {}, offerSigners = next } = options;
  const { threshold = Math.floor((2 * next.length) / 3) + 1 } = options;
  const offers = next.map(({ publicKey }, i) => {
    const { sign, keyId } = offerSigners[i] ?? officer;
    const content = {
      name: `organisation ${i}`,
      generation: offered.generation ?? generation,
      timeMs: startMs,
    };
    return signLogKeyOffer(content, offered.log ?? mainLogId, { publicKey, keyId, sign });
  });
  return { kind: 'log-keys', generation, threshold, offers };
}

export function actOf(changes: readonly LogKeysChange[], mainLogId: Uint8Array): Uint8Array {
  const proposal = { version: 1, changes, timeMs: startMs, reason: '' };
  return encodeAct({ proposal: signProposal(proposal, mainLogId, officer), votes: [] });
}

export type MadeHandOver = {
  readonly handOver: HandOver;
  /** Of the log that ends with it. */
  readonly size: number;
  /** From the size of the log that a chain knows. */
  readonly trust: (from: number) => TrustMessage;
};

/** Appends the act to the log; `by` have signed the log of that size, or of `size`. */
export function handOverTo(
  log: MainLogTwin,
  next: readonly Signer[],
  options: KeysOptions & { readonly by?: readonly Signer[]; readonly size?: number } = {},
): MadeHandOver {
  const act = actOf([keysChange(next, log.mainLog.id, options)], log.mainLog.id);
  const index = log.append(act);
  const { size = index + 1, by = log.signers } = options;
  const made = (from: number) =>
    log.message(
      { anchor: act, index },
      { size: Math.min(size, log.leaves.length), from, signers: by },
    );
  const handOver = { act, receipts: made(0).receipts };
  return {
    handOver,
    size,
    trust: (from) => ({ handOver, from, consistency: made(from).consistency }),
  };
}

// SPDX-License-Identifier: Apache-2.0
// Whether a record on the log holds, as far as anybody can see: its signer had the right to it. Of a word
// of the market its form besides, and that an asset is sealed for the persons of its readers and for every
// regulator; what is sealed for members of a chain is its organisation's business.

import { equal } from '../../base/bytes.ts';
import { accept, type Result, refuse } from '../../base/errors.ts';
import type { Suite } from '../../base/suite.ts';
import {
  type OpenRecord,
  openRecord,
  signatoryOfRecord,
  tradeKinds,
} from '../../sidechain/chain/main-record.ts';
import type { MainRegistry } from '../../sidechain/chain/main-registry.ts';
import { readerKeys } from '../../sidechain/chain/trade-readers.ts';
import { signatoryOfTrade } from '../../sidechain/chain/trade-signatory.ts';
import { type ReadTrade, readTrade } from '../ledger/judge-trade.ts';
import type { ProvenChain } from './judge.ts';

type At = {
  /** As it was at its leaf. */
  readonly registry: MainRegistry;
  readonly mainLogId: Uint8Array;
  readonly chainOf: (chainId: Uint8Array) => Promise<ProvenChain | undefined>;
};

/** What it says, of the market. Bytes are attacker-controlled. */
export async function judgeRecordCopy(
  suite: Suite,
  record: Uint8Array,
  at: At,
): Promise<Result<ReadTrade | undefined, string>> {
  const opened = openRecord(record);
  if (!opened.ok) return opened;
  if (tradeKinds.some((kind) => kind === opened.value.kind)) {
    return judgeTradeCopy(suite, opened.value, at);
  }
  const { registry, mainLogId: id } = at;
  const signed = signatoryOfRecord(suite, opened.value, { registry, id });
  return signed.ok ? accept(undefined) : signed;
}

async function judgeTradeCopy(
  suite: Suite,
  opened: OpenRecord,
  at: At,
): Promise<Result<ReadTrade, string>> {
  const read = readTrade(opened);
  if (!read.ok) return read;
  const trade = read.value;
  const chain = trade.kind === 'demand' || trade.kind === 'asset' ? trade.said.chain : null;
  const proven = chain === null ? undefined : await at.chainOf(chain);
  // Whoever was a member once may have been one then.
  const members = proven?.memberships.flatMap((one) => one.members) ?? [];
  const chainOf = () => proven && { centre: '', members };
  const signed = signatoryOfTrade(suite, opened, { ...at, chain, chainOf });
  if (!signed.ok) return signed;
  if (trade.kind !== 'asset') return accept(trade);
  const { readers, sealed } = trade.said;
  const organisations = readers.filter(({ kind }) => kind === 'organisation');
  const keys = readerKeys(suite, organisations, { registry: at.registry, chainOf });
  if (!keys.ok) return keys;
  const missing = keys.value.find(({ keyId }) => !sealed.some(([id]) => equal(id, keyId)));
  return missing === undefined
    ? accept(trade)
    : refuse('reader', `it is not sealed for ${missing.name}`);
}

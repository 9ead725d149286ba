// SPDX-License-Identifier: Apache-2.0
// Whether what somebody says in the market counts. Each kind has its form, a signer who speaks for an
// organisation, and what must be there before it: an offer before its answer, an answer before an
// agreement, two agreements before an execution.

import { toHex } from '../../base/bytes.ts';
import { accept, type Result, refuse } from '../../base/errors.ts';
import type { Suite } from '../../base/suite.ts';
import {
  type Agreement,
  decodeAgreement,
  decodeExecution,
  type Execution,
} from '../../sidechain/chain/agreement.ts';
import { type Asset, decodeAsset } from '../../sidechain/chain/asset.ts';
import { type Demand, decodeDemand } from '../../sidechain/chain/demand.ts';
import type { OpenRecord } from '../../sidechain/chain/main-record.ts';
import { hasRight, organisationOf } from '../../sidechain/chain/main-registry.ts';
import { readerKeys, sealingFlaw } from '../../sidechain/chain/trade-readers.ts';
import { signatoryOfTrade } from '../../sidechain/chain/trade-signatory.ts';
import type { NamedAsset } from './apply-context.ts';
import type { RecordGround } from './judge-record.ts';
import type { RecordedTrade } from './transaction.ts';

type Judged = Result<RecordedTrade, string>;

/** Bytes are attacker-controlled. */
export function judgeTrade(suite: Suite, opened: OpenRecord, ground: RecordGround): Judged {
  const said = readTrade(opened);
  if (!said.ok) return refuse('malformed', said.detail);
  const trade = said.value;
  const chain = trade.kind === 'demand' || trade.kind === 'asset' ? trade.said.chain : null;
  const flaw = chain === null ? undefined : chainFlaw(chain, ground);
  if (flaw !== undefined) return flaw;
  const signed = signatoryOfTrade(suite, opened, { ...ground, chain });
  if (!signed.ok) return refuse(signed.code, signed.detail);
  const { organisation } = signed.value;
  switch (trade.kind) {
    case 'demand':
      return judgeDemand(trade.said, organisation, ground);
    case 'asset':
      return judgeAsset(suite, { opened, asset: trade.said, organisation }, ground);
    case 'agreement':
      return judgeAgreement(trade.said, organisation, ground.named);
    case 'execution':
      return judgeExecution(trade.said, organisation, ground);
  }
}

export type ReadTrade =
  | { readonly kind: 'demand'; readonly said: Demand }
  | { readonly kind: 'asset'; readonly said: Asset }
  | { readonly kind: 'agreement'; readonly said: Agreement }
  | { readonly kind: 'execution'; readonly said: Execution };

/** The content alone, by the kind of the record. Bytes are attacker-controlled. */
export function readTrade({ kind, content }: OpenRecord): Result<ReadTrade, string> {
  switch (kind) {
    case 'demand': {
      const read = decodeDemand(content);
      return read.ok ? accept({ kind, said: read.value }) : read;
    }
    case 'asset': {
      const read = decodeAsset(content);
      return read.ok ? accept({ kind, said: read.value }) : read;
    }
    case 'agreement': {
      const read = decodeAgreement(content);
      return read.ok ? accept({ kind, said: read.value }) : read;
    }
    case 'execution': {
      const read = decodeExecution(content);
      return read.ok ? accept({ kind, said: read.value }) : read;
    }
    case 'command':
    case 'rule':
    case 'request':
      return refuse('kind', `a ${kind} is no word of the market`);
  }
}

/** Id of the asset that it names; undefined where it names none, or has no form. */
export function namedAssetOf(opened: OpenRecord): Uint8Array | undefined {
  const read = readTrade(opened);
  if (!read.ok) return undefined;
  switch (read.value.kind) {
    case 'demand':
      return undefined;
    case 'asset':
      return read.value.said.answers ?? undefined;
    case 'agreement':
    case 'execution':
      return read.value.said.answer;
  }
}

/** What no anchor is taken from speaks for nobody in the market either. One unknown is told with its signer. */
function chainFlaw(
  chainId: Uint8Array,
  { registry, chainOf }: RecordGround,
): ReturnType<typeof refuse<string>> | undefined {
  const chain = chainOf(chainId);
  if (chain === undefined) return undefined;
  if (chain.quarantined) {
    return refuse('quarantined', 'two histories of this chain were co-signed');
  }
  const centre = organisationOf(registry, chain.centre);
  if (centre !== undefined && hasRight(centre, 'enrol')) return undefined;
  return refuse('centre', `${chain.centre} is no centre of this log`);
}

function judgeDemand(
  demand: Demand,
  organisation: string,
  { isMarketFull, timeMs }: RecordGround,
): Judged {
  if (isMarketFull) return refuse('full', 'this window has all the demands that it holds');
  // Of a clock far ahead, too: it would open a window that all later demands fell into, for years.
  if (timeMs !== undefined && demand.toMs <= timeMs) {
    return refuse('over', 'its delivery is over by the time of the log');
  }
  const { tradeClass, direction, energyWh } = demand;
  return accept({ kind: 'demand', organisation, tradeClass, direction, energyWh });
}

function judgeAsset(
  suite: Suite,
  given: { readonly opened: OpenRecord; readonly asset: Asset; readonly organisation: string },
  ground: RecordGround,
): Judged {
  const { opened, asset, organisation } = given;
  if (asset.answers !== null && ground.named === undefined) return unknownAsset(asset.answers);
  const foreign = foreignReaderOf(asset, organisation, ground);
  if (foreign !== undefined) return refuse('reader', foreign);
  const keys = readerKeys(suite, asset.readers, ground);
  if (!keys.ok) return keys;
  const flaw = sealingFlaw(asset, keys.value);
  if (flaw !== undefined) return refuse('reader', flaw);
  const id = suite.sha256(opened.bytes);
  return accept({ kind: 'asset', id, organisation, answers: asset.answers });
}

/** A chain is told by its own organisation, and tells that alone. */
function foreignReaderOf(
  { readers, chain }: Asset,
  organisation: string,
  { chainOf }: RecordGround,
): string | undefined {
  for (const reader of readers) {
    if (reader.kind === 'organisation') {
      if (chain === null || reader.name === organisation) continue;
      return `a gateway tells its own organisation ${organisation}, not ${reader.name}`;
    }
    if (chain !== null) return 'a gateway tells its own organisation, and no chain';
    const centre = chainOf(reader.id)?.centre;
    if (centre !== organisation) return `chain ${toHex(reader.id)} is not one of ${organisation}`;
  }
  return undefined;
}

function judgeAgreement(
  { answer }: Agreement,
  organisation: string,
  named: NamedAsset | undefined,
): Judged {
  const flaw = partyFlaw(answer, organisation, named);
  if (flaw !== undefined) return flaw;
  if (named?.agreedBy.includes(organisation)) {
    return refuse('agreed', `${organisation} has signed for this answer before`);
  }
  return accept({ kind: 'agreement', answer, organisation });
}

function judgeExecution(
  { answer, chain }: Execution,
  organisation: string,
  { named, chainOf }: RecordGround,
): Judged {
  const flaw = partyFlaw(answer, organisation, named);
  if (flaw !== undefined) return flaw;
  if ((named?.agreedBy.length ?? 0) < 2) {
    return refuse('not-concluded', 'both organisations have to sign for this answer before');
  }
  if (chainOf(chain)?.centre !== organisation) {
    return refuse('chain', `chain ${toHex(chain)} is not one of ${organisation}`);
  }
  return accept({ kind: 'execution', answer, chain });
}

/** It must be an answer of one organisation to another, and this one of the two. */
function partyFlaw(
  answer: Uint8Array,
  organisation: string,
  named: NamedAsset | undefined,
): ReturnType<typeof refuse<string>> | undefined {
  if (named === undefined) return unknownAsset(answer);
  const { organisation: answeredBy, offeredBy } = named;
  if (offeredBy === undefined) return refuse('no-answer', 'this asset answers no other');
  if (offeredBy === answeredBy) {
    return refuse('no-answer', `${answeredBy} has answered itself: nothing is to be agreed`);
  }
  if (organisation === offeredBy || organisation === answeredBy) return undefined;
  return refuse('party', `${offeredBy} and ${answeredBy} conclude this, not ${organisation}`);
}

function unknownAsset(id: Uint8Array): ReturnType<typeof refuse<string>> {
  return refuse('unknown-asset', `no asset ${toHex(id)} is on this log`);
}

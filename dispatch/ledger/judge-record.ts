// SPDX-License-Identifier: Apache-2.0
// Whether a record counts: its signer has the right to it, and, of a request and of what the market
// says, its content has its form and names what is there. Commands and rules are not looked into.

import { accept, type Result, refuse } from '../../base/errors.ts';
import type { Suite } from '../../base/suite.ts';
import { type OpenRecord, signatoryOfRecord } from '../../sidechain/chain/main-record.ts';
import type { MainRegistry } from '../../sidechain/chain/main-registry.ts';
import type { NamedAsset } from './apply-context.ts';
import type { ChainRecord } from './chain-record.ts';
import { judgeRecordedRequest } from './judge-recorded-request.ts';
import { judgeTrade } from './judge-trade.ts';
import type { RecordedRequest, RecordedTrade } from './transaction.ts';

export type RecordGround = {
  readonly registry: MainRegistry;
  readonly mainLogId: Uint8Array;
  readonly chainOf: (chainId: Uint8Array) => ChainRecord | undefined;
  /** What it names, if it names an asset that is stored. */
  readonly named: NamedAsset | undefined;
  readonly isMarketFull: boolean;
  /** Of the order; undefined where it is not known yet. */
  readonly timeMs: number | undefined;
};

export type JudgedRecord = {
  readonly request?: RecordedRequest;
  readonly trade?: RecordedTrade;
};

export function judgeRecord(
  suite: Suite,
  opened: OpenRecord,
  ground: RecordGround,
): Result<JudgedRecord, string> {
  const { registry, mainLogId, chainOf } = ground;
  switch (opened.kind) {
    case 'command':
    case 'rule':
    case 'request': {
      const signed = signatoryOfRecord(suite, opened, { registry, id: mainLogId });
      if (!signed.ok) return refuse(signed.code, signed.detail);
      return judgeRecordedRequest(suite, opened, chainOf);
    }
    case 'demand':
    case 'asset':
    case 'agreement':
    case 'execution': {
      const trade = judgeTrade(suite, opened, ground);
      return trade.ok ? accept({ trade: trade.value }) : trade;
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
// A main log with a market, for tests: two organisations that trade, one that only wants to, a regulator;
// and what their persons and gateways say.

import { agreementKeyOf } from '../../../base/agreement-key.ts';
import { assert } from '../../../base/assert.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import type { Signer } from '../../../base/suite.ts';
import { HistoryTree } from '../../../base/tree.ts';
import { MainLedger } from '../../../dispatch/ledger/main-ledger.ts';
import { nodeSealing as sealing } from '../../../host/sealing.ts';
import { encodeAgreement, encodeExecution } from '../../../sidechain/chain/agreement.ts';
import { type AssetReader, encodeAsset, sealBody } from '../../../sidechain/chain/asset.ts';
import { type Demand, encodeDemand } from '../../../sidechain/chain/demand.ts';
import { signEnrolment } from '../../../sidechain/chain/enrolment.ts';
import {
  type OpenMainGenesis,
  openMainGenesis,
  signMainGenesis,
} from '../../../sidechain/chain/main-genesis.ts';
import { signRecord } from '../../../sidechain/chain/main-record.ts';
import { type ChainOf, readerKeys } from '../../../sidechain/chain/trade-readers.ts';
import { type FakeChain, signerOf, startMs } from './fake-chain.ts';

export const keeper = signerOf(300);
/** Of each organisation: who is in its market, and who gives its orders. */
export const trader = { grid: signerOf(310), solar: signerOf(311), rival: signerOf(312) } as const;
export const dispatcher = { grid: signerOf(320), solar: signerOf(321) } as const;
export const regulator = signerOf(330);
export const governor = signerOf(340);

const both = ['dispatch', 'local', 'market'] as const;

function person(signer: Signer, name: string, role: 'market' | 'dispatch' | 'regulator') {
  const organisation = name.split(' ')[0] ?? '';
  return { publicKey: signer.publicKey, name, roles: [role], organisation };
}

export const tradeGenesis = signMainGenesis(
  {
    version: 1,
    origin: 'grid.example/market',
    keys: [{ publicKey: keeper.publicKey, name: 'grid' }],
    threshold: 1,
    organisations: [
      { name: 'grid', roles: both, governanceKey: governor.publicKey },
      { name: 'solar', roles: both, governanceKey: null },
      { name: 'rival', roles: ['market'], governanceKey: null },
      { name: 'agency', roles: ['regulator'], governanceKey: null },
    ],
    persons: [
      person(trader.grid, 'grid trader', 'market'),
      person(trader.solar, 'solar trader', 'market'),
      person(trader.rival, 'rival trader', 'market'),
      person(dispatcher.grid, 'grid dispatcher', 'dispatch'),
      person(dispatcher.solar, 'solar dispatcher', 'dispatch'),
      person(regulator, 'agency inspector', 'regulator'),
    ],
    timeMs: startMs,
    nonce: new Uint8Array(32).fill(12),
  },
  keeper,
);

const opened = openMainGenesis(suite, tradeGenesis);
assert(opened.ok, 'the genesis of the tests holds');
export const tradeMain = opened.value;
export const { mainLog: tradeLog } = tradeMain;

export function newTradeLedger(): MainLedger {
  const noLeaves = { leafHashAt: () => new Uint8Array() };
  return MainLedger.begin(suite, tradeGenesis, new HistoryTree(suite, noLeaves)).ledger;
}

/** Behind all that the tests demand. */
const deliveryMs = Date.parse('2027-01-01T12:00:00Z');
let saidCount = 0;

/** Each call makes another one: its time is one more. */
export function demandBy(
  by: Signer,
  changed: Partial<Demand> = {},
  mainLogId = tradeLog.id,
): Uint8Array {
  saidCount += 1;
  const demand: Demand = {
    ...{ tradeClass: 'ordinary-supply', direction: 'buy', energyWh: 1_000 },
    ...{ fromMs: deliveryMs, toMs: deliveryMs + 900_000 },
    ...{ priceLimit: [7_950, -2, 'EUR'], chain: null, timeMs: startMs + saidCount },
    ...changed,
  };
  return signRecord({ kind: 'demand', content: encodeDemand(demand) }, mainLogId, by);
}

export type Said = {
  readonly to?: readonly AssetReader[];
  readonly answers?: Uint8Array | null;
  readonly body?: string;
  readonly chain?: Uint8Array | null;
  readonly chainOf?: ChainOf;
  /** Of whoever is sealed for beside, or instead. */
  readonly sealFor?: readonly Signer[];
};

export const toOrganisation = (name: string): AssetReader => ({ kind: 'organisation', name });
export const toChain = ({ chainId: id }: Pick<FakeChain, 'chainId'>): AssetReader => ({
  ...{ kind: 'chain', id },
});

export function assetBy(
  by: Signer,
  said: Said = {},
  log: Pick<OpenMainGenesis, 'genesis' | 'mainLog'> = tradeMain,
): Uint8Array {
  saidCount += 1;
  const { to = [toOrganisation('solar')], answers = null, chain = null } = said;
  const chainOf = said.chainOf ?? (() => undefined);
  const found = readerKeys(suite, to, { registry: log.genesis, chainOf });
  assert(found.ok, 'the readers of the test are there');
  const keys = (said.sealFor ?? found.value).map(({ keyId, publicKey }) => ({
    keyId,
    agreementKey: agreementKeyOf(publicKey),
  }));
  const body = new TextEncoder().encode(said.body ?? '120 kW at noon, 79.50 EUR/MWh');
  const sealed = sealBody(suite, sealing, { body, keys, mainLogId: log.mainLog.id });
  assert(sealed !== undefined, 'the keys of the test can be sealed for');
  const timeMs = startMs + saidCount;
  const asset = { title: 'noon', answers, readers: to, ...sealed, chain, timeMs };
  return signRecord({ kind: 'asset', content: encodeAsset(asset) }, log.mainLog.id, by);
}

export function agreementBy(by: Signer, answer: Uint8Array): Uint8Array {
  return signRecord({ kind: 'agreement', content: encodeAgreement({ answer }) }, tradeLog.id, by);
}

export function executionBy(by: Signer, answer: Uint8Array, chain: Uint8Array): Uint8Array {
  const content = encodeExecution({ answer, chain, text: '60 kW from 12:00' });
  return signRecord({ kind: 'execution', content }, tradeLog.id, by);
}

export const idOf = (record: Uint8Array): Uint8Array => suite.sha256(record);

export function enrolmentBy(
  { chainId, genesisBytes }: Pick<FakeChain, 'chainId' | 'genesisBytes'>,
  by: Signer,
) {
  const said = { chainId, name: 'Rosenweg', timeMs: startMs };
  const enrolment = signEnrolment(said, tradeLog.id, by);
  return { kind: 'enrol', genesis: genesisBytes, enrolment } as const;
}

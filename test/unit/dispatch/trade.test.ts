// SPDX-License-Identifier: Apache-2.0
// Assets, agreements and executions as the main ledger judges them: who may say what, for whom an asset is
// sealed, and that nothing comes before what it follows.

import { beforeEach, describe, expect, test } from 'vitest';
import { agreementKeyOf } from '../../../base/agreement-key.ts';
import { assert } from '../../../base/assert.ts';
import { concat, fromUtf8, toHex, utf8 } from '../../../base/bytes.ts';
import { encode, map } from '../../../base/cbor.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { seal } from '../../../base/sealed.ts';
import type { Signer } from '../../../base/suite.ts';
import type { NamedAsset } from '../../../dispatch/ledger/apply-context.ts';
import { judgeRecord } from '../../../dispatch/ledger/judge-record.ts';
import type { MainLedger } from '../../../dispatch/ledger/main-ledger.ts';
import { agreementPairOf, nodeSealing as sealing } from '../../../host/sealing.ts';
import { type Asset, decodeAsset, openBody, sealBody } from '../../../sidechain/chain/asset.ts';
import { foundingRegistry } from '../../../sidechain/chain/main-genesis.ts';
import { openRecord } from '../../../sidechain/chain/main-record.ts';
import { type FakeChain, makeChain, signerOf, startMs } from './fake-chain.ts';
import {
  agreementBy,
  assetBy,
  demandBy,
  dispatcher,
  enrolmentBy,
  executionBy,
  newTradeLedger,
  regulator,
  type Said,
  toChain,
  toOrganisation,
  tradeLog,
  tradeMain,
  trader,
} from './trade-log.ts';

let ledger: MainLedger;
/** Each of an organisation: `grid` and `solar`. */
let gridChain: FakeChain;
let solarChain: FakeChain;
const context = { timeMs: startMs, recordIndex: undefined };

beforeEach(() => {
  ledger = newTradeLedger();
  [gridChain, solarChain] = [5, 6].map((seed) => makeChain(tradeLog, { seed })) as [
    FakeChain,
    FakeChain,
  ];
  ledger.enrol(enrolmentBy(gridChain, dispatcher.grid), context);
  ledger.enrol(enrolmentBy(solarChain, dispatcher.solar), context);
});

const said = (by: Signer, what: Said = {}): Uint8Array =>
  assetBy(by, { chainOf: (id) => ledger.chain(id), ...what });

function put(record: Uint8Array, named?: NamedAsset) {
  return ledger.record({ kind: 'record', record }, { ...context, named }).outcome;
}

const offered: NamedAsset = { organisation: 'grid', offeredBy: undefined, agreedBy: [] };
const answered: NamedAsset = { organisation: 'solar', offeredBy: 'grid', agreedBy: [] };
const concluded: NamedAsset = { ...answered, agreedBy: ['grid', 'solar'] };
const id = new Uint8Array(32).fill(7);
const gatewayOf = ({ signers }: FakeChain): Signer => signers[0] ?? signerOf(0);

/** What this key opens, or why nothing. */
function opens(record: Uint8Array, seed: number): string {
  const opened = openRecord(record);
  const asset = opened.ok ? decodeAsset(opened.value.content) : opened;
  if (!asset.ok) throw new Error(asset.detail);
  const bytes = new Uint8Array(32);
  new DataView(bytes.buffer).setUint32(0, seed);
  const { keyId } = signerOf(seed);
  const by = { keyId, pair: agreementPairOf(bytes), mainLogId: tradeLog.id };
  const body = openBody(suite, sealing, asset.value, by);
  return body.ok ? (fromUtf8(body.value) ?? '') : body.code;
}

describe('an asset', () => {
  test('is opened by its readers and every regulator, and by nobody else', () => {
    const record = said(trader.grid, { body: '120 kW at 79.50' });
    expect(put(record)).toMatchObject({ kind: 'receipt', isNew: true });
    // In the order of trade-log.ts: grid's own trader, solar's, rival's, the inspector.
    expect([310, 311, 312, 330].map((seed) => opens(record, seed))).toEqual([
      'no-reader',
      '120 kW at 79.50',
      'no-reader',
      '120 kW at 79.50',
    ]);
    // Nor by who has another role there.
    expect(opens(record, 321)).toBe('no-reader');
    expect(toHex(record)).not.toContain(Buffer.from('120 kW').toString('hex'));
  });

  test('that says to one reader what was not announced is told as such', () => {
    const keys = [
      { keyId: trader.solar.keyId, agreementKey: agreementKeyOf(trader.solar.publicKey) },
    ];
    const given = { keys, mainLogId: tradeLog.id };
    const announced = sealBody(suite, sealing, { ...given, body: new Uint8Array([1]) });
    const bodyHash = announced?.bodyHash ?? new Uint8Array(32);
    const aad = concat(utf8('tieline asset'), tradeLog.id, bodyHash);
    const text = encode(
      map([
        [1, new Uint8Array(16)],
        [2, new Uint8Array([2])],
      ]),
    );
    const to = keys[0]?.agreementKey ?? new Uint8Array(32);
    const other = seal(sealing, { text, to, aad }) ?? new Uint8Array();
    const asset = { bodyHash, sealed: [[trader.solar.keyId, other]] } as unknown as Asset;
    const bytes = new Uint8Array(32);
    new DataView(bytes.buffer).setUint32(0, 311);
    const by = { keyId: trader.solar.keyId, pair: agreementPairOf(bytes), mainLogId: tradeLog.id };
    expect(openBody(suite, sealing, asset, by)).toMatchObject({ ok: false, code: 'body' });
  });

  test('broadcast inside is opened by the members of that chain', () => {
    const record = said(trader.solar, { to: [toChain(solarChain)] });
    expect(put(record)).toMatchObject({ kind: 'receipt' });
    expect(opens(record, 600)).toContain('120 kW');
    expect(opens(record, 500)).toBe('no-reader');
  });

  test.each<[string, string, () => Uint8Array]>([
    [
      'that leaves out the regulator',
      'reader',
      () => said(trader.grid, { sealFor: [trader.solar] }),
    ],
    ['that leaves out a reader', 'reader', () => said(trader.grid, { sealFor: [regulator] })],
    [
      'that is sealed for one more',
      'reader',
      () => {
        const all = [trader.solar, trader.rival, regulator];
        const sealFor = all.sort((a, b) => Buffer.compare(a.keyId, b.keyId));
        return said(trader.grid, { sealFor });
      },
    ],
    ['for a chain of others', 'reader', () => said(trader.grid, { to: [toChain(solarChain)] })],
    ['of a dispatcher', 'role', () => said(dispatcher.grid)],
    ['of a regulator', 'role', () => said(regulator)],
    ['of a stranger', 'unknown-signer', () => said(signerOf(999))],
    ['that answers what is not there', 'unknown-asset', () => said(trader.solar, { answers: id })],
  ])('%s is refused: %s', (_, code, record) => {
    const size = ledger.tree.size;
    expect(put(record())).toMatchObject({ kind: 'refused', code });
    expect(ledger.tree.size).toBe(size);
  });
});

describe('a gateway', () => {
  const own = (changed: Said = {}) =>
    said(gatewayOf(solarChain), {
      ...{ chain: solarChain.chainId, to: [toOrganisation('solar')], ...changed },
    });

  test('tells its own organisation, also as an answer', () => {
    expect(put(own())).toMatchObject({ kind: 'receipt' });
    expect(put(own({ answers: id }), { ...offered, organisation: 'solar' })).toMatchObject({
      kind: 'receipt',
    });
  });

  test.each<[string, string, () => Uint8Array]>([
    ['another organisation', 'reader', () => own({ to: [toOrganisation('grid')] })],
    ['a chain', 'reader', () => own({ to: [toChain(solarChain)] })],
    ['anybody for another chain', 'unknown-signer', () => own({ chain: gridChain.chainId })],
    ['anybody as a person', 'unknown-signer', () => own({ chain: null })],
    ['agreements', 'unknown-signer', () => agreementBy(gatewayOf(solarChain), id)],
    [
      'executions',
      'unknown-signer',
      () => executionBy(gatewayOf(solarChain), id, solarChain.chainId),
    ],
  ])('does not tell %s: %s', (_, code, record) => {
    expect(put(record(), concluded)).toMatchObject({ kind: 'refused', code });
  });
});

describe('a gateway whose chain', () => {
  const registry = foundingRegistry(tradeMain.genesis);
  const without = registry.organisations.filter(({ name }) => name !== 'solar');
  const codeOf = (changed: { quarantined?: boolean; organisations?: typeof without } = {}) => {
    const chain = ledger.chain(solarChain.chainId);
    assert(chain !== undefined, 'the chain of the test is enrolled');
    const { quarantined = false, organisations = registry.organisations } = changed;
    const opened = openRecord(demandBy(gatewayOf(solarChain), { chain: solarChain.chainId }));
    assert(opened.ok, 'a demand is a record');
    const judged = judgeRecord(suite, opened.value, {
      ...{ registry: { ...registry, organisations }, mainLogId: tradeLog.id },
      ...{
        chainOf: () => ({ ...chain, quarantined }),
        named: undefined,
        isMarketFull: false,
        timeMs: startMs,
      },
    });
    return judged.ok ? 'taken' : judged.code;
  };

  test('has two histories, or a centre that was voted out, demands nothing any more', () => {
    expect(codeOf()).toBe('taken');
    expect(codeOf({ quarantined: true })).toBe('quarantined');
    expect(codeOf({ organisations: without })).toBe('centre');
  });
});

describe('an agreement', () => {
  test('is taken from both, once from each', () => {
    expect(put(agreementBy(trader.grid, id), answered)).toMatchObject({ kind: 'receipt' });
    expect(put(agreementBy(trader.solar, id), answered)).toMatchObject({ kind: 'receipt' });
    const again = agreementBy(trader.grid, new Uint8Array(32).fill(8));
    expect(put(again, concluded)).toMatchObject({ kind: 'refused', code: 'agreed' });
  });

  test.each<[string, NamedAsset | undefined, Signer, string]>([
    ['on what is not there', undefined, trader.grid, 'unknown-asset'],
    ['on what answers nothing', offered, trader.grid, 'no-answer'],
    ['with itself', { ...answered, organisation: 'grid' }, trader.grid, 'no-answer'],
    ['of a third', answered, trader.rival, 'party'],
    ['of a dispatcher', answered, dispatcher.grid, 'role'],
    ['of a regulator', answered, regulator, 'role'],
  ])('%s is refused', (_, named, by, code) => {
    expect(put(agreementBy(by, id), named)).toMatchObject({ kind: 'refused', code });
  });
});

describe('an execution', () => {
  test('follows a conclusion', () => {
    const record = executionBy(dispatcher.grid, id, gridChain.chainId);
    expect(put(record, answered)).toMatchObject({ code: 'not-concluded' });
    expect(put(record, { ...answered, agreedBy: ['grid'] })).toMatchObject({
      code: 'not-concluded',
    });
    expect(put(record, concluded)).toMatchObject({ kind: 'receipt' });
  });

  test.each<[string, NamedAsset | undefined, () => Uint8Array]>([
    ['chain', concluded, () => executionBy(dispatcher.grid, id, solarChain.chainId)],
    ['role', concluded, () => executionBy(trader.grid, id, gridChain.chainId)],
    ['role', concluded, () => executionBy(regulator, id, gridChain.chainId)],
    [
      'party',
      { ...concluded, offeredBy: 'rival', agreedBy: ['rival', 'solar'] },
      () => executionBy(dispatcher.grid, id, gridChain.chainId),
    ],
    ['unknown-asset', undefined, () => executionBy(dispatcher.grid, id, gridChain.chainId)],
  ])('is refused: %s', (code, named, record) => {
    expect(put(record(), named)).toMatchObject({ kind: 'refused', code });
  });
});

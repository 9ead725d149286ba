// SPDX-License-Identifier: Apache-2.0
// A chain of one gateway, its main log and a meter's schema, all with fixed keys: what the tests of chain,
// store and dispatch build on.

import type { Clock } from '../../../base/clock-state.ts';
import { toSequence } from '../../../base/ids.ts';
import { signerFromSeed } from '../../../base/keys.ts';
import { leafHash } from '../../../base/merkle.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { encodePack } from '../../../base/pack.ts';
import { encodeSchema, schemaId as idOfSchema, type Schema } from '../../../base/schema.ts';
import { HistoryTree } from '../../../base/tree.ts';
import { encodeBatch, packRoot } from '../../../sidechain/chain/batch.ts';
import type { BlockBody, BlockEntry } from '../../../sidechain/chain/block.ts';
import { signEntry, verifyEntry } from '../../../sidechain/chain/entry.ts';
import { openGenesis, signGenesis } from '../../../sidechain/chain/genesis.ts';
import type { Verdicts } from '../../../sidechain/chain/judge.ts';
import { type AppliedBlock, type Contract, Ledger } from '../../../sidechain/chain/ledger.ts';
import { openMainGenesis, signMainGenesis } from '../../../sidechain/chain/main-genesis.ts';

/** A key that is the same in every run. */
export function testSigner(number: number) {
  return signerFromSeed(new Uint8Array(32).fill(number));
}

export const gateway = testSigner(1);
export const stranger = testSigner(2);
export const mainLogSigner = testSigner(3);
export const dispatcher = testSigner(4);
/** May change the members of the chains that name her. */
export const engineer = testSigner(5);

/** Votes for the organisation of the main log. */
export const officer = testSigner(6);

export const startMs = Date.UTC(2026, 0, 1);
export const clock: Clock = { state: 'synchronised', errorMs: 10 };

export const mainGenesisBytes = signMainGenesis(
  {
    version: 1,
    origin: 'main.example/dispatch',
    keys: [{ publicKey: mainLogSigner.publicKey, name: 'utility' }],
    threshold: 1,
    persons: [
      {
        publicKey: dispatcher.publicKey,
        name: 'dana',
        roles: ['dispatch'],
        organisation: 'utility',
      },
    ],
    organisations: [
      { name: 'utility', roles: ['dispatch', 'local'], governanceKey: officer.publicKey },
    ],
    timeMs: startMs,
    nonce: new Uint8Array(32).fill(9),
  },
  mainLogSigner,
);

const openedMain = openMainGenesis(suite, mainGenesisBytes);
if (!openedMain.ok) throw new Error(openedMain.detail);
export const mainGenesis = openedMain.value;

export const genesisBytes = signGenesis(
  {
    version: 1,
    members: [{ publicKey: gateway.publicKey, role: 'voter', name: 'cellar-1' }],
    policy: { class: 'blame', faulty: 0 },
    persons: [{ publicKey: engineer.publicKey, name: 'eve', rights: ['members'] }],
    mainLog: mainGenesis.mainLog,
    summary: { windowMs: 10_000, graceMs: 2_000 },
    timeMs: startMs,
    nonce: new Uint8Array(32).fill(7),
  },
  gateway,
);

const openedGenesis = openGenesis(suite, genesisBytes);
if (!openedGenesis.ok) throw new Error(openedGenesis.detail);
export const chainId = openedGenesis.value.chainId;

export const schema: Schema = {
  device: 'urn:dev:ops:test-meter-1',
  line: 'line-1',
  unitId: 1,
  request: 'modbus fc=4 0+4',
  periodMs: 1_000,
  definition: 'test-meter',
  values: [
    {
      obis: '1-0:1.8.0*255',
      unit: 'Wh',
      exponent: 0,
      register: 'input 0x0048 float32',
      class: 'tradable',
      kind: 'counter',
      min: 0,
      max: 99_999_999,
      maxStepPerSecond: 100,
    },
    {
      obis: '1-0:32.7.0*255',
      unit: 'V',
      exponent: -2,
      register: 'input 0x0000 float32',
      class: 'local',
      kind: 'instantaneous',
      min: 0,
      max: 30_000,
      maxStepPerSecond: null,
    },
  ],
};
export const schemaPayload = encodeSchema(schema);
export const schemaId = idOfSchema(suite, schemaPayload);

/** Pack bytes of one reading of that meter. */
export function packAt(timeMs: number, energyWh: number, voltage: number | null = 23_012) {
  return encodePack({
    schemaId,
    timeMs,
    clock,
    mantissas: [energyWh, voltage],
    qualities: [0, voltage === null ? 16 : 0],
  });
}

export function schemaEntry(signer = gateway): BlockEntry {
  return { entry: signEntry({ kind: 'schema', payload: schemaPayload, chainId }, signer) };
}

/** A signed batch with its packs. */
export function batchEntry(
  sequence: number,
  packs: readonly Uint8Array[],
  options: { signer?: typeof gateway; timeMs?: number } = {},
): BlockEntry {
  const { signer = gateway, timeMs = startMs + sequence * 1_000 } = options;
  const secret = new Uint8Array(32).fill(sequence);
  const payload = encodeBatch({
    gateway: signer.keyId as never,
    sequence: toSequence(sequence),
    packCount: packs.length,
    packRoot: packRoot(suite, secret, packs),
    timeMs,
    clock,
  });
  return {
    entry: signEntry({ kind: 'reading-batch', payload, chainId }, signer),
    packs: { secret, packs },
  };
}

export function bodyOf(timeMs: number, entries: readonly BlockEntry[]): BlockBody {
  return { timeMs, clock, secret: new Uint8Array(32).fill(timeMs % 251), entries };
}

export const verdicts: Verdicts = (entry, publicKey) =>
  verifyEntry(suite, entry, { publicKey, chainId });

/** A ledger that keeps all its blocks in memory. */
export class TestChain {
  readonly ledger: Ledger;
  readonly blocks: AppliedBlock[];
  readonly bodies: (BlockBody | undefined)[] = [undefined];

  constructor(contracts: readonly Contract[] = []) {
    const tree = new HistoryTree(suite, { leafHashAt: (index) => this.#leafHashAt(index) });
    const { ledger, block } = Ledger.begin(suite, genesisBytes, { contracts, tree });
    this.ledger = ledger;
    this.blocks = [block];
  }

  apply(body: BlockBody): AppliedBlock {
    const block = this.ledger.apply(body, verdicts);
    this.blocks.push(block);
    this.bodies.push(body);
    return block;
  }

  #leafHashAt(index: number): Uint8Array {
    const block = this.blocks[index];
    if (block === undefined) throw new Error(`no block ${index}`);
    return leafHash(suite, block.headerBytes);
  }
}

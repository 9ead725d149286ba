// SPDX-License-Identifier: Apache-2.0
// The chain of a world: its genesis, and the file that each of its members starts from.

import { DatabaseSync } from 'node:sqlite';
import { assert } from '../../../base/assert.ts';
import { signerFromSeed } from '../../../base/keys.ts';
import { nodeSuite } from '../../../base/node-suite.ts';
import type { Signer, Suite } from '../../../base/suite.ts';
import { openGenesis, signGenesis } from '../../../sidechain/chain/genesis.ts';
import { foundingStatements } from '../../../sidechain/store/chain-file.ts';
import { chainMigrations } from '../../../sidechain/store/migrations.ts';
import { runStatement } from './card-file.ts';
import { lightSigner, lightSuite } from './light-suite.ts';
import type { GatewayWeather } from './weather.ts';

export const startMs = Date.UTC(2026, 0, 1);

export type Founding = {
  readonly suite: Suite;
  readonly chainId: Uint8Array;
  readonly genesisBytes: Uint8Array;
  /** Of the members, in the order of their ids. */
  readonly signers: readonly Signer[];
};

export function found(weather: GatewayWeather): Founding {
  const { voters, followers, hasRealSignatures } = weather;
  const suite = hasRealSignatures ? nodeSuite : lightSuite;
  const real = Array.from({ length: voters + followers }, (_, i) => keyOf(i + 1));
  const signers = hasRealSignatures ? real : real.map(lightSigner);
  const [founder] = signers;
  assert(founder !== undefined, 'a chain has a member');
  const genesisBytes = signGenesis(
    {
      version: 1,
      members: signers.map(({ publicKey }, i) => ({
        publicKey,
        role: i < voters ? 'voter' : 'follower',
        name: `cellar-${i + 1}`,
      })),
      policy: { class: 'blame', faulty: 0 },
      persons: [],
      mainLog: {
        origin: 'main.example/dispatch',
        id: new Uint8Array(32).fill(1),
        threshold: 1,
        keys: [{ publicKey: keyOf(0).publicKey, name: 'utility' }],
      },
      summary: { windowMs: weather.summaryWindowMs, graceMs: 2_000 },
      timeMs: startMs,
      nonce: new Uint8Array(32),
    },
    founder,
  );
  const opened = openGenesis(suite, genesisBytes);
  assert(opened.ok, `the genesis is sound: ${opened.ok || opened.detail}`);
  return { suite, chainId: opened.value.chainId, genesisBytes, signers };
}

const keys = new Map<number, Signer>();

/** The same in every world: to make one takes as long as to sign. */
function keyOf(number: number): Signer {
  const key = keys.get(number) ?? signerFromSeed(new Uint8Array(32).fill(number + 1));
  keys.set(number, key);
  return key;
}

/** A new chain.db, as bytes. */
export function newFile({ suite, genesisBytes }: Founding, gateway: Uint8Array): Uint8Array {
  const handle = new DatabaseSync(':memory:');
  try {
    for (const sql of chainMigrations.flat()) handle.exec(sql);
    const founding = { genesisBytes, gateway, suite, contracts: [] };
    for (const statement of foundingStatements(founding)) runStatement(handle, statement);
    return handle.serialize();
  } finally {
    handle.close();
  }
}

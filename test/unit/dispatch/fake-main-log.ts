// SPDX-License-Identifier: Apache-2.0
// A main log for tests: its key, a person who may enrol and one who may not, its genesis.

import { assert } from '../../../base/assert.ts';
import { nodeSuite } from '../../../base/node-suite.ts';
import type { Signer } from '../../../base/suite.ts';
import { signEnrolment } from '../../../sidechain/chain/enrolment.ts';
import { openMainGenesis, signMainGenesis } from '../../../sidechain/chain/main-genesis.ts';
import { type FakeChain, signerOf, startMs } from './fake-chain.ts';

export const logSigner = signerOf(1);
export const dispatcher = signerOf(2);
export const regulator = signerOf(3);
/** Votes for the only organisation that does. */
export const gridOfficer = signerOf(4);

export const mainGenesis = signMainGenesis(
  {
    version: 1,
    origin: 'grid.example/main',
    keys: [{ publicKey: logSigner.publicKey, name: 'grid' }],
    threshold: 1,
    persons: [
      { publicKey: dispatcher.publicKey, name: 'Dora', roles: ['dispatch'], organisation: 'grid' },
      {
        publicKey: regulator.publicKey,
        name: 'Rita',
        roles: ['regulator'],
        organisation: 'agency',
      },
    ],
    organisations: [
      { name: 'grid', roles: ['dispatch', 'local'], governanceKey: gridOfficer.publicKey },
      { name: 'agency', roles: ['regulator'], governanceKey: null },
    ],
    timeMs: startMs,
    nonce: new Uint8Array(32).fill(9),
  },
  logSigner,
);

const opened = openMainGenesis(nodeSuite, mainGenesis);
assert(opened.ok, 'the genesis of the tests holds');
export const { mainLog } = opened.value;

/** What a person sends to enrol a chain. */
export function enrolmentOf(
  chain: Pick<FakeChain, 'chainId' | 'genesisBytes'>,
  by: Signer = dispatcher,
): { readonly genesis: Uint8Array; readonly enrolment: Uint8Array } {
  const { chainId } = chain;
  const name = 'substation-7';
  return {
    genesis: chain.genesisBytes,
    enrolment: signEnrolment({ chainId, name, timeMs: startMs }, mainLog.id, by),
  };
}

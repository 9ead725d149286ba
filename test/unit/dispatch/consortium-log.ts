// SPDX-License-Identifier: Apache-2.0
// A main log of four organisations that vote, and one that does not, for tests: their officers, their
// persons, one of each role, and its ledger.

import { assert } from '../../../base/assert.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import type { Signer } from '../../../base/suite.ts';
import { HistoryTree } from '../../../base/tree.ts';
import { MainLedger } from '../../../dispatch/ledger/main-ledger.ts';
import type { Change, Outcomes } from '../../../dispatch/ledger/transaction.ts';
import { signProposal, signVote } from '../../../sidechain/chain/governance.ts';
import { openMainGenesis, signMainGenesis } from '../../../sidechain/chain/main-genesis.ts';
import { type RecordKind, signRecord } from '../../../sidechain/chain/main-record.ts';
import type { MainRole } from '../../../sidechain/chain/main-registry.ts';
import type { RegistryChange } from '../../../sidechain/chain/main-registry-change.ts';
import { signRequest } from '../../../sidechain/chain/request.ts';
import { signerOf, startMs } from './fake-chain.ts';

export const timeMs = startMs + 60_000;

export const keeper = signerOf(200);
/** In the order of the organisations. */
export const officers = [signerOf(210), signerOf(211), signerOf(212), signerOf(213)] as const;
export const [north, south, east, agency] = officers;

/** One of each role; plants and the market have no vote here. */
export const personByRole: Readonly<Record<MainRole, Signer>> = {
  dispatch: signerOf(220),
  local: signerOf(221),
  regulator: signerOf(222),
  plant: signerOf(223),
  market: signerOf(224),
};

export const consortiumGenesis = signMainGenesis(
  {
    version: 1,
    origin: 'grid.example/consortium',
    keys: [{ publicKey: keeper.publicKey, name: 'north' }],
    threshold: 1,
    organisations: [
      { name: 'north', roles: ['dispatch', 'local'], governanceKey: north.publicKey },
      { name: 'south', roles: ['dispatch', 'local'], governanceKey: south.publicKey },
      { name: 'east', roles: ['local', 'plant', 'market'], governanceKey: east.publicKey },
      { name: 'agency', roles: ['regulator'], governanceKey: agency.publicKey },
      { name: 'works', roles: ['plant', 'market'], governanceKey: null },
    ],
    persons: [
      person('dispatch', 'north'),
      person('local', 'south'),
      person('regulator', 'agency'),
      person('plant', 'works'),
      person('market', 'works'),
    ],
    timeMs: startMs,
    nonce: new Uint8Array(32).fill(11),
  },
  keeper,
);

function person(role: MainRole, organisation: string) {
  return { publicKey: personByRole[role].publicKey, name: role, roles: [role], organisation };
}

const opened = openMainGenesis(suite, consortiumGenesis);
assert(opened.ok, 'the genesis of the tests holds');
export const consortium = opened.value;
export const { mainLog: consortiumLog } = consortium;

export function newConsortiumLedger(): MainLedger {
  const noLeaves = { leafHashAt: () => new Uint8Array() };
  return MainLedger.begin(suite, consortiumGenesis, new HistoryTree(suite, noLeaves)).ledger;
}

export function proposalOf(
  changes: readonly RegistryChange[],
  options: { readonly by?: Signer; readonly version?: number; readonly reason?: string } = {},
): Uint8Array {
  const { by = north, version = 1, reason = '' } = options;
  return signProposal({ version, changes, timeMs, reason }, consortiumLog.id, by);
}

export function voteFor(proposal: Uint8Array, by: Signer, log = consortiumLog.id): Uint8Array {
  return signVote(suite.sha256(proposal), log, by);
}

export function recordOf(kind: RecordKind, by: Signer, content = 'content'): Uint8Array {
  return signRecord({ kind, content: new TextEncoder().encode(content) }, consortiumLog.id, by);
}

/** For the newest reading of a device of this chain. */
export function requestTo(
  chainId: Uint8Array,
  by: Signer,
  mainLogId = consortiumLog.id,
): Uint8Array {
  const request = {
    ...{ chainId, timeMs, untilMs: timeMs + 60_000, sealTo: new Uint8Array(32).fill(9) },
    asks: [{ device: 'urn:dev:ops:meter-1', timeMs }],
  };
  return signRequest(request, mainLogId, by);
}

export function govern(
  ledger: MainLedger,
  statement: Uint8Array,
): { readonly outcome: Outcomes['govern']; readonly changes: readonly Change[] } {
  return ledger.govern({ kind: 'govern', statement }, { timeMs });
}

/** Proposed by the first of them, voted by the others. @returns the last outcome. */
export function pass(
  ledger: MainLedger,
  changes: readonly RegistryChange[],
  by: readonly Signer[] = [north, south, east],
): Outcomes['govern'] {
  const [author, ...others] = by;
  const version = ledger.governance.version + 1;
  const proposal = proposalOf(changes, {
    version,
    ...(author === undefined ? {} : { by: author }),
  });
  let { outcome } = govern(ledger, proposal);
  for (const other of others) ({ outcome } = govern(ledger, voteFor(proposal, other)));
  return outcome;
}

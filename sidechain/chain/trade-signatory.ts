// SPDX-License-Identifier: Apache-2.0
// Who has signed a word of the market, and for which organisation: a person with the right to it, or, of a
// demand or an asset that names its chain, a member gateway, which speaks for the organisation that its
// chain belongs to.

import { equal, toHex } from '../../base/bytes.ts';
import { verifySign1 } from '../../base/cose.ts';
import { accept, type Result, refuse } from '../../base/errors.ts';
import type { Suite } from '../../base/suite.ts';
import { chainAad } from './entry.ts';
import { type OpenRecord, signatoryOfRecord } from './main-record.ts';
import type { MainRegistry } from './main-registry.ts';
import type { ChainOf } from './trade-readers.ts';

export type TradeSignatory = { readonly organisation: string; readonly name: string };

export function signatoryOfTrade(
  suite: Suite,
  opened: OpenRecord,
  ground: {
    /** null: a person. */
    readonly chain: Uint8Array | null;
    readonly registry: Pick<MainRegistry, 'persons'>;
    readonly mainLogId: Uint8Array;
    readonly chainOf: ChainOf;
  },
): Result<TradeSignatory, 'unknown-signer' | 'role' | 'signature' | 'unknown-chain'> {
  const { chain: chainId, registry, mainLogId, chainOf } = ground;
  if (chainId === null) return signatoryOfRecord(suite, opened, { registry, id: mainLogId });
  const chain = chainOf(chainId);
  if (chain === undefined) {
    return refuse('unknown-chain', `no chain ${toHex(chainId)} is enrolled here`);
  }
  const member = chain.members.find(({ keyId }) => equal(keyId, opened.keyId));
  if (member === undefined || member.revoked) {
    return refuse('unknown-signer', `${toHex(opened.keyId)} is no member of that chain`);
  }
  const by = { publicKey: member.publicKey, externalAad: chainAad(mainLogId) };
  if (verifySign1(suite, opened.sign1, by)) {
    return accept({ organisation: chain.centre, name: member.name });
  }
  return refuse('signature', `the signature of ${member.name} does not verify`);
}

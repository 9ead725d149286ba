// SPDX-License-Identifier: Apache-2.0
// The records of all chains in memory. Of most chains nothing is heard for a minute or a quarter of an
// hour: members and persons of those stay in the bytes they are stored as, a twentieth of what they take
// as values, and only the records used last are kept as such. Which ones these are changes no outcome.

import { keyOf } from '../../base/bytes.ts';
import { Generations } from '../../base/generations.ts';
import { limits } from '../../base/limits.ts';
import type { Membership } from '../../sidechain/chain/membership-proof.ts';
import type { ChainRecord } from './chain-record.ts';
import { decodeMembership, encodeMembership } from './membership-column.ts';

/** A record with its membership as it is stored. */
export type PackedChain = Omit<ChainRecord, keyof Membership> & { readonly membership: Uint8Array };

export class ChainTable {
  readonly #chains = new Map<string, PackedChain>();
  /** Records as values. */
  readonly #unpacked = new Generations<string, ChainRecord>(limits.chainsUnpackedMax);

  constructor(chains: Iterable<PackedChain>) {
    for (const chain of chains) this.#chains.set(keyOf(chain.chainId), chain);
  }

  get count(): number {
    return this.#chains.size;
  }

  get(chainId: Uint8Array): ChainRecord | undefined {
    const key = keyOf(chainId);
    const recent = this.#unpacked.get(key);
    if (recent !== undefined) return recent;
    const packed = this.#chains.get(key);
    if (packed === undefined) return undefined;
    const record = unpacked(packed);
    this.#unpacked.set(key, record);
    return record;
  }

  set(record: ChainRecord): void {
    const key = keyOf(record.chainId);
    const { members, persons, policy, version, ...rest } = record;
    const before = this.#unpacked.get(key);
    const isSame = before?.members === members && before.version === version;
    const known = isSame ? this.#chains.get(key) : undefined;
    const membership = known?.membership ?? encodeMembership({ members, persons, policy, version });
    this.#chains.set(key, { ...rest, membership });
    this.#unpacked.set(key, record);
  }
}

function unpacked({ membership, ...rest }: PackedChain): ChainRecord {
  return { ...rest, ...decodeMembership(membership) };
}

// SPDX-License-Identifier: Apache-2.0
// What the main ledger keeps of one enrolled sidechain, in memory and by value: as much as the next
// anchor needs to be judged. It grows with the number of chains, never with their history.

import type { Membership } from '../../sidechain/chain/membership-proof.ts';

/** The newest checkpoint of a chain that stands in the main log. */
export type Anchored = {
  /** Blocks of the sidechain under it. */
  readonly size: number;
  /** RFC 9162 root over their headers, 32 bytes. */
  readonly root: Uint8Array;
  /** Its leaf in the main log. */
  readonly logIndex: number;
};

export type ChainRecord = Membership & {
  /** Key ids of members that were proven to have signed two histories. */
  readonly distrusted: readonly Uint8Array[];
  readonly chainId: Uint8Array;
  /** As the person who enrolled it called it. */
  readonly name: string;
  /** Organisation of that person. What the chain sends is taken while it is registered. */
  readonly centre: string;
  /** undefined before the first anchor. */
  readonly anchored: Anchored | undefined;
  /** Two histories of it satisfied its policy: nothing of it is taken any more. */
  readonly quarantined: boolean;
};

// SPDX-License-Identifier: Apache-2.0
// Who speaks for the chain: its leader; and, where that brings no receipts, one member after the
// other besides. Decided by each member for itself, from what stands on the chain. A doubled anchor
// harms nobody, so members need not agree at every moment.

import { equal } from '../../base/bytes.ts';

export type DutyFacts = {
  /** In the order of the chain. */
  readonly members: readonly {
    readonly keyId: Uint8Array;
    readonly role: 'voter' | 'follower';
    readonly revoked: boolean;
  }[];
  /** Key id of the leader, undefined where none is known. */
  readonly leader: Uint8Array | undefined;
  /** Key id of this gateway. */
  readonly own: Uint8Array;
  /** For how long blocks have come without a new receipt, by the time of the blocks. */
  readonly silentMs: number;
  /** Whether the newest receipt on the chain was brought by this gateway. */
  readonly broughtNewest: boolean;
  /** One anchor is due each so long. */
  readonly intervalMs: number;
};

/** So many intervals without a receipt, and one more member takes part. */
const intervalsPerMember = 3;

/**
 * How long this member waits for those before it: 0 for the leader, three intervals for the next
 * voter, and so on around the chain; followers come last. Without a leader no block can hold a
 * receipt, and everybody waits who is not alone.
 */
export function patienceMs(facts: Omit<DutyFacts, 'silentMs' | 'broughtNewest'>): number {
  const place = orderOf(facts).findIndex((keyId) => equal(keyId, facts.own));
  return place < 0 ? Number.POSITIVE_INFINITY : place * intervalsPerMember * facts.intervalMs;
}

/** Who took over goes on until somebody else brings a receipt. */
export function isOnDuty(facts: DutyFacts): boolean {
  const waitMs = patienceMs(facts);
  return facts.silentMs >= waitMs || (facts.broughtNewest && Number.isFinite(waitMs));
}

function orderOf({ members, leader }: Pick<DutyFacts, 'members' | 'leader'>): Uint8Array[] {
  const active = members.filter(({ revoked }) => !revoked);
  const isLeader = (keyId: Uint8Array) => leader !== undefined && equal(keyId, leader);
  // Who is alone speaks before it leads, too: the centre may know of a newer copy.
  const first = active.findIndex(({ keyId }) => active.length === 1 || isLeader(keyId));
  if (first < 0) return [];
  const around = [...active.slice(first), ...active.slice(0, first)];
  const voters = around.filter(({ role }) => role === 'voter');
  return [...voters, ...around.filter(({ role }) => role === 'follower')].map(({ keyId }) => keyId);
}

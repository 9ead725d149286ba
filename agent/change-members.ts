// SPDX-License-Identifier: Apache-2.0
// Changes the members of a chain with an engineer's key, beside a gateway of that chain which runs on
// this machine: reads what is, signs the change, hands it in, and says what became of it.

import { fromHex, toHex } from '../base/bytes.ts';
import { TielineError } from '../base/errors.ts';
import { type KeyId, toKeyId } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import { readKeyFile } from '../host/key-file.ts';
import { type MembershipChange, signMembership } from '../sidechain/chain/membership.ts';
import type { MemberStatus } from '../sidechain/membership-status.ts';
import { askStatus, postMembership } from './ask-gateway.ts';
import type { GatewayConfig } from './config.ts';
import type { GatewayStatus } from './status.ts';
import { settledHeight } from './submit-entry.ts';

/** What each refusal of a block means, and what to do. */
const reasons: Readonly<Record<string, string>> = {
  right: 'the genesis does not give this person the right to change members',
  version: 'the members were changed meanwhile: look at `tieline members`, and try again',
  'weak-key': 'the public key is not a sound one: ask for it again',
  'key-taken': 'this key is, or was, a member’s or a person’s: a gateway joins with a new key',
  'name-taken': 'another member is called so: give it another name',
  'no-member': 'nobody was ever a member under this id',
  'member-revoked': 'it was revoked before: a new key has to be granted',
  'voter-already': 'it is a voter already',
  'last-voter': 'no voter would be left: promote another one first',
  'too-many-voters': `a chain has at most ${limits.votersMax} voters: revoke one first`,
  'too-many-members': `a chain has at most ${limits.membersMax} members at once`,
  policy: 'the chain’s policy asks for more co-signatures than there would be voters',
};

export type ChangeOptions = {
  readonly config: Pick<GatewayConfig, 'http'>;
  /** Of the engineer. */
  readonly keyPath: string;
  /** The change that is wanted, seeing what is. @throws TielineError where it makes no sense. */
  readonly change: (status: GatewayStatus) => MembershipChange;
};

/**
 * @throws TielineError `members-fixed`, `no-engineer`, `members-refused` with the reason and the fix,
 * `members-waiting` (transient), `gateway-api`, and as reading the key.
 */
export async function changeMembers(options: ChangeOptions): Promise<{ readonly height: number }> {
  const { config, keyPath } = options;
  const status = await askStatus(config);
  const { membership } = status.ledger;
  if (membership.isFixed) {
    throw new TielineError('members-fixed', 'the membership of this chain is fixed', {
      hint:
        'its genesis names no engineer who could change it. Begin a new chain with ' +
        '`tieline init --engineer`; what stands on this one stays provable',
    });
  }
  // After that: nobody looks for a key that would not help.
  const signer = await readKeyFile(keyPath);
  const change = options.change(status);
  const chainId = fromHex(status.chain) ?? new Uint8Array();
  const version = membership.version + 1;
  const entry = signMembership({ version, change }, chainId, signer);
  const outcome = await postMembership(config, toHex(entry));
  const waitingHint =
    'it is ordered as soon as a majority of the voters is there: see `tieline members`';
  const height = settledHeight(outcome, {
    ...{ code: 'members', what: 'the change', waitingHint, reasons },
  });
  return { height };
}

/** A member that is not revoked, by name or key id. @throws TielineError `no-member` */
export function memberCalled(status: GatewayStatus, name: string): MemberStatus {
  const { members } = status.ledger.membership;
  const active = members.filter(({ revoked }) => revoked === undefined);
  const found = active.find((one) => one.keyId === name.toLowerCase() || one.name === name);
  if (found !== undefined) return found;
  const names = active.map((one) => `${one.name} (${one.keyId})`).join(', ');
  throw new TielineError('no-member', `no member is called ${name}`, {
    hint: `there are ${names}`,
  });
}

export function keyIdFrom(hex: string): KeyId {
  return toKeyId(fromHex(hex) ?? new Uint8Array());
}

/** Blocks that a member lacks, as it said lately; undefined where it is not heard of. */
export function lagOf(status: GatewayStatus, keyId: string): number | undefined {
  const { height, peers } = status.ledger;
  const heights = peers.map((peer) => peer.height ?? 0);
  const newest = Math.max(height, ...heights);
  const own = keyId === status.gateway ? height : undefined;
  const known = own ?? peers.find((peer) => peer.keyId === keyId)?.height;
  return known === undefined ? undefined : newest - known;
}

/** Voters that would be left, and those of them that are not connected now. */
function votersWithout(
  status: GatewayStatus,
  keyId: string,
): { readonly left: readonly MemberStatus[]; readonly away: readonly MemberStatus[] } {
  const { membership, peers } = status.ledger;
  const left = membership.members.filter(
    (one) => one.revoked === undefined && one.role === 'voter' && one.keyId !== keyId,
  );
  const isHere = ({ keyId: id }: MemberStatus): boolean =>
    id === status.gateway || peers.some((peer) => peer.keyId === id && peer.isConnected);
  return { left, away: left.filter((one) => !isHere(one)) };
}

/** @throws TielineError `too-few-voters` where the chain would stand still without this one. */
export function assertOthersSuffice(status: GatewayStatus, keyId: string): void {
  const { left, away } = votersWithout(status, keyId);
  const isEnough = left.length - away.length >= Math.floor(left.length / 2) + 1;
  if (isEnough || left.length === 0) return;
  const names = away.map((one) => one.name).join(', ');
  const text = `of the ${left.length} voters left, ${names} cannot be reached: the chain would stand still`;
  throw new TielineError('too-few-voters', text, {
    hint: 'bring them back first, promote others, or say --force',
  });
}

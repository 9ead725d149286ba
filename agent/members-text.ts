// SPDX-License-Identifier: Apache-2.0
// The members of a chain as one of its gateways sees them, for people and for programs.

import type { MemberStatus } from '../sidechain/membership-status.ts';
import { lagOf } from './change-members.ts';
import type { GatewayStatus } from './status.ts';

export type MemberRow = MemberStatus & {
  readonly isConnected: boolean;
  readonly isLeader: boolean;
  /** Newest block, as it said lately. */
  readonly height: number | undefined;
  /** Blocks that it lacks. */
  readonly lag: number | undefined;
};

export function memberRows(status: GatewayStatus): readonly MemberRow[] {
  const { membership, peers, height, leader } = status.ledger;
  return membership.members.map((member) => {
    const { keyId } = member;
    const isOwn = keyId === status.gateway;
    const peer = peers.find((one) => one.keyId === keyId);
    return {
      ...member,
      isConnected: isOwn || peer?.isConnected === true,
      isLeader: keyId === leader,
      height: isOwn ? height : peer?.height,
      lag: member.revoked === undefined ? lagOf(status, keyId) : undefined,
    };
  });
}

export function membersText(status: GatewayStatus): string {
  const { version, isFixed } = status.ledger.membership;
  const rows = memberRows(status);
  const width = Math.max(...rows.map(({ name }) => name.length));
  return [
    `chain     ${status.chain}`,
    isFixed
      ? 'members   fixed: the genesis names no engineer who could change them'
      : `members   changed ${version} times`,
    ...rows.map((row) => `${row.keyId}  ${row.name.padEnd(width)}  ${stateOf(row)}`),
  ].join('\n');
}

function stateOf(row: MemberRow): string {
  const { role, raftRole, revoked, isConnected, isLeader, height, lag } = row;
  if (revoked !== undefined) {
    const still = raftRole === 'none' ? '' : ', still on its way out';
    return `revoked at block ${revoked.height} by ${revoked.by}${still}`;
  }
  const votes = {
    voter: isLeader ? 'leads' : 'votes',
    learner: 'learns',
    none: 'is on its way in',
  };
  const behind = lag === undefined || lag === 0 ? '' : `, ${lag} behind`;
  const at = height === undefined ? '' : `, height ${height}${behind}`;
  return `${role}, ${votes[raftRole]}, ${isConnected ? 'connected' : 'not connected'}${at}`;
}

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
  /** Names of the members that it is connected to; undefined where it was not heard lately. */
  readonly reaches: readonly string[] | undefined;
};

export function memberRows(status: GatewayStatus): readonly MemberRow[] {
  const { membership, peers, height, leader } = status.ledger;
  const reached = peers.filter(({ isConnected }) => isConnected).map(({ name }) => name);
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
      reaches: isOwn ? reached : peer?.reaches,
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
    ...rows.map((row) => `${row.keyId}  ${row.name.padEnd(width)}  ${stateOf(row, rows)}`),
  ].join('\n');
}

function stateOf(row: MemberRow, rows: readonly MemberRow[]): string {
  const { role, raftRole, revoked, isConnected, isLeader, height, lag } = row;
  if (revoked !== undefined) {
    const still = raftRole === 'none' ? '' : ', still on its way out';
    // A new key for the same gateway.
    const next = rows.find(
      ({ name, sinceHeight }) => name === row.name && sinceHeight === revoked.height,
    );
    const what = next === undefined ? 'revoked' : `followed by ${next.keyId}`;
    return `${what} at block ${revoked.height} by ${revoked.by}${still}`;
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

/** Who is connected to whom, one member a line; what only one of two says is told as that. */
export function linksText(status: GatewayStatus): string {
  const rows = linkRows(status);
  const width = Math.max(...rows.map(({ name }) => name.length));
  return rows
    .map(({ name, links }) => {
      const said = links?.map(({ to, isMutual }) => (isMutual ? to : `${to} (says ${name} alone)`));
      const text = said === undefined ? 'not heard lately' : said.join(', ') || 'nobody';
      return `${name.padEnd(width)}  ${links?.length ?? '-'}  ${text}`;
    })
    .join('\n');
}

/** The same as a graph for Graphviz: dashed where only one of two says so. */
export function linksGraph(status: GatewayStatus): string {
  const rows = linkRows(status);
  const edges = rows.flatMap(({ name, links = [] }) =>
    links
      .filter(({ to, isMutual }) => !isMutual || name < to)
      .map(({ to, isMutual }) => {
        const style = isMutual ? '' : ' [style=dashed]';
        return `  ${JSON.stringify(name)} -- ${JSON.stringify(to)}${style};`;
      }),
  );
  return [
    'graph members {',
    ...rows.map(({ name }) => `  ${JSON.stringify(name)};`),
    ...edges,
    '}',
  ].join('\n');
}

type LinkRow = {
  readonly name: string;
  readonly links: readonly { readonly to: string; readonly isMutual: boolean }[] | undefined;
};

function linkRows(status: GatewayStatus): readonly LinkRow[] {
  const rows = memberRows(status).filter(({ revoked }) => revoked === undefined);
  const reachesOf = new Map(rows.map(({ name, reaches }) => [name, reaches]));
  return rows.map(({ name, reaches }) => ({
    name,
    links: reaches?.map((to) => ({ to, isMutual: reachesOf.get(to)?.includes(name) === true })),
  }));
}

// SPDX-License-Identifier: Apache-2.0
// The gateway's state as its local API tells it, and as `tieline status` shows it to a person.

import type { Route } from '../host/http.ts';
import type { NodeStatus } from '../sidechain/node-status.ts';
import type { MissingMeter } from './meter-line.ts';
import type { PollerStatus } from './poller.ts';
import { shownOf, staleText } from './stale.ts';
import type { UplinkStatus } from './uplink/uplink.ts';

export type GatewayStatus = {
  readonly name: string;
  readonly gateway: string;
  readonly chain: string;
  readonly ledger: NodeStatus;
  /** Blocks that are durable here, and the root over them: members that agree have the same. */
  readonly head: { readonly size: number; readonly root: string };
  readonly uplink: UplinkStatus;
  readonly meters: readonly PollerStatus[];
  /** Of those that must say first what they measure: who was not found so far. */
  readonly missing: readonly MissingMeter[];
};

export function statusRoutes(status: () => Promise<GatewayStatus>): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/api/v1/status',
      description: 'What this gateway reads, holds and has sent.',
      handler: async () => ({ status: 200, body: await status() }),
    },
    {
      method: 'GET',
      path: '/healthz',
      description: 'Answers while the gateway runs.',
      handler: () => ({ status: 200, body: { status: 'ok' } }),
    },
  ];
}

/** What this gateway may not do, or nobody may. */
function membershipLines({ gateway, ledger }: GatewayStatus): readonly string[] {
  const { isFixed, members } = ledger.membership;
  const { revoked } = members.find(({ keyId }) => keyId === gateway) ?? {};
  if (revoked !== undefined) {
    return [`REVOKED   at block ${revoked.height} by ${revoked.by}: it reads and signs no more`];
  }
  return isFixed ? ['members   fixed: the genesis names no engineer'] : [];
}

/** Who leads and speaks, how the others stand, and who has signed; nothing for a chain of one. */
function companyLines({ name, gateway, ledger, uplink }: GatewayStatus): readonly string[] {
  const { peers, leader } = ledger;
  if (peers.length === 0) return [];
  const nameOf = (keyId: string): string =>
    keyId === gateway ? name : (peers.find((peer) => peer.keyId === keyId)?.name ?? keyId);
  const { onDuty, cosigners } = uplink.anchor;
  const signed = cosigners.length === 0 ? 'nobody yet' : cosigners.map(nameOf).join(', ');
  return [
    `leader    ${leader === undefined ? 'none' : nameOf(leader)}`,
    ...peers.map((peer) => {
      const height = peer.height === undefined ? '' : `, height ${peer.height}`;
      const state = peer.differs ? 'has other blocks' : 'not connected';
      const isFine = peer.isConnected && !peer.differs;
      return `member    ${peer.name}  ${peer.keyId}  ${isFine ? 'connected' : state}${height}`;
    }),
    `cosigned  newest receipt: ${signed}`,
    `duty      ${onDuty ? 'this gateway anchors' : 'another member anchors'}`,
  ];
}

/** What members did wrong since the start, and what was done about it; nothing where all is well. */
function conductLines(ledger: NodeStatus): readonly string[] {
  const { refusals, evidenceCount, oversight, carried, leftOutMs, yieldsGranted } = ledger;
  const { suspended, yieldsAsked, leadersShunned } = oversight;
  const lines = refusals.map(
    ({ member, reason, count }) => `misdeed   ${member}: ${reason}, ${count} times`,
  );
  const say = (isSaid: boolean, line: string): unknown => isSaid && lines.push(line);
  say(evidenceCount > 0, `evidence  ${evidenceCount} times a member has signed two histories`);
  say(suspended.length > 0, `suspended ${suspended.join(', ')}: no co-signature for now`);
  say(yieldsAsked > 0, `leaders   asked to hand over ${yieldsAsked}, given up ${leadersShunned}`);
  say(yieldsGranted > 0, `handed    over to another ${yieldsGranted} times, as members asked`);
  const waiting = Math.floor((leftOutMs ?? 0) / 1_000);
  say(leftOutMs !== undefined, `left out  the leader takes nothing of ours for ${waiting} s`);
  say(
    carried.length > 0,
    `carried   entries of ${carried.join(', ')}, which the leader leaves out`,
  );
  return lines;
}

/** Why the broker is not there. */
function problemLines({ problem }: GatewayStatus['uplink']): readonly string[] {
  if (problem === undefined) return [];
  const { reason, hint } = problem;
  return [`          ${reason}`, ...(hint === undefined ? [] : [`          → ${hint}`])];
}

/** For people: what works, and what does not. */
export function statusText(status: GatewayStatus): string {
  const { ledger, uplink, meters, missing } = status;
  const { anchor } = uplink;
  const waiting = anchor.waitingSize === undefined ? '' : `, ${anchor.waitingSize} on the way`;
  const lines = [
    `gateway   ${status.name}  ${status.gateway}`,
    `chain     ${status.chain}`,
    `ledger    ${ledger.role}, height ${ledger.height}, outbox ${ledger.outbox.count} entries`,
    ...[staleText(shownOf(ledger)) ?? []].flat(),
    ...(ledger.hasRoom ? [] : ['DISK FULL it keeps and promises nothing until there is room']),
    ...membershipLines(status),
    ...companyLines(status),
    ...conductLines(status.ledger),
    `anchored  ${ledger.receiptSize} of ${ledger.height + 1} blocks${waiting}`,
    `uplink    ${uplink.connected ? 'connected' : 'not connected'}, ` +
      `${uplink.blocksWaiting} blocks of summaries on the way`,
    ...problemLines(uplink),
  ];
  if (uplink.reportsWaiting > 0) {
    lines.push(`reports   ${uplink.reportsWaiting} on other members wait for the centre`);
  }
  if (uplink.membershipWaiting > 0) {
    lines.push(`members   ${uplink.membershipWaiting} changes wait for the centre`);
  }
  for (const refusal of [anchor.refusal, uplink.summaryRefusal, uplink.membershipRefusal]) {
    if (refusal !== undefined) lines.push(`refused   ${refusal}`);
  }
  for (const meter of meters) {
    const state = meter.fault === undefined ? 'answers' : `silent: ${meter.fault}`;
    const missed = meter.missedCount === 0 ? '' : `, ${meter.missedCount} missed`;
    const counts = `(${meter.readCount} read${missed})`;
    lines.push(`meter     ${meter.device}  every ${meter.periodMs / 1_000} s  ${state}  ${counts}`);
    if (meter.hint !== undefined) lines.push(`          → ${meter.hint}`);
  }
  for (const { name, fault, hint } of missing) {
    lines.push(`meter     ${name}  not found: ${fault}`);
    if (hint !== undefined) lines.push(`          → ${hint}`);
  }
  if (meters.length + missing.length === 0) lines.push('meter     none configured');
  return lines.join('\n');
}

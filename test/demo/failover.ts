// SPDX-License-Identifier: Apache-2.0
// The leader is killed in front of the viewer: who takes over, that anchors go on, and that it
// catches up when it is back with nothing lost.

import type { GatewayStatus } from '../../agent/status.ts';
import type { Children } from './children.ts';
import type { Gateway } from './gateways.ts';
import type { Tell } from './network.ts';
import { type Waiting, waitFor } from './waiting.ts';

/** @returns the gateway that was killed, and what it had said of itself until then. */
export async function killLeader(
  gateways: readonly Gateway[],
  tell: Tell,
  waiting: Waiting,
): Promise<{ readonly gateway: Gateway; readonly status: GatewayStatus }> {
  const { leader, status } = await waitFor('a leader', waiting, () => findLeader(gateways));
  tell('kill -9', `${leader.name}, the leader: as if its card had burnt`);
  await leader.kill();
  const killedMs = Date.now();

  const others = gateways.filter((one) => one !== leader);
  const next = await waitFor('another leader', waiting, () => findLeader(others));
  const seconds = ((Date.now() - killedMs) / 1_000).toFixed(1);
  tell('elect', `${next.leader.name} leads after ${seconds} s`);

  const receiptSize = Math.max(status.ledger.receiptSize, next.status.ledger.receiptSize);
  const anchored = await waitFor('a receipt under the new leader', waiting, async () => {
    const now = await next.leader.status();
    return now !== undefined && now.ledger.receiptSize > receiptSize ? now : undefined;
  });
  const { cosigners } = anchored.uplink.anchor;
  tell(
    'receipt',
    `anchors go on: ${anchored.ledger.receiptSize} blocks under a receipt, ` +
      `co-signed by ${cosigners.length} of ${gateways.length} gateways`,
  );

  await leader.start();
  const head = await waitFor('equal heads', waiting, () => equalHead(gateways));
  const root = head.root.slice(0, 16);
  tell(
    'rejoin',
    `${leader.name} is back and has caught up: all hold ${head.size} blocks, ${root}…`,
  );
  return { gateway: leader, status };
}

/** Each copy, from its genesis: signatures, sequences without gaps, roots, links, state. */
export async function audit(
  children: Children,
  gateways: readonly Gateway[],
  tell: Tell,
): Promise<void> {
  const audits = await Promise.all(
    gateways.map(({ data }) => children.command('chain', 'verify', '--data', data)),
  );
  if (audits.some(({ code }) => code !== 0)) {
    throw new Error(audits.map(({ out }) => out).join(''));
  }
  tell('audit', `all ${gateways.length} copies verify from the genesis on: nothing was lost`);
}

async function findLeader(gateways: readonly Gateway[]) {
  for (const leader of gateways) {
    const status = await leader.status();
    if (status?.ledger.role === 'leader') return { leader, status };
  }
  return undefined;
}

/** Asked at nearly the same moment, they often stand at the same height: then roots must agree. */
async function equalHead(gateways: readonly Gateway[]) {
  const statuses = await Promise.all(gateways.map((gateway) => gateway.status()));
  const heads = statuses.flatMap((status) => status?.head ?? []);
  const [first] = heads;
  if (first === undefined || heads.length < gateways.length) return undefined;
  if (heads.some(({ size }) => size !== first.size)) return undefined;
  if (heads.every(({ root }) => root === first.root)) return first;
  throw new Error(`the gateways hold different histories of ${first.size} blocks`);
}

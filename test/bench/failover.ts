// SPDX-License-Identifier: Apache-2.0
// How long nothing is committed when the leader dies: of three members, the one that leads is killed
// with SIGKILL, again and again, and the others sign entries until one that was signed after the
// kill is in a durable block. Beside a cluster of three etcds, with its defaults, killed alike.

import { type Member, startMembers, wholeCompany } from './chain/members.ts';
import { atSite, makeSite } from './chain/site.ts';
import { EtcdCluster } from './etcd/cluster.ts';
import type { Figure } from './figures.ts';
import type { Effort } from './measure.ts';

const names = ['cellar', 'school', 'bakery'];

export async function failover({ runs }: Effort): Promise<readonly Figure[]> {
  const kills = runs > 3 ? 30 : 5;
  const ours = await atSite(async (children, dir) => {
    const { gateways } = await makeSite(children, { dir, names });
    const members = await startMembers(children, gateways, 0);
    return repeated(kills, () => loseLeader(members));
  });
  const theirs = await atSite(async (children, dir) => {
    const etcd = await EtcdCluster.start(children, dir);
    return repeated(Math.ceil(kills / 3), () => etcd.loseLeader());
  });
  const figure = (name: string, share: number, aim?: string): Figure => ({
    name: `leader killed ${kills} times, next commit: ${name}`,
    unit: 'ms',
    value: quantile(ours, share),
    ...(aim === undefined ? {} : { aim }),
    beside: { etcd: quantile(theirs, share) },
  });
  return [figure('p50', 0.5), figure('p99', 0.99, '≤ 1000'), figure('most', 1)];
}

/** @returns ms from the kill. */
async function loseLeader(members: readonly Member[]): Promise<number> {
  const leader = await wholeCompany(members);
  const others = members.filter((one) => one !== leader);
  const killedMs = Date.now();
  const ended = leader.kill();
  const probes = await Promise.all(others.map((one) => one.probe()));
  await ended;
  await leader.start();
  return Math.min(...probes.map(({ atMs }) => atMs)) - killedMs;
}

async function repeated(count: number, once: () => Promise<number>): Promise<readonly number[]> {
  const all: number[] = [];
  for (let i = 0; i < count; i++) {
    all.push(await once());
    // So that no kill meets a member that is still busy with the one before.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
  return all.sort((a, b) => a - b);
}

/** Of few values the highest quantiles are the most. */
function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
}

// SPDX-License-Identifier: Apache-2.0
// After the faults: everything is made whole, all that was read comes under a receipt and to everybody,
// and what then is on the disks is read.

import { readMainLog } from '../system/harness/centre-record.ts';
import { readChainRecord } from '../system/harness/chain-record.ts';
import { withoutMeters } from '../system/harness/company.ts';
import { quickDisk } from '../system/harness/slow-disk/slow-disk.ts';
import { until } from '../system/harness/until.ts';
import type { Evidence, GatewayEvidence } from './checks/evidence.ts';
import { expectRunning } from './faults/restart.ts';
import type { Oracle } from './oracle.ts';
import type { Site } from './town/site.ts';
import type { Town } from './town/town.ts';

const healTimeoutMs = 180_000;

/** What was struck is whole again: all run, all are heard, all that was read comes under a receipt. */
export async function heal({ sites, ...town }: Town, tell: (line: string) => void): Promise<void> {
  expectRunning('broker', town.broker);
  expectRunning('centre', town.centre);
  for (const meter of town.meters) expectRunning('meter', meter);
  for (const site of sites) {
    site.setClock(0);
    site.place.disk.set(quickDisk);
  }
  const heights = await Promise.all(sites.map((site) => heightOf(site)));
  const height = Math.max(...heights);
  tell(`healed; waiting for a receipt over block ${height}`);
  await untilReceiptOver({ sites, ...town }, height + 1);
}

async function heightOf(site: Site): Promise<number> {
  const { ledger } = await until(`status of ${site.name}`, () => site.status());
  return ledger.height;
}

export async function untilReceiptOver({ sites }: Town, size: number): Promise<void> {
  const isThere = async () => {
    const statuses = await Promise.all(sites.map((site) => site.status()));
    return statuses.every(({ ledger }) => ledger.receiptSize > size) || undefined;
  };
  await until(`a receipt over ${size} blocks on all`, isThere, healTimeoutMs);
}

/** Ends them so that all that was signed is on all: nothing comes that is new, no receipt either. */
export async function collect(town: Town, oracle: Oracle): Promise<Evidence> {
  const { sites } = town;
  await town.centre.stop();
  await stopAll(town);
  await Promise.all(sites.map(({ founded }) => withoutMeters(founded)));
  await Promise.all(sites.map((site) => site.start()));
  await until('the same blocks on all', () => areSettled(town), healTimeoutMs);
  await stopAll(town);
  const gateways: GatewayEvidence[] = [];
  for (const site of sites) {
    const record = await readChainRecord(site.founded.data);
    gateways.push({ ...site.founded, record, lives: oracle.livesOf(site) });
  }
  const mainLog = await readMainLog(town);
  const { acknowledged, unbiddenEnds: ends } = oracle;
  return { acknowledged, gateways, unbiddenEnds: ends, mainLog };
}

async function stopAll({ sites }: Town): Promise<void> {
  for (const ended of await Promise.all(sites.map((site) => site.stop()))) {
    if (ended.code !== 0)
      throw new Error(`a gateway did not end well: ${ended.said.slice(-2_000)}`);
  }
}

async function areSettled({ sites }: Town): Promise<true | undefined> {
  const all = await Promise.all(sites.map((site) => site.status()));
  const roots = new Set(all.map(({ head }) => head.root));
  const isQuiet = all.every(({ ledger }) => ledger.outbox.count === 0);
  return (roots.size === 1 && isQuiet) || undefined;
}

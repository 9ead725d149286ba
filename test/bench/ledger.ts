// SPDX-License-Identifier: Apache-2.0
// What a chain of three members takes in, and how soon, beside a cluster of three etcds: on the same
// machine and disk, the same bytes, durable on a majority before it counts. The two take turns. An
// entry here is signed by who submits it and verified by the other two; etcd verifies nothing, so
// the ceiling that signatures set stands beside it.

import type { Children } from '../demo/children.ts';
import { type Member, startMembers } from './chain/members.ts';
import type { Load } from './chain/orders.ts';
import { signaturesAlone } from './chain/signing.ts';
import { atSite, makeSite } from './chain/site.ts';
import { EtcdCluster, type Puts } from './etcd/cluster.ts';
import { type Figure, median } from './figures.ts';
import type { Effort } from './measure.ts';

type Plan = { readonly runs: number; readonly warmUpMs: number; readonly runMs: number };

const thorough: Plan = { runs: 5, warmUpMs: 2_000, runMs: 6_000 };
const short: Plan = { runs: 1, warmUpMs: 1_000, runMs: 2_000 };

const names = ['cellar', 'school', 'bakery'];
/** Entries under way at each member, puts under way in all: more makes neither any faster. */
const inflight = 256;
const puts = { connections: 16, clients: 512 };
/** At the window: each member's batch of a second, and so many of them under way. */
const packsPerBatch = 1_024;
const batchesUnderWay = 8;

export async function ledger({ runs }: Effort): Promise<readonly Figure[]> {
  const plan = runs > 3 ? thorough : short;
  return atSite(async (children, dir) => {
    const etcd = await EtcdCluster.start(children, dir);
    const { gateways } = await makeSite(children, { dir, names });
    const eager = await startMembers(children, gateways, 0);
    const [first] = eager;
    if (first === undefined) throw new Error('a chain has members');
    const entries = await entriesBeside(plan, { members: eager, etcd });
    const latency = await latencyBeside(plan, { members: eager, etcd }, entries.rates);
    await Promise.all(eager.map((member) => member.kill()));
    const packs = await packsBeside(plan, { members: await again(children, gateways), etcd });
    return [...entries.figures, await ceiling(plan, entries.rates.ours), ...latency, packs];
  });
}

const again = (children: Children, gateways: Parameters<typeof startMembers>[1]) =>
  startMembers(children, gateways, 1_000);

type Two = { readonly members: readonly Member[]; readonly etcd: EtcdCluster };
type Rates = { readonly ours: number; readonly etcd: number };

async function entriesBeside(
  plan: Plan,
  { members, etcd }: Two,
): Promise<{ readonly figures: readonly Figure[]; readonly rates: Rates }> {
  const load = { pace: { inflight }, packs: 1, ...plan };
  const bytes = bytesOf(members).entryBytes;
  const ours: Loaded[] = [];
  const theirs: Puts[] = [];
  for (let run = 0; run < plan.runs; run++) {
    ours.push(await loadAll(members, load));
    theirs.push(await etcd.put({ ...puts, bytes, perSecond: 0, ...plan }));
  }
  const own = median(ours.map(({ perSecond }) => perSecond));
  const beside = median(theirs.map(({ perSecond }) => perSecond));
  const figure: Figure = {
    name: `entries of one pack, ${bytes} B`,
    unit: '1/s',
    ...own,
    aim: "≥ etcd's puts",
    beside: { etcd: beside.value },
  };
  return { figures: [figure], rates: { ours: own.value, etcd: beside.value } };
}

/** Each at half of what it can take. */
async function latencyBeside(
  plan: Plan,
  { members, etcd }: Two,
  rates: Rates,
): Promise<readonly Figure[]> {
  const bytes = bytesOf(members).entryBytes;
  const ours: Loaded[] = [];
  const theirs: Puts[] = [];
  for (let run = 0; run < plan.runs; run++) {
    const perSecond = rates.ours / 2 / members.length;
    ours.push(await loadAll(members, { pace: { perSecond }, packs: 1, ...plan }));
    theirs.push(await etcd.put({ ...puts, bytes, perSecond: rates.etcd / 2, ...plan }));
  }
  const figure = (place: 'p50Ms' | 'p99Ms', aim: Pick<Figure, 'aim'>): Figure => ({
    name: `commit at half load, ${place.slice(0, 3)}`,
    unit: 'ms',
    ...median(ours.map(({ committed }) => committed[place])),
    ...aim,
    beside: { etcd: median(theirs.map((one) => one[place])).value },
  });
  const stored: Figure = {
    name: 'stored in a block at half load, p99',
    unit: 'ms',
    ...median(ours.map((one) => one.stored.p99Ms)),
  };
  return [figure('p50Ms', {}), figure('p99Ms', { aim: "≤ etcd's" }), stored];
}

async function packsBeside(plan: Plan, { members, etcd }: Two): Promise<Figure> {
  const bytes = bytesOf(members).packBytes;
  const load = { pace: { inflight: batchesUnderWay }, packs: packsPerBatch, ...plan };
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let run = 0; run < plan.runs; run++) {
    ours.push((await loadAll(members, load)).perSecond * packsPerBatch);
    theirs.push((await etcd.put({ ...puts, bytes, perSecond: 0, ...plan })).perSecond);
  }
  return {
    name: `packs at the 1 s window, ${bytes} B`,
    unit: '1/s',
    ...median(ours),
    aim: "≥ 5 × etcd's puts",
    beside: { etcd: median(theirs).value },
  };
}

/** An entry is signed by one member and checked by the others. */
async function ceiling({ runs }: Plan, entriesPerSecond: number): Promise<Figure> {
  const rates: number[] = [];
  for (let run = 0; run < runs; run++) rates.push(await signaturesAlone(names.length));
  const alone = median(rates);
  return {
    name: 'entries that signatures alone would let pass',
    unit: '1/s',
    ...alone,
    beside: { 'of that, %': (100 * entriesPerSecond) / alone.value },
  };
}

type Latency = { readonly p50Ms: number; readonly p99Ms: number };
type Loaded = { readonly perSecond: number; readonly committed: Latency; readonly stored: Latency };

async function loadAll(members: readonly Member[], load: Load): Promise<Loaded> {
  const all = await Promise.all(members.map((member) => member.load(load)));
  const storedMs = all.flatMap((one) => one.storedMs);
  return {
    perSecond: storedMs.length / (load.runMs / 1_000),
    committed: latencyOf(all.flatMap(({ committedMs }) => committedMs)),
    stored: latencyOf(storedMs),
  };
}

function latencyOf(latenciesMs: readonly number[]): Latency {
  const sorted = latenciesMs.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
  return { p50Ms: at(0.5), p99Ms: at(0.99) };
}

function bytesOf([first]: readonly Member[]) {
  if (first === undefined) throw new Error('a chain has members');
  return first.sizes;
}

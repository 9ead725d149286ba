// SPDX-License-Identifier: Apache-2.0
// What a centre must hold in the end: all that it promised, once; of each chain that was lied about
// what should have become of it; and a mirror that finds nothing.

import { join } from 'node:path';
import { toHex } from '../../base/bytes.ts';
import { nodeSuite as suite } from '../../base/node-suite.ts';
import { auditLedger } from '../../dispatch/store/audit-ledger.ts';
import { centreSummaries } from '../system/harness/centre-record.ts';
import { getJson, tieline } from '../system/harness/network.ts';
import { until } from '../system/harness/until.ts';
import { anchorsIn } from './anchors-in.ts';
import type { HonestChain } from './honest-chain.ts';
import type { Scene } from './scene.ts';

export type Verdict = {
  readonly receipts: number;
  readonly summaries: number;
  readonly lost: number;
  readonly doubled: number;
  readonly problems: readonly string[];
};

/** Ends the node. */
export async function finalCheck(scene: Scene): Promise<Verdict> {
  const { honest, post, api } = scene;
  const problems = [...post.flaws, ...honest.flatMap(({ flaws }) => flaws)];
  const counts = { receipts: 0, summaries: 0, lost: 0, doubled: 0 };
  for (const one of honest) {
    const { ids, missing } = await summariesOf(api, one);
    counts.summaries += one.stored.size;
    counts.lost += missing.length;
    counts.doubled += ids.length - new Set(ids).size;
    if (missing.length > 0) problems.push(`${one.id} lacks summaries: ${missing.join(', ')}`);
  }
  for (const { chain, status } of scene.struck) {
    const path = `/api/v1/chains/${toHex(chain.chainId)}`;
    const shown = (await getJson(`${api}${path}`)) as { readonly status: string };
    if (shown.status !== status) problems.push(`${path} is ${shown.status}, not ${status}`);
  }
  for (const { id } of honest) {
    const shown = (await getJson(`${api}/api/v1/chains/${id}`)) as { readonly status: string };
    if (shown.status !== 'active') problems.push(`the honest chain ${id} is ${shown.status}`);
  }
  problems.push(...(await mirrored(scene)));
  const ended = await scene.node.stop();
  if (ended.code !== 0) problems.push(`the node ended with ${ended.code}`);
  const ledger = await ledgerAgainst(scene);
  return {
    ...{ ...counts, receipts: ledger.receipts },
    lost: counts.lost + ledger.lost,
    doubled: counts.doubled + ledger.doubled,
    problems: [...problems, ...ledger.problems],
  };
}

/** Once the history has caught up. */
async function summariesOf(api: string, { id, stored }: HonestChain) {
  const place = { centreApi: api, chainId: id };
  const find = async () => (await centreSummaries(place)).map((one) => one.id);
  const ids = await until(
    'the history has caught up',
    async () => {
      const found = await find();
      return found.length >= stored.size ? found : undefined;
    },
    180_000,
  ).catch(find);
  const known = new Set(ids);
  return { ids, missing: [...stored].filter((one) => !known.has(one)) };
}

async function mirrored({ api, mainLogFile, dir }: Scene): Promise<readonly string[]> {
  const words = ['--api', api, '--main-log', mainLogFile, '--data', join(dir, 'mirror'), '--once'];
  const { code, out, errors } = await tieline('mirror', ...words);
  return code === 0 ? [] : [`the mirror ended with ${code}: ${out}${errors}`];
}

async function ledgerAgainst({ centreDir, honest }: Scene) {
  const path = join(centreDir, 'ledger.sqlite');
  const problems: string[] = [];
  await auditLedger(suite, path).catch((error: unknown) => {
    problems.push(`the ledger is not whole: ${String(error)}`);
  });
  const places = await anchorsIn(path);
  let [receipts, lost] = [0, 0];
  for (const [anchor, index] of honest.flatMap((one) => [...one.receipts])) {
    receipts++;
    if (places.get(anchor)?.includes(index) === true) continue;
    lost++;
    problems.push(`the anchor with a receipt for leaf ${index} is not there`);
  }
  const doubled = [...places.values()].filter(({ length }) => length > 1).length;
  return { receipts, lost, doubled, problems };
}

// SPDX-License-Identifier: Apache-2.0
// Nothing lost, nothing doubled: what the gateway holds against what the centre holds, each from
// its own side.

import { expect } from 'vitest';
import { fromHex, toHex } from '../../../base/bytes.ts';
import { summaryView } from '../../../dispatch/api/summary-view.ts';
import { historyRowOf } from '../../../dispatch/history/history-row.ts';
import { centreSummaries, readMainLog } from './centre-record.ts';
import { type ChainRecord, readChainRecord } from './chain-record.ts';
import { gatewayStatus, type Network, tieline, untilStatus } from './network.ts';
import { until } from './until.ts';

/**
 * Waits until all that is on the chain now is under a receipt and its summaries are at the centre,
 * ends the gateway, and holds both sides against each other.
 */
export async function expectExact(network: Network): Promise<ChainRecord> {
  await until('summaries', async () => (await centreSummaries(network)).length > 0 || undefined);
  const { ledger } = await gatewayStatus(network);
  const { height } = ledger;
  await untilStatus(
    network,
    'a receipt over all',
    (now) => now.ledger.receiptSize > height,
    90_000,
  );
  await until('all summaries at the centre', () => hasAllBelow(network, height), 90_000);
  const ended = await network.gateway.stop();
  expect(ended, ended.said.slice(-2_000)).toMatchObject({ code: 0 });

  const audit = await tieline('chain', 'verify', '--data', network.gatewayData);
  expect(audit, audit.out + audit.errors).toMatchObject({ code: 0 });
  const chain = await readChainRecord(network.gatewayData);
  expect(chain.batches.map(({ sequence }) => sequence)).toEqual(chain.batches.map((_, i) => i + 1));
  expect(chain.refused).toEqual([]);
  expectGrowing(chain.receipts.map(({ size }) => size));
  await expectSameSummaries(network, chain, height);
  await expectSoundMainLog(network, chain);
  return chain;
}

async function hasAllBelow(network: Network, size: number): Promise<true | undefined> {
  const { summaries } = await readChainRecord(network.gatewayData);
  const known = new Set((await centreSummaries(network)).map(({ id }) => id));
  const isThere = summaries.every((row) => row.height >= size || known.has(idOf(row)));
  return isThere || undefined;
}

/** All below `size` once, none that the chain has not, and in each the same values. */
async function expectSameSummaries(
  network: Network,
  { summaries }: ChainRecord,
  size: number,
): Promise<void> {
  const atCentre = await centreSummaries(network);
  const ids = atCentre.map(({ id }) => id);
  expect(new Set(ids).size, 'no summary is there twice').toBe(ids.length);
  const chainId = fromHex(network.chainId) ?? new Uint8Array();
  const href = `/api/v1/chains/${network.chainId}/summaries`;
  const onChain = new Map(
    summaries.map((row) => {
      const at = { chainId, height: row.height, outputIndex: row.position };
      return [idOf(row), summaryView(historyRowOf(at, row.bytes), href)];
    }),
  );
  for (const summary of atCentre) expect(summary).toEqual(onChain.get(summary.id));
  const missing = summaries.filter((row) => row.height < size && !ids.includes(idOf(row)));
  expect(missing.map(idOf), 'no summary is lost').toEqual([]);
}

function idOf({ height, position }: { readonly height: number; readonly position: number }) {
  return `${height}-${position}`;
}

/**
 * No anchor twice, sizes only growing, and each receipt on the chain for an anchor that is in the
 * log.
 */
async function expectSoundMainLog(network: Network, chain: ChainRecord): Promise<void> {
  const log = await readMainLog(network);
  expect(log).toMatchObject({ flaws: [], evidenceCount: 0, quarantined: false });
  expectGrowing(log.anchors.map(({ size }) => size));
  const anchors = new Set(log.anchors.map(({ bytes }) => toHex(bytes)));
  expect(anchors.size).toBe(log.anchors.length);
  for (const { anchor } of chain.receipts) expect(anchors).toContain(toHex(anchor));
}

export function expectGrowing(sizes: readonly number[]): void {
  expect(sizes).toEqual([...new Set(sizes)].sort((a, b) => a - b));
}

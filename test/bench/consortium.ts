// SPDX-License-Identifier: Apache-2.0
// Four organisations, each a node and an engine, a broker and the sender, all on this machine: how
// many anchors a second come back with the receipts of three, and how long one takes; when nothing
// else is sent, and when each of many chains has one on its way.

import { Consortium } from '../system/harness/consortium.ts';
import type { FakeChain } from '../unit/dispatch/fake-chain.ts';
import { makeChain } from '../unit/dispatch/fake-chain.ts';
import type { Figure } from './figures.ts';
import type { Effort } from './measure.ts';

type Sender = { readonly chain: FakeChain; readonly anchors: readonly Uint8Array[] };

/** The first is bound by how long a receipt takes; with the second, four nodes have all they can do here. */
const loads = [
  { count: 64, anchors: 20 },
  { count: 512, anchors: 6 },
];
const shortLoads = [{ count: 16, anchors: 2 }];

export async function consortium(effort: Effort): Promise<readonly Figure[]> {
  const isShort = effort.runs < 5;
  const network = await Consortium.make();
  try {
    await network.start(0, 1, 2, 3);
    const [alone] = await senders(network, { count: 1, anchors: isShort ? 3 : 20, seed: 500 });
    const quiet = alone === undefined ? [] : (await play(network, [alone])).tookMs;
    const figures: Figure[] = [
      { name: 'anchor to receipt, nothing else sent, p50', unit: 'ms', value: at(quiet, 0.5) },
      { name: 'anchor to receipt, nothing else sent, p99', unit: 'ms', value: at(quiet, 0.99) },
    ];
    for (const [i, size] of (isShort ? shortLoads : loads).entries()) {
      figures.push(...(await underLoad(network, { ...size, seed: (i + 1) * 10_000 })));
    }
    return figures;
  } finally {
    await network.end();
  }
}

async function underLoad(
  network: Consortium,
  size: { readonly count: number; readonly anchors: number; readonly seed: number },
): Promise<readonly Figure[]> {
  process.stderr.write(`consortium: ${size.count} chains are enrolled\n`);
  const busy = await senders(network, size);
  process.stderr.write(`consortium: they send ${size.anchors} anchors each\n`);
  const { tookMs, seconds } = await play(network, busy);
  const load = `${size.count} chains, one anchor each on its way`;
  return [
    { name: `anchors with receipts, ${load}`, unit: '/s', value: tookMs.length / seconds },
    { name: `anchor to receipt, ${load}, p50`, unit: 'ms', value: at(tookMs, 0.5) },
    { name: `anchor to receipt, ${load}, p99`, unit: 'ms', value: at(tookMs, 0.99) },
  ];
}

/** Chains that are enrolled, with their anchors made beforehand: sending alone is measured. */
async function senders(
  network: Consortium,
  wanted: { readonly count: number; readonly anchors: number; readonly seed: number },
): Promise<readonly Sender[]> {
  const made = Array.from({ length: wanted.count }, (_, i) => {
    const chain = makeChain(network.mainLog, { seed: wanted.seed + i });
    const anchors: Uint8Array[] = [];
    for (let from = 0; anchors.length < wanted.anchors; from = chain.size) {
      if (from > 0) chain.addBlock();
      anchors.push(chain.anchor({ from }));
    }
    return { chain, anchors };
  });
  // One after the other at each node: its API takes few requests a second from a stranger.
  await Promise.all(
    [0, 1, 2, 3].map(async (node) => {
      for (const [i, { chain }] of made.entries()) {
        if (i % 4 === node) await network.enrol(chain, node);
      }
    }),
  );
  return made;
}

/** Each chain sends its next anchor when it has the receipt for the one before. */
async function play(
  network: Consortium,
  all: readonly Sender[],
): Promise<{ readonly tookMs: readonly number[]; readonly seconds: number }> {
  const tookMs: number[] = [];
  const startedMs = performance.now();
  await Promise.all(
    all.map(async ({ chain, anchors }) => {
      for (const anchor of anchors) {
        const sentMs = performance.now();
        await network.anchor(chain, anchor);
        tookMs.push(performance.now() - sentMs);
      }
    }),
  );
  return { tookMs, seconds: (performance.now() - startedMs) / 1_000 };
}

function at(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

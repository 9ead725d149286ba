// SPDX-License-Identifier: Apache-2.0
// The sidechain as the uplink sees it: what is durable on this gateway, read back from the store.

import { assert } from '../base/assert.ts';
import { concat, u64 } from '../base/bytes.ts';
import { TielineError } from '../base/errors.ts';
import type { Signer } from '../base/suite.ts';
import { decodeSummary } from '../contracts/summary.ts';
import type { Database } from '../host/sqlite.ts';
import { signEntry } from '../sidechain/chain/entry.ts';
import type { SidechainNode } from '../sidechain/node.ts';
import { outputsOf, readBlocks, readOutputs } from '../sidechain/store/block-table.ts';
import type { ChainPort } from './uplink/chain-port.ts';
import type { PositionStore } from './uplink/summary-queue.ts';

export function gatewayChain(node: SidechainNode, database: Database, signer: Signer): ChainPort {
  const { chainId } = node;
  return {
    chainId,
    size: () => node.durableSize,
    mainLog: () => node.registry.mainLog,
    signatories: () => node.registry,
    receipt: () => node.registry.receipt,
    cosigned: async () => node.lastCosigned,
    cosign: () => node.cosign(),
    cosignGenesis: () => node.cosign(1),
    rootAt: (size) => node.askHistory({ sizes: [size] }, (tree) => tree.root(size)),
    inclusion: ({ height, size }) =>
      node.askHistory({ sizes: [size], leaves: [height] }, (tree) => tree.inclusion(height, size)),
    consistency: ({ from, to }) =>
      node.askHistory({ sizes: [from, to] }, (tree) => tree.consistency(from, to)),
    headerBytes: async (height) => {
      const [row] = await readBlocks(database, { from: height, to: height });
      assert(row !== undefined, 'a durable block has its header');
      return row.headerBytes;
    },
    outputs: (height) => outputsOf(database, height),
    summaryHeights: (range) => summaryHeights(database, range),
    commitReceipt: async (message) => {
      const entry = signEntry({ kind: 'receipt', payload: message, chainId }, signer);
      const applied = await node.submit({ entry });
      if (applied.kind !== 'refused') return;
      const { height, reason } = applied;
      throw new TielineError('receipt-refused', `block ${height} has refused a receipt: ${reason}`);
    },
  };
}

async function summaryHeights(
  database: Database,
  range: { readonly from: number; readonly to: number; readonly countMax: number },
): Promise<readonly number[]> {
  const heights = new Set<number>();
  let after = { height: range.from, position: -1 };
  for (;;) {
    const page = await readOutputs(database, { after, to: range.to - 1 });
    for (const { height, bytes } of page) {
      if (!decodeSummary(bytes).ok) continue;
      if (heights.size === range.countMax && !heights.has(height)) return [...heights];
      heights.add(height);
    }
    const last = page.at(-1);
    if (last === undefined) return [...heights];
    after = { height: last.height, position: last.position };
  }
}

/** Where the summary queue stands, in the gateway's database. */
export function summaryPosition(node: SidechainNode): PositionStore {
  const key = 'summaries-stored-below';
  return {
    load: async () => {
      const bytes = await node.uplink.get(key);
      return bytes === undefined ? 0 : Number(new DataView(concat(bytes).buffer).getBigUint64(0));
    },
    save: (height) => node.uplink.put({ [key]: u64(BigInt(height)) }),
  };
}

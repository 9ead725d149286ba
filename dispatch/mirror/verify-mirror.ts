// SPDX-License-Identifier: Apache-2.0
// Verifies a mirror again from its own files, without the centre: every hash, every signature, every
// proof, from the genesis on.

import { equal, toBase64, toHex } from '../../base/bytes.ts';
import type { Suite } from '../../base/suite.ts';
import { HistoryTree } from '../../base/tree.ts';
import { type OpenMainGenesis, openMainGenesis } from '../../sidechain/chain/main-genesis.ts';
import type { MainLog } from '../../sidechain/chain/main-log.ts';
import {
  checkSummaryMessage,
  decodeSummaryMessage,
} from '../../sidechain/chain/summary-message.ts';
import { bytesOf, integerOf } from '../store/columns.ts';
import {
  judgeAnchorCopy,
  judgeChain,
  judgeCheckpoint,
  type ProvenAnchor,
  type ProvenChain,
} from './judge.ts';
import type { MirrorStore } from './mirror-store.ts';

export type MirrorVerdict = {
  readonly head: { readonly size: number; readonly root: string };
  readonly counts: {
    readonly leaves: number;
    readonly chains: number;
    readonly anchors: number;
    readonly summaries: number;
  };
  /** Empty where all of it holds. */
  readonly flaws: readonly string[];
};

export async function verifyMirror(
  suite: Suite,
  store: MirrorStore,
  mainLog: MainLog,
): Promise<MirrorVerdict> {
  const flaws: string[] = [];
  const state = await store.state();
  const main = openMainGenesis(suite, state?.genesis ?? new Uint8Array());
  const tree = await verifyLog(suite, store, { mainLog, flaws });
  if (!main.ok || !equal(main.value.mainLog.id, mainLog.id)) flaws.push('the genesis of the log');
  else await verifyChains(suite, store, { main: main.value, flaws });
  return {
    head: { size: tree.size, root: toHex(tree.root()) },
    counts: await store.counts(),
    flaws,
  };
}

type Told = { readonly flaws: string[] };

async function verifyLog(
  suite: Suite,
  store: MirrorStore,
  { mainLog, flaws }: Told & { readonly mainLog: MainLog },
): Promise<HistoryTree> {
  const tree = new HistoryTree(suite, { leafHashAt: () => new Uint8Array() });
  for (;;) {
    const page = await store.leaves(tree.size);
    if (page.length === 0) break;
    for (const hash of page) tree.append(hash);
  }
  const signed = (await store.checkpoints(tree.size)).find(({ root }) => equal(root, tree.root()));
  if (signed === undefined) {
    flaws.push(`no checkpoint of ${tree.size} leaves with the root ${toBase64(tree.root())}`);
    return tree;
  }
  const judged = judgeCheckpoint(suite, signed.note, mainLog);
  if (!judged.ok) flaws.push(`the checkpoint of ${tree.size} leaves: ${judged.detail}`);
  return tree;
}

async function verifyChains(
  suite: Suite,
  store: MirrorStore,
  { main, flaws }: Told & { readonly main: OpenMainGenesis },
): Promise<void> {
  const chains = new Map<string, ProvenChain>();
  const newest = new Map<string, ProvenAnchor>();
  const chainOf = async (chainId: Uint8Array): Promise<ProvenChain | undefined> => {
    const id = toHex(chainId);
    const stored = chains.has(id) ? undefined : await store.chain(chainId);
    const judged = stored && judgeChain(suite, stored, main);
    if (judged?.ok) chains.set(id, judged.value);
    else if (judged !== undefined) flaws.push(`chain ${id}: ${judged.detail}`);
    return chains.get(id);
  };
  for (let from = 0; ; ) {
    const page = await store.anchors(from);
    if (page.length === 0) break;
    for (const row of page) {
      const logIndex = integerOf(row, 'log_index');
      from = logIndex + 1;
      const chainId = bytesOf(row, 'chain_id');
      const chain = await chainOf(chainId);
      const leafHash = await store.leaf(logIndex);
      if (chain === undefined || leafHash === undefined) {
        flaws.push(`leaf ${logIndex}: its chain or its hash is missing`);
        continue;
      }
      const id = toHex(chainId);
      const previous = newest.get(id);
      const judged = judgeAnchorCopy(suite, bytesOf(row, 'bytes'), { chain, previous, leafHash });
      if (judged.ok) newest.set(id, judged.value);
      else flaws.push(`leaf ${logIndex}: ${judged.detail}`);
    }
  }
  await verifyMessages(suite, store, { flaws });
}

async function verifyMessages(suite: Suite, store: MirrorStore, { flaws }: Told): Promise<void> {
  for (let after = 0; ; ) {
    const page = await store.messages(after);
    if (page.length === 0) return;
    for (const row of page) {
      after = integerOf(row, 'id');
      const flaw = await messageFlaw(suite, store, bytesOf(row, 'bytes'));
      if (flaw !== undefined) flaws.push(`message ${after}: ${flaw}`);
    }
  }
}

async function messageFlaw(
  suite: Suite,
  store: MirrorStore,
  bytes: Uint8Array,
): Promise<string | undefined> {
  const decoded = decodeSummaryMessage(bytes);
  if (!decoded.ok) return decoded.detail;
  const { chainId, size, outputs } = decoded.value;
  const root = await store.rootAt(chainId, size);
  if (root === undefined) return `no anchor of size ${size}`;
  const checked = checkSummaryMessage(suite, decoded.value, { chainId, root });
  if (!checked.ok) return checked.detail;
  const { height } = checked.value.header;
  for (const output of outputs) {
    const kept = await store.output(chainId, { height, outputIndex: output.index });
    if (kept === undefined || !equal(kept.bytes, output.bytes)) {
      return `output ${height}-${output.index} is kept otherwise than it was proven`;
    }
  }
  return undefined;
}

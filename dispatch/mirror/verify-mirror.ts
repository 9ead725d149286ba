// SPDX-License-Identifier: Apache-2.0
// Verifies a mirror again from its own files, without the centre: every hash, every signature, every
// proof, from the genesis on.

import { assert } from '../../base/assert.ts';
import { equal, toBase64, toHex } from '../../base/bytes.ts';
import type { Suite } from '../../base/suite.ts';
import { HistoryTree } from '../../base/tree.ts';
import {
  foundingRegistry,
  type OpenMainGenesis,
  openMainGenesis,
} from '../../sidechain/chain/main-genesis.ts';
import type { MainLog } from '../../sidechain/chain/main-log.ts';
import type { MainRegistry } from '../../sidechain/chain/main-registry.ts';
import { mainLeafHash } from '../../sidechain/chain/receipt-message.ts';
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
  type ProvenLog,
} from './judge.ts';
import { judgeAct } from './judge-act.ts';
import { type FollowedKeys, followKeys, handOverFlaw } from './keys-copy.ts';
import type { MirrorStore } from './mirror-store.ts';
import { judgeReport } from './report-copy.ts';

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
  const keys = followKeys(suite, main.ok ? main.value.mainLog : mainLog, await store.handOvers());
  if (keys.flaw !== undefined) flaws.push(`a hand-over of the log's keys: ${keys.flaw}`);
  const tree = await verifyLog(suite, store, { keys, flaws });
  if (!main.ok || !equal(main.value.mainLog.id, mainLog.id)) flaws.push('the genesis of the log');
  else {
    const { periods } = keys;
    const registries = await verifyActs(suite, store, { main: main.value, flaws });
    const log = { periods, registries };
    await verifyChains(suite, store, { log, flaws });
  }
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
  { keys, flaws }: Told & { readonly keys: FollowedKeys },
): Promise<HistoryTree> {
  const tree = new HistoryTree(suite, { leafHashAt: () => new Uint8Array() });
  for (;;) {
    const page = await store.leaves(tree.size);
    if (page.length === 0) break;
    for (const hash of page) {
      tree.append(hash);
      const handOver = keys.handOvers.find(({ size }) => size === tree.size);
      if (handOver === undefined) continue;
      const root = tree.root();
      const leaf = async () => hash;
      const flaw = await handOverFlaw(suite, handOver, { leaf, rootAt: async () => root });
      if (flaw !== undefined) flaws.push(`the hand-over at ${tree.size}: it is of another log`);
    }
  }
  const signed = (await store.checkpoints(tree.size)).find(({ root }) => equal(root, tree.root()));
  if (signed === undefined) {
    flaws.push(`no checkpoint of ${tree.size} leaves with the root ${toBase64(tree.root())}`);
    return tree;
  }
  const judged = judgeCheckpoint(suite, signed.note, keys.periods);
  if (!judged.ok) flaws.push(`the checkpoint of ${tree.size} leaves: ${judged.detail}`);
  return tree;
}

/** Every registry that the acts make. */
async function verifyActs(
  suite: Suite,
  store: MirrorStore,
  { main, flaws }: Told & { readonly main: OpenMainGenesis },
): Promise<readonly MainRegistry[]> {
  const { mainLog, genesis } = main;
  const registries: MainRegistry[] = [foundingRegistry(genesis)];
  for (const { logIndex, bytes } of await store.acts()) {
    const leafHash = await store.leaf(logIndex);
    const [registry, version] = [registries.at(-1), registries.length - 1];
    assert(registry !== undefined, 'the genesis has one');
    const judged = judgeAct(suite, bytes, { registry, version }, mainLog.id);
    if (judged.ok) registries.push(judged.value);
    else flaws.push(`act ${logIndex}: ${judged.detail}`);
    if (leafHash === undefined || !equal(mainLeafHash(suite, bytes), leafHash)) {
      flaws.push(`act ${logIndex}: it is not what its leaf says`);
    }
  }
  return registries;
}

async function verifyReports(
  suite: Suite,
  store: MirrorStore,
  { chain, flaws }: Told & { readonly chain: ProvenChain },
): Promise<void> {
  for (const { bytes } of await store.reports(chain.chainId)) {
    const judged = judgeReport(suite, bytes, chain);
    if (!judged.ok) flaws.push(`a report of chain ${toHex(chain.chainId)}: ${judged.detail}`);
  }
}

async function verifyChains(
  suite: Suite,
  store: MirrorStore,
  { log, flaws }: Told & { readonly log: ProvenLog },
): Promise<void> {
  const chains = new Map<string, ProvenChain>();
  const newest = new Map<string, ProvenAnchor>();
  const chainOf = async (chainId: Uint8Array): Promise<ProvenChain | undefined> => {
    const id = toHex(chainId);
    const stored = chains.has(id) ? undefined : await store.chain(chainId);
    const judged = stored && judgeChain(suite, stored, log);
    if (judged?.ok) {
      chains.set(id, judged.value);
      await verifyReports(suite, store, { chain: judged.value, flaws });
    } else if (judged !== undefined) flaws.push(`chain ${id}: ${judged.detail}`);
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
      const distrusted = await store.distrustedAt(chainId, logIndex);
      const known = { chain, previous, leafHash, distrusted };
      const judged = judgeAnchorCopy(suite, bytesOf(row, 'bytes'), known);
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

export async function messageFlaw(
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

// SPDX-License-Identifier: Apache-2.0
// The sidechain as the uplink sees it: what is durable on this gateway, read back from the store.

import { assert } from '../base/assert.ts';
import { concat, u64 } from '../base/bytes.ts';
import { TielineError } from '../base/errors.ts';
import type { Signer } from '../base/suite.ts';
import { decodeSummary } from '../contracts/summary.ts';
import type { Database } from '../host/sqlite.ts';
import { signEntry } from '../sidechain/chain/entry.ts';
import { decodeHeader } from '../sidechain/chain/header.ts';
import type { SidechainNode } from '../sidechain/node.ts';
import { outputsOf, readBlocks, readOutputs } from '../sidechain/store/block-table.ts';
import { provenChanges, readChanges } from '../sidechain/store/membership-table.ts';
import type { UplinkTable } from '../sidechain/store/uplink-table.ts';
import type { ChainPort } from './uplink/chain-port.ts';
import type { MembershipPorts } from './uplink/membership-queue.ts';
import type { ReportPorts } from './uplink/report-queue.ts';
import type { PositionStore } from './uplink/summary-queue.ts';
import type { TrustPorts } from './uplink/trust-queue.ts';

/** @param ending nothing is waited for any more. */
export function gatewayChain(
  node: SidechainNode,
  parts: { readonly database: Database; readonly signer: Signer; readonly ending: AbortSignal },
): ChainPort {
  const { chainId } = node;
  const { database, signer } = parts;
  const unlessEnding = endingWith(parts.ending);
  return {
    chainId,
    size: () => node.durableSize,
    mainLog: () => node.registry.mainLog,
    mainHead: () => node.registry.mainHead,
    keyPeriods: () => node.registry.keyPeriods,
    signatories: () => node.registry,
    receipt: () => node.registry.receipt,
    leader: () => node.leader,
    silentMs: silence(node, database),
    cosigned: async () => node.lastCosigned,
    checkpoint: (areEnough) => unlessEnding(node.checkpoint(areEnough)),
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
      const before = node.registry.receipt;
      const applied = await unlessEnding(node.submit({ entry }));
      if (applied.kind !== 'refused') return applied.kind === 'accepted';
      // It proves that the main log has grown from where it stood before.
      if (node.registry.receipt?.size !== before?.size) return false;
      const { height, reason } = applied;
      // Members may have changed on its way: it is held against those of today when it comes again.
      const text = `block ${height} has refused a receipt: ${reason}`;
      throw new TielineError('receipt-refused', text, { retry: 'transient' });
    },
  };
}

/** A member alone, or cut off from the others, may wait for a block as long as it likes. */
export function endingWith(ending: AbortSignal): <T>(work: Promise<T>) => Promise<T> {
  const { promise: ended, reject } = Promise.withResolvers<never>();
  ended.catch(() => {});
  const error = new TielineError('closing', 'the gateway is closing', { retry: 'transient' });
  ending.addEventListener('abort', () => reject(error), { once: true });
  return (work) => Promise.race([work, ended]);
}

function silence(node: SidechainNode, database: Database): () => Promise<number> {
  let known: { readonly height: number; readonly timeMs: number } | undefined;
  return async () => {
    const height = node.registry.receipt?.height ?? 0;
    if (known?.height !== height) {
      const [row] = await readBlocks(database, { from: height, to: height });
      // Applied, and not on disk yet: new.
      if (row === undefined) return 0;
      const header = decodeHeader(row.headerBytes);
      assert(header.ok, 'a stored header is well formed');
      known = { height, timeMs: header.value.timeMs };
    }
    return node.status().timeMs - known.timeMs;
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

/** What the trust queue asks of the sidechain. */
export function trustChain(
  node: SidechainNode,
  parts: { readonly signer: Signer; readonly ending: AbortSignal },
): Pick<TrustPorts, 'known' | 'commit'> {
  const { chainId } = node;
  const unlessEnding = endingWith(parts.ending);
  return {
    known: () => node.registry,
    commit: async (payload) => {
      const entry = signEntry({ kind: 'trust', payload, chainId }, parts.signer);
      const applied = await unlessEnding(node.submit({ entry }));
      return applied.kind === 'refused' ? applied.reason : undefined;
    },
  };
}

/** Reports by subject, in the gateway's database. */
export function reportStore(node: SidechainNode): ReportPorts['store'] {
  return {
    load: () => node.uplink.under(reportPrefix),
    save: (subject, bytes) => node.uplink.put({ [reportPrefix + subject]: bytes }),
  };
}

/** Those that no centre has answered: they are signed again, by whoever the gateway is then. */
export async function dropWaitingReports(uplink: UplinkTable): Promise<void> {
  const waiting = [...(await uplink.under(reportPrefix))].filter(([, bytes]) => bytes.length > 0);
  await uplink.put(
    Object.fromEntries(waiting.map(([subject]) => [reportPrefix + subject, undefined])),
  );
}

const reportPrefix = 'report/';

/** Where the summary queue stands, in the gateway's database. */
export function summaryPosition(uplink: UplinkTable): PositionStore {
  return numberStore(uplink, 'summaries-stored-below');
}

/** What the membership queue asks of the sidechain besides. */
export function membershipChain(
  node: SidechainNode,
  database: Database,
): Pick<MembershipPorts['chain'], 'membershipVersion' | 'provenChanges'> {
  return {
    membershipVersion: () => node.registry.membership?.version ?? 0,
    provenChanges: async (size) => {
      const changes = (await readChanges(database)).filter(({ height }) => height < size);
      return provenChanges(changes, { history: { ask: node.askHistory.bind(node) }, size });
    },
  };
}

/** Which change of the members the centre has noted, in the gateway's database. */
export function membershipNoted(uplink: UplinkTable): MembershipPorts['store'] {
  return numberStore(uplink, 'membership-noted');
}

function numberStore(uplink: UplinkTable, key: string): PositionStore {
  return {
    load: async () => {
      const bytes = await uplink.get(key);
      return bytes === undefined ? 0 : Number(new DataView(concat(bytes).buffer).getBigUint64(0));
    },
    save: (value) => uplink.put({ [key]: u64(BigInt(value)) }),
  };
}

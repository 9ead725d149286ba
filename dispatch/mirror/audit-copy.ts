// SPDX-License-Identifier: Apache-2.0
// Looks again at what was copied before, a few of each kind in every pass, round after round: that it
// still holds by itself, on this disk, and that the centre still shows it as it was.

import { equal, toHex } from '../../base/bytes.ts';
import type { Suite } from '../../base/suite.ts';
import { bytesOf, integerOf } from '../store/columns.ts';
import type { CentreClient } from './centre-client.ts';
import { type Difference, type DifferenceKind, differenceOf } from './difference.ts';
import { isOfSameBlock, judgeAnchorCopy, type ProvenChain } from './judge.ts';
import { mirrorLimits } from './mirror-limits.ts';
import type { MirrorStore } from './mirror-store.ts';
import { messageFlaw } from './verify-mirror.ts';

export type AuditOptions = {
  readonly suite: Suite;
  readonly store: MirrorStore;
  readonly client: CentreClient;
  readonly chainOf: (chainId: Uint8Array) => Promise<ProvenChain | undefined>;
  /** Anchors and messages in one pass, each. */
  readonly countMax: number;
};

export type AuditReport = {
  readonly anchors: number;
  readonly messages: number;
  /** All that was copied was looked at once more. */
  readonly isRound: boolean;
  readonly found: readonly Difference[];
};

export async function auditCopy(options: AuditOptions): Promise<AuditReport> {
  const { store } = options;
  const places = await store.audited();
  const anchors = await auditAnchors(options, places.anchor);
  const messages = await auditMessages(options, places.message);
  const isRound = anchors.next === 0 && messages.next === 0;
  // What is through waits for the other, so that a round is a round of both.
  const placeOf = ({ next }: Part) => (isRound ? 0 : next || Number.MAX_SAFE_INTEGER);
  await store.setAudited({ anchor: placeOf(anchors), message: placeOf(messages) });
  return {
    ...{ anchors: anchors.count, messages: messages.count, isRound },
    found: [...anchors.found, ...messages.found],
  };
}

/** `next`: 0 where the last was reached. */
type Part = { readonly next: number; readonly count: number; readonly found: Difference[] };

async function auditAnchors(options: AuditOptions, from: number): Promise<Part> {
  const { suite, store, client, chainOf } = options;
  const countMax = Math.min(options.countMax, mirrorLimits.auditMax);
  const page = (await store.anchors(from)).slice(0, countMax);
  const found: Difference[] = [];
  const shown = new Map<number, Uint8Array>();
  const places = page.map((row) => integerOf(row, 'log_index'));
  const last = places.at(-1) ?? 0;
  for (let at = places[0]; at !== undefined && at <= last; ) {
    const { items, next } = await client.anchors(at);
    for (const { logIndex, bytes } of items) shown.set(logIndex, bytes);
    at = next;
  }
  for (const row of page) {
    const logIndex = integerOf(row, 'log_index');
    const [chainId, bytes] = [bytesOf(row, 'chain_id'), bytesOf(row, 'bytes')];
    const place = `leaf ${logIndex}`;
    const chain = await chainOf(chainId);
    const leafHash = await store.leaf(logIndex);
    const previous = await store.anchorBefore(chainId, logIndex);
    const distrusted = await store.distrustedAt(chainId, logIndex);
    const judged =
      chain && leafHash && judgeAnchorCopy(suite, bytes, { chain, previous, leafHash, distrusted });
    if (!judged?.ok) {
      found.push(about('copy-damaged', chainId, place, judged?.detail ?? 'chain or leaf are gone'));
    }
    const theirs = shown.get(logIndex);
    if (theirs === undefined) found.push(about('anchor-missing', chainId, place, 'copied before'));
    else if (!equal(theirs, bytes)) found.push(about('anchor', chainId, place, 'another before'));
  }
  return { next: page.length < countMax ? 0 : last + 1, count: page.length, found };
}

async function auditMessages(options: AuditOptions, after: number): Promise<Part> {
  const { suite, store, client } = options;
  const countMax = Math.min(options.countMax, mirrorLimits.auditMax);
  const page = (await store.messages(after)).slice(0, countMax);
  const found: Difference[] = [];
  for (const row of page) {
    const [chainId, bytes] = [bytesOf(row, 'chain_id'), bytesOf(row, 'bytes')];
    const sequence = integerOf(row, 'sequence');
    const place = `message ${sequence}`;
    const flaw = await messageFlaw(suite, store, bytes);
    if (flaw !== undefined) found.push(about('copy-damaged', chainId, place, flaw));
    const { items } = await client.messages(sequence);
    const theirs = items.filter((one) => one.sequence === sequence).map((one) => one.bytes);
    if (!theirs.some((one) => isOfSameBlock(one, bytes))) {
      found.push(about('message', chainId, place, 'shown before'));
    }
  }
  const last = page.at(-1);
  const isEnd = page.length < countMax || last === undefined;
  return { next: isEnd ? 0 : integerOf(last, 'id'), count: page.length, found };
}

function about(
  kind: DifferenceKind,
  chainId: Uint8Array,
  place: string,
  proven: string,
): Difference {
  const shown = kind === 'copy-damaged' ? 'this copy' : 'nothing, or something else';
  return differenceOf(kind, toHex(chainId), place, { shown, proven });
}

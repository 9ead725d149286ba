// SPDX-License-Identifier: Apache-2.0
// What a gateway had in its outbox on disk is on every member, once; and the numbers of each gateway
// are without gap and repetition.

import type { ChainRecord } from '../../system/harness/chain-record.ts';
import type { Evidence } from './evidence.ts';

export type Counts = { readonly lost: number; readonly doubled: number; readonly batches: number };

/** Over all members: what is lost or doubled on one is. */
export function countExactly({ acknowledged, gateways }: Evidence): Counts {
  const lost = new Set<string>();
  const doubled = new Set<string>();
  for (const { record } of gateways) {
    const ids = numberedOf(record).map(({ id }) => id);
    const known = new Set(ids);
    for (const id of acknowledged.keys()) if (!known.has(id)) lost.add(id);
    for (const id of repeated(ids)) doubled.add(id);
    for (const place of repeated(numberedOf(record).map(placeOf))) doubled.add(place);
  }
  const batches = Math.max(0, ...gateways.map(({ record }) => record.batches.length));
  return { lost: lost.size, doubled: doubled.size, batches };
}

export function exactlyOnce(evidence: Evidence): readonly string[] {
  const { lost, doubled } = countExactly(evidence);
  return [
    ...(evidence.acknowledged.size > 0 ? [] : ['nothing was seen to be acknowledged']),
    ...(lost === 0 ? [] : [`${lost} acknowledged entries are not on every member`]),
    ...(doubled === 0 ? [] : [`${doubled} entries are on a member twice`]),
    ...evidence.gateways.flatMap(({ name, record }) =>
      withGaps(record).map((keyId) => `on ${name}, numbers of ${keyId} are missing`),
    ),
  ];
}

type Numbered = { readonly id: string; readonly gateway: string; readonly sequence: number };

function numberedOf({ batches, gaps }: ChainRecord): readonly Numbered[] {
  return [...batches, ...gaps];
}

function placeOf({ gateway, sequence }: Numbered): string {
  return `${gateway}-${sequence}`;
}

function repeated(items: readonly string[]): readonly string[] {
  const seen = new Set<string>();
  return items.filter((item) => seen.has(item) || !seen.add(item));
}

/** Gateways whose numbers do not run from 1 on. */
function withGaps(record: ChainRecord): readonly string[] {
  const highest = new Map<string, number>();
  const counts = new Map<string, number>();
  for (const { gateway, sequence } of numberedOf(record)) {
    highest.set(gateway, Math.max(sequence, highest.get(gateway) ?? 0));
    counts.set(gateway, (counts.get(gateway) ?? 0) + 1);
  }
  return [...highest].flatMap(([gateway, top]) => (counts.get(gateway) === top ? [] : [gateway]));
}

// SPDX-License-Identifier: Apache-2.0
// All members hold the same blocks, and nothing is on its way.

import type { Evidence } from './evidence.ts';

/** Members whose chain is not the first one's. */
export function countDiverged({ gateways }: Evidence): number {
  const first = gateways[0]?.record;
  return gateways.filter(
    ({ record }) => record.height !== first?.height || record.headHash !== first.headHash,
  ).length;
}

export function equalHeads(evidence: Evidence): readonly string[] {
  const diverged = countDiverged(evidence);
  return [
    ...(diverged === 0 ? [] : [`${diverged} gateways hold other blocks than the first`]),
    ...evidence.gateways.flatMap(({ name, record }) =>
      record.outboxCount === 0 ? [] : [`${name} has ${record.outboxCount} entries in its outbox`],
    ),
  ];
}

// SPDX-License-Identifier: Apache-2.0
// What the gateways hold as receipts, the main log has; it grew only; and nobody was found to have
// signed two histories.

import { toHex } from '../../../base/bytes.ts';
import type { Evidence } from './evidence.ts';

export function receipts({ gateways, mainLog }: Evidence): readonly string[] {
  const anchors = new Set(mainLog.anchors.map(({ bytes }) => toHex(bytes)));
  const sizes = mainLog.anchors.map(({ size }) => size);
  const isGrowing = sizes.every((size, i) => size > (sizes[i - 1] ?? 0));
  return [
    ...mainLog.flaws.map((flaw) => `main log: ${flaw}`),
    ...(mainLog.evidenceCount === 0 ? [] : ['the centre holds evidence against a member']),
    ...(mainLog.quarantined ? ['the centre has quarantined the chain'] : []),
    ...(isGrowing ? [] : ['main log: anchors that do not grow']),
    ...gateways.flatMap(({ name, record }) =>
      record.receipts.every(({ anchor }) => anchors.has(toHex(anchor)))
        ? []
        : [`${name} has a receipt for an anchor that the main log has not`],
    ),
    ...gateways.flatMap(({ name, record }) =>
      record.receipts.length > 0 ? [] : [`${name} has no receipt`],
    ),
  ];
}

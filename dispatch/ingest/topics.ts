// SPDX-License-Identifier: Apache-2.0
// The topics of the centre: up they name a chain and what is sent, down they carry the answers to
// that chain.

import { chainIdOfOrigin, chainOrigin } from '../../sidechain/chain/names.ts';

export type UpKind = 'anchor' | 'summary' | 'event' | 'membership' | 'answer';

const upKinds: readonly UpKind[] = ['anchor', 'summary', 'event', 'membership', 'answer'];

export const anchorFilter = 'tieline/v1/+/anchor';

/** To subscribe to: what comes before the ledger, and so to all who keep it. */
export const orderedFilters = [
  anchorFilter,
  'tieline/v1/+/event',
  'tieline/v1/+/membership',
  'tieline/v1/+/answer',
] as const;

/** To subscribe to: what each centre stores for itself. */
export const keptFilters = ['tieline/v1/+/summary'] as const;

export type UpFilter = (typeof orderedFilters | typeof keptFilters)[number];

export function isKept(filter: UpFilter): boolean {
  return keptFilters.some((one) => one === filter);
}

/** undefined for any other topic. */
export function parseUpTopic(
  topic: string,
): { readonly chainId: Uint8Array; readonly kind: UpKind } | undefined {
  const [, origin = '', name] =
    /^(.*)\/(anchor|summary|event|membership|answer)$/s.exec(topic) ?? [];
  const chainId = chainIdOfOrigin(origin);
  const kind = upKinds.find((one) => one === name);
  return chainId === undefined || kind === undefined ? undefined : { chainId, kind };
}

export function answerTopic(chainId: Uint8Array): string {
  return `${chainOrigin(chainId)}/receipt`;
}

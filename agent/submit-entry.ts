// SPDX-License-Identifier: Apache-2.0
// Hands in an entry that a person has signed, and answers what became of it when a block has it.

import type { HttpResponse } from '../host/http-problem.ts';
import type { SidechainNode } from '../sidechain/node.ts';

/** Below what an HTTP request may take. */
const waitMs = 20_000;

export type SubmitOutcome =
  | { readonly kind: 'accepted' | 'known'; readonly height: number }
  | { readonly kind: 'refused'; readonly height: number; readonly reason: string }
  /** Kept, and ordered as soon as that can be. */
  | { readonly kind: 'waiting' };

export async function submitEntry(
  node: Pick<SidechainNode, 'submit'>,
  entry: Uint8Array,
): Promise<HttpResponse> {
  const { promise: late, resolve } = Promise.withResolvers<SubmitOutcome>();
  const timer = setTimeout(() => resolve({ kind: 'waiting' }), waitMs);
  try {
    const outcome: SubmitOutcome = await Promise.race([node.submit({ entry }), late]);
    return { status: 200, body: outcome };
  } finally {
    clearTimeout(timer);
  }
}

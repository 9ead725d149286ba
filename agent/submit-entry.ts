// SPDX-License-Identifier: Apache-2.0
// Hands in an entry that a person has signed, and says what became of it when a block has it.

import { TielineError } from '../base/errors.ts';
import type { HttpResponse } from '../host/http-problem.ts';
import type { SidechainNode } from '../sidechain/node.ts';
import { refusalWhileStale } from './stale.ts';

/** Below what an HTTP request may take. */
const waitMs = 20_000;

export type SubmitOutcome =
  | { readonly kind: 'accepted' | 'known'; readonly height: number }
  | { readonly kind: 'refused'; readonly height: number; readonly reason: string }
  /** Kept, and ordered as soon as that can be. */
  | { readonly kind: 'waiting' };

/**
 * The block that has it, for who has handed it in.
 * @throws TielineError `<code>-refused` with the reason and what to do, `<code>-waiting` (transient).
 */
export function settledHeight(
  outcome: SubmitOutcome,
  words: {
    readonly code: string;
    /** What waits. */
    readonly what: string;
    readonly waitingHint: string;
    /** What each refusal of a block means, and what to do. */
    readonly reasons: Readonly<Record<string, string>>;
  },
): number {
  const { code, what, waitingHint, reasons } = words;
  switch (outcome.kind) {
    case 'accepted':
    case 'known':
      return outcome.height;
    case 'refused': {
      const { height, reason } = outcome;
      throw new TielineError(`${code}-refused`, `block ${height} has refused it: ${reason}`, {
        hint: reasons[reason],
      });
    }
    case 'waiting':
      throw new TielineError(`${code}-waiting`, `no block has ${what} yet; it is kept`, {
        retry: 'transient',
        hint: waitingHint,
      });
  }
}

/** Refused, with 503, where no majority could order it. */
export async function submitEntry(
  node: Pick<SidechainNode, 'submit' | 'status'>,
  entry: Uint8Array,
): Promise<HttpResponse> {
  const refusal = refusalWhileStale(node.status());
  if (refusal !== undefined) return refusal;
  const { promise: late, resolve } = Promise.withResolvers<SubmitOutcome>();
  const timer = setTimeout(() => resolve({ kind: 'waiting' }), waitMs);
  try {
    const outcome: SubmitOutcome = await Promise.race([node.submit({ entry }), late]);
    return { status: 200, body: outcome };
  } finally {
    clearTimeout(timer);
  }
}

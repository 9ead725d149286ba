// SPDX-License-Identifier: Apache-2.0
// Takes a change of the members that an engineer has signed, from this machine, and answers when a block
// has it. The entry proves itself: whoever hands it in changes nothing about it, and one that no engineer
// of the chain has signed is turned away before anything is written.

import { fromHex } from '../base/bytes.ts';
import { nodeSuite as suite } from '../base/node-suite.ts';
import type { Route } from '../host/http.ts';
import { type HttpResponse, problem } from '../host/http-problem.ts';
import { openEntry, verifyEntry } from '../sidechain/chain/entry.ts';
import { decodeMembership } from '../sidechain/chain/membership.ts';
import type { SidechainNode } from '../sidechain/node.ts';

/** Below what an HTTP request may take. */
const waitMs = 20_000;

/** What became of the change. */
export type MembershipOutcome =
  | { readonly kind: 'accepted' | 'known'; readonly height: number }
  | { readonly kind: 'refused'; readonly height: number; readonly reason: string }
  /** Kept, and ordered as soon as that can be. */
  | { readonly kind: 'waiting' };

export function membershipRoute(
  node: SidechainNode,
  options: { readonly listens: boolean },
): Route {
  return {
    method: 'POST',
    path: '/api/v1/membership',
    description: 'Puts a signed change of the members on the chain.',
    bodySchema: {
      type: 'object',
      additionalProperties: false,
      required: ['entry'],
      properties: { entry: { type: 'string', pattern: '^[0-9a-f]+$', maxLength: 131_072 } },
    },
    handler: ({ body }) => {
      const entry = fromHex((body as { readonly entry: string }).entry);
      const flaw = flawOf(node, entry, options.listens);
      return entry === undefined || flaw !== undefined
        ? (flaw ?? problem(400, 'the entry is not hex'))
        : submit(node, entry);
    },
  };
}

function flawOf(
  { registry, chainId }: SidechainNode,
  bytes: Uint8Array = new Uint8Array(),
  listens: boolean,
): HttpResponse | undefined {
  const opened = openEntry(suite, bytes);
  if (!opened.ok || opened.value.kind !== 'membership') return problem(400, 'no change of members');
  const person = registry.person(opened.value.keyId);
  if (person === undefined) return problem(403, 'signed by no person of this chain');
  if (!verifyEntry(suite, opened.value, { publicKey: person.publicKey, chainId })) {
    return problem(403, 'its signature does not verify for this chain');
  }
  const membership = decodeMembership(opened.value.payload);
  if (!membership.ok) return problem(400, membership.detail);
  const isGrant = membership.value.change.kind === 'grant';
  if (!isGrant || listens) return undefined;
  return problem(409, 'this gateway listens nowhere: give its configuration `listen` first');
}

async function submit(node: SidechainNode, entry: Uint8Array): Promise<HttpResponse> {
  const { promise: late, resolve } = Promise.withResolvers<MembershipOutcome>();
  const timer = setTimeout(() => resolve({ kind: 'waiting' }), waitMs);
  try {
    const outcome: MembershipOutcome = await Promise.race([node.submit({ entry }), late]);
    return { status: 200, body: outcome };
  } finally {
    clearTimeout(timer);
  }
}

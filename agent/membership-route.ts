// SPDX-License-Identifier: Apache-2.0
// Takes a change of the members that an engineer has signed, from this machine, and answers when a block
// has it. The entry proves itself: whoever hands it in changes nothing about it, and one that no engineer
// of the chain has signed is turned away before anything is written.

import { setTimeout as sleep } from 'node:timers/promises';
import { equal } from '../base/bytes.ts';
import { limits } from '../base/limits.ts';
import { nodeSuite as suite } from '../base/node-suite.ts';
import type { Route } from '../host/http.ts';
import { type HttpResponse, problem } from '../host/http-problem.ts';
import { decodeMembership, type MembershipChange } from '../sidechain/chain/membership.ts';
import type { SidechainNode } from '../sidechain/node.ts';
import type { MeterSide } from './meter-side.ts';
import { entryRoute, signedByPerson } from './personal-entry.ts';
import { type SubmitOutcome, submitEntry } from './submit-entry.ts';

export type MembershipRouteParts = {
  readonly node: SidechainNode;
  /** Key id of this gateway. */
  readonly own: Uint8Array;
  readonly listens: boolean;
  /** Other members that this gateway is to have at most. */
  readonly peersMax: number;
  readonly meters: Pick<MeterSide, 'hold' | 'release'>;
};

export function membershipRoute(parts: MembershipRouteParts): Route {
  return entryRoute({
    path: '/api/v1/membership',
    description: 'Puts a signed change of the members on the chain.',
    take: (entry) => {
      const judged = judge(parts, entry);
      if (!judged.ok) return judged.response;
      return endsOwn(judged.change, parts.own)
        ? submitLast(parts, entry)
        : submitEntry(parts.node, entry);
    },
  });
}

type Judged =
  | { readonly ok: true; readonly change: MembershipChange }
  | { readonly ok: false; readonly response: HttpResponse };

function judge(parts: MembershipRouteParts, bytes: Uint8Array): Judged {
  const { node, own, listens } = parts;
  const no = (status: number, detail: string): Judged => ({
    ok: false,
    response: problem(status, detail),
  });
  const kind = 'membership';
  const opened = signedByPerson(suite, node, bytes, { kind, other: 'no change of members' });
  if (!opened.ok) return opened;
  const membership = decodeMembership(opened.entry.payload);
  if (!membership.ok) return no(400, membership.detail);
  const { change } = membership.value;
  if (change.kind !== 'grant' || endsOwn(change, own)) return { ok: true, change };
  if (!listens) {
    return no(409, 'this gateway listens nowhere: give its configuration `listen` first');
  }
  return tooManyPeers(parts, change) ?? { ok: true, change };
}

function tooManyPeers(
  { node, peersMax }: MembershipRouteParts,
  { supersedes }: Extract<MembershipChange, { readonly kind: 'grant' }>,
): Extract<Judged, { readonly ok: false }> | undefined {
  const count = node.registry.members.filter(({ end }) => end === null).length;
  // Itself is none of its peers, and one that takes the place of another is no further one.
  if (count - 1 + (supersedes === null ? 1 : 0) <= peersMax) return undefined;
  const detail = `this gateway is to be connected to ${peersMax} others at most`;
  const hint = 'revoke a member first, or raise `peersMax` in its gateway.yaml';
  return { ok: false, response: problem(409, detail, { hint }) };
}

/** Whether this very gateway, under this key, is a member no longer by it. */
function endsOwn(change: MembershipChange, own: Uint8Array): boolean {
  if (change.kind === 'revoke') return equal(change.keyId, own);
  return change.kind === 'grant' && change.supersedes !== null && equal(change.supersedes, own);
}

/** All that this key has signed is in blocks before its end is, if there are any. */
async function submitLast(
  { node, meters }: MembershipRouteParts,
  entry: Uint8Array,
): Promise<HttpResponse> {
  meters.hold();
  for (let waitedMs = 0; waitedMs < limits.lastEntriesMs; waitedMs += limits.keyChangePollMs) {
    if (node.status().outbox.count === 0) break;
    await sleep(limits.keyChangePollMs);
  }
  try {
    const response = await submitEntry(node, entry);
    const { kind } = response.body as SubmitOutcome;
    const isOut = kind === 'accepted' || kind === 'known';
    if (!isOut) meters.release();
    return response;
  } catch (error) {
    meters.release();
    throw error;
  }
}

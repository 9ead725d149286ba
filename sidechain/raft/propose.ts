// SPDX-License-Identifier: Apache-2.0
// How proposals enter the log: at the leader, or on their way to it. At most one configuration
// change may be in the log and not applied; one too many is replaced by an empty entry, as the
// peers of its batch keep their places.

import { accept, type Result, refuse } from '../../base/errors.ts';
import { type ConfigurationChange, decodeChange } from './configuration/change.ts';
import { type ReconfigureRefusal, reconfigure } from './configuration/reconfigure.ts';
import type { Core } from './core.ts';
import { type NodeId, noNode, type Proposal, payloadBytes } from './entry.ts';
import { broadcastAppend } from './replicate.ts';

export type ChangeRefusal = 'change-pending' | ReconfigureRefusal;

/** `appended`: in the log of this leader in this term, at these indexes, and not yet committed: it
 * may still be lost. `forwarded`: on its way to the leader. */
export type Proposed =
  | {
      readonly kind: 'appended';
      readonly term: number;
      readonly firstIndex: number;
      readonly lastIndex: number;
      /** Why a configuration change among them became an empty entry. */
      readonly refusedChange: ChangeRefusal | undefined;
    }
  | { readonly kind: 'forwarded'; readonly to: NodeId };

export type ProposalRefusal =
  | 'no-leader'
  | 'not-a-member'
  | 'transferring'
  | 'uncommitted-full'
  | 'not-forwarded'
  | 'malformed-change';

export type ProposeResult = Result<Proposed, ProposalRefusal>;

export function propose(core: Core, proposals: readonly Proposal[]): ProposeResult {
  if (core.role === 'leader') return proposeAsLeader(core, proposals);
  if (core.role === 'follower' && core.leader !== noNode) return forward(core, proposals);
  return refuse('no-leader', 'no leader is known: try again when one is elected');
}

function forward(core: Core, proposals: readonly Proposal[]): ProposeResult {
  const to = core.leader;
  if (!core.options.forwardProposals) {
    return refuse('not-forwarded', `propose to the leader, member ${to}`);
  }
  core.send({ from: core.id, to, term: 0, kind: 'propose', proposals });
  return accept({ kind: 'forwarded', to });
}

function proposeAsLeader(core: Core, proposals: readonly Proposal[]): ProposeResult {
  if (!core.progress.has(core.id)) {
    return refuse('not-a-member', 'this leader was removed: try again when another is elected');
  }
  if (core.transferee !== noNode) {
    return refuse('transferring', `member ${core.transferee} is about to lead: try again there`);
  }
  const firstIndex = core.log.lastIndex() + 1;
  const admitted: Proposal[] = [];
  let refusedChange: ChangeRefusal | undefined;
  let changeIndex = 0;
  for (const [i, proposal] of proposals.entries()) {
    if (proposal.kind === 'config') {
      const change = decodeChange(proposal.data);
      if (!change.ok) return refuse('malformed-change', change.detail);
      const refusal = refusalOfChange(core, change.value, changeIndex > 0);
      if (refusal !== undefined) {
        refusedChange = refusal;
        admitted.push({ kind: 'normal', data: new Uint8Array() });
        continue;
      }
      changeIndex = firstIndex + i;
    }
    admitted.push(proposal);
  }
  const lastIndex = appendAsLeader(core, admitted);
  if (lastIndex === undefined) {
    return refuse('uncommitted-full', 'too much is not committed: try again when a quorum answers');
  }
  if (changeIndex > 0) core.pendingChangeIndex = changeIndex;
  broadcastAppend(core);
  return accept({ kind: 'appended', term: core.term, firstIndex, lastIndex, refusedChange });
}

/** With none pending, the configuration now is the one the change will meet, so trying it tells for
 * sure. */
function refusalOfChange(
  core: Core,
  change: ConfigurationChange,
  isSecond: boolean,
): ChangeRefusal | undefined {
  if (!core.options.checkConfigurationChanges) return undefined;
  if (isSecond || core.pendingChangeIndex > core.log.applied) return 'change-pending';
  const trial = reconfigure(core.members, change, core.createProgress);
  return trial.ok ? undefined : trial.code;
}

/**
 * Appends to our own log, in our term; the acknowledgement to ourselves follows once it is durable.
 * @returns the last index, or `undefined` if too much payload is uncommitted (never for empty
 * payload, and one batch of any size gets in while nothing is).
 */
export function appendAsLeader(core: Core, proposals: readonly Proposal[]): number | undefined {
  const bytes = payloadBytes(proposals);
  const isOver = core.uncommittedBytes + bytes > core.options.uncommittedBytesMax;
  if (isOver && bytes > 0 && core.uncommittedBytes > 0) return undefined;
  core.uncommittedBytes += bytes;
  const before = core.log.lastIndex();
  const { term } = core;
  core.log.append(
    proposals.map(({ kind, data }, i) => ({ term, index: before + 1 + i, kind, data })),
  );
  const index = core.log.lastIndex();
  core.send({
    ...core.envelope(core.id),
    kind: 'append-response',
    index,
    session: core.progress.get(core.id)?.session ?? 0,
    rejection: undefined,
  });
  return index;
}

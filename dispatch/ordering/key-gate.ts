// SPDX-License-Identifier: Apache-2.0
// Before a log that one organisation keeps takes a proposal or a vote: whether its node could go on with the
// keys that this would bring. A log whose keys are nowhere could never be signed again.

import { equal } from '../../base/bytes.ts';
import type { Suite } from '../../base/suite.ts';
import {
  type OpenProposal,
  type OpenVote,
  openGovernance,
} from '../../sidechain/chain/governance.ts';
import { logKeysOf } from '../../sidechain/chain/log-keys-change.ts';
import type { MainLog } from '../../sidechain/chain/main-log.ts';
import type { Governance } from '../ledger/judge-governance.ts';
import type { Keyring } from '../log-keyring.ts';

type Refused = { readonly kind: 'refused'; readonly code: string; readonly detail: string };

type OpenGovernance = OpenProposal | OpenVote;

/** Whether it may change the keys: a proposal that says so, and any vote, for it may be for such a one. */
export function mayHandOver(suite: Suite, statement: Uint8Array): boolean {
  const opened = openGovernance(suite, statement);
  return opened.ok && (opened.value.kind === 'vote' || changeIn(opened.value) !== undefined);
}

/** @returns undefined where nothing stands against it; what else does, the ledger says. */
export async function refuseKeysOfOthers(
  suite: Suite,
  statement: Uint8Array,
  node: {
    readonly governance: Governance;
    readonly mainLog: MainLog;
    readonly keyring: Keyring | undefined;
  },
): Promise<Refused | undefined> {
  const { governance, mainLog, keyring } = node;
  const opened = openGovernance(suite, statement);
  const change = opened.ok ? changeFor(suite, opened.value, governance) : undefined;
  const keys = change && logKeysOf(suite, change, mainLog.id);
  if (!keys?.ok || (await keyring?.holds(keys.value.keys)) === true) return undefined;
  const detail = 'the node that keeps this log has not the key that is offered: offer it there';
  return { kind: 'refused', code: 'next-key', detail };
}

/** Of a proposal, or of the one that a vote is for. */
function changeFor(suite: Suite, open: OpenGovernance, { pending }: Governance) {
  if (open.kind === 'proposal') return changeIn(open);
  const known = pending.find(({ id }) => equal(id, open.proposalId));
  const proposal = known && openGovernance(suite, known.bytes);
  return proposal?.ok && proposal.value.kind === 'proposal' ? changeIn(proposal.value) : undefined;
}

function changeIn({ proposal }: OpenProposal) {
  return proposal.changes.find((change) => change.kind === 'log-keys');
}

// SPDX-License-Identifier: Apache-2.0
// What becomes of a proposal or a vote, from the registry and what is open, and of those alone; it changes
// nothing. A proposal names the version of the registry that it makes, so what was signed before a change
// counts for nothing after it: neither a vote nor a proposal can be played again.

import { compare, equal, toHex, utf8 } from '../../base/bytes.ts';
import { keyIdOf } from '../../base/ids.ts';
import { limits } from '../../base/limits.ts';
import type { Suite } from '../../base/suite.ts';
import {
  encodeAct,
  type OpenProposal,
  type OpenVote,
  openGovernance,
  signatoryOf,
} from '../../sidechain/chain/governance.ts';
import { type MainRegistry, votesNeeded } from '../../sidechain/chain/main-registry.ts';
import { changeRegistry } from '../../sidechain/chain/main-registry-change.ts';

export type Vote = { readonly organisation: string; readonly bytes: Uint8Array };

/** One of each organisation at most. */
export type PendingProposal = {
  readonly id: Uint8Array;
  /** Its author, who has voted for it thereby. */
  readonly organisation: string;
  readonly bytes: Uint8Array;
  /** Of others, each once. */
  readonly votes: readonly Vote[];
};

export type Governance = {
  readonly registry: MainRegistry;
  /** Changes since the genesis. */
  readonly version: number;
  readonly pending: readonly PendingProposal[];
  /** The proposal that was taken last, and its leaf. */
  readonly newest: { readonly proposalId: Uint8Array; readonly logIndex: number } | undefined;
};

/** Without a registry while that is as the genesis has it. */
export type StoredGovernance = Omit<Governance, 'registry'> & Partial<Pick<Governance, 'registry'>>;

export type GovernanceVerdict =
  /** It waits for votes; `added` is what is new, undefined where it was known. */
  | {
      readonly kind: 'pending';
      readonly proposal: PendingProposal;
      readonly added:
        | { readonly kind: 'proposal' }
        | { readonly kind: 'vote'; readonly vote: Vote }
        | undefined;
    }
  /** Enough have voted: the registry that this makes, and what proves it. */
  | {
      readonly kind: 'take';
      readonly registry: MainRegistry;
      readonly proposalId: Uint8Array;
      readonly act: Uint8Array;
    }
  /** It was taken before. */
  | { readonly kind: 'taken'; readonly logIndex: number }
  | { readonly kind: 'refused'; readonly code: string; readonly detail: string };

/** Bytes are attacker-controlled. */
export function judgeGovernance(
  suite: Suite,
  statement: Uint8Array,
  governance: Governance,
  mainLogId: Uint8Array,
): GovernanceVerdict {
  const opened = openGovernance(suite, statement);
  if (!opened.ok) return refused('malformed', opened.detail);
  const { newest, registry } = governance;
  const { value } = opened;
  const proposalId = value.kind === 'vote' ? value.proposalId : value.id;
  if (newest !== undefined && equal(newest.proposalId, proposalId)) {
    return { kind: 'taken', logIndex: newest.logIndex };
  }
  const signed = signatoryOf(suite, value, { registry, id: mainLogId });
  if (!signed.ok) return refused(signed.code, signed.detail);
  const organisation = signed.value.name;
  return value.kind === 'vote'
    ? judgeVote(suite, value, { governance, organisation, mainLogId })
    : judgeProposal(suite, value, { governance, organisation, mainLogId });
}

type Given = {
  readonly governance: Governance;
  readonly organisation: string;
  readonly mainLogId: Uint8Array;
};

function judgeProposal(suite: Suite, open: OpenProposal, given: Given): GovernanceVerdict {
  const { governance, organisation, mainLogId } = given;
  const { version } = open.proposal;
  if (version !== governance.version + 1) {
    const now = governance.version;
    return refused('version', `it makes version ${version}, and the registry has version ${now}`);
  }
  const known = governance.pending.find(({ id }) => equal(id, open.id));
  if (known !== undefined) return { kind: 'pending', proposal: known, added: undefined };
  const proposal = { id: open.id, organisation, bytes: open.bytes, votes: [] };
  return judgeVotes(suite, proposal, { governance, mainLogId, open, added: { kind: 'proposal' } });
}

function judgeVote(suite: Suite, open: OpenVote, given: Given): GovernanceVerdict {
  const { governance, organisation, mainLogId } = given;
  const known = governance.pending.find(({ id }) => equal(id, open.proposalId));
  const opened = known && openGovernance(suite, known.bytes);
  if (known === undefined || !opened?.ok || opened.value.kind !== 'proposal') {
    return refused('unknown-proposal', `no proposal ${toHex(open.proposalId)} is open`);
  }
  const hasVoted =
    known.organisation === organisation ||
    known.votes.some((vote) => vote.organisation === organisation);
  if (hasVoted) return { kind: 'pending', proposal: known, added: undefined };
  const vote = { organisation, bytes: open.bytes };
  const proposal = { ...known, votes: [...known.votes, vote] };
  const added = { kind: 'vote', vote } as const;
  return judgeVotes(suite, proposal, { governance, mainLogId, open: opened.value, added });
}

function judgeVotes(
  suite: Suite,
  proposal: PendingProposal,
  given: {
    readonly governance: Governance;
    readonly mainLogId: Uint8Array;
    readonly open: OpenProposal;
    readonly added: Extract<GovernanceVerdict, { readonly kind: 'pending' }>['added'];
  },
): GovernanceVerdict {
  const { governance, mainLogId, open, added } = given;
  const { registry } = governance;
  const { changes } = open.proposal;
  const isHandOver = changes.some(({ kind }) => kind === 'log-keys');
  if (isHandOver && open.bytes.length > limits.logKeyProposalBytesMax) {
    return refused('log-keys', 'too long for what every chain has to keep: propose the rest apart');
  }
  const changed = changeRegistry(suite, registry, changes, mainLogId);
  if (!changed.ok) return refused(changed.code, changed.detail);
  const isEnough =
    proposal.votes.length + 1 >= votesNeeded(registry) ||
    dismissesOwnOnly(suite, open, { registry, organisation: proposal.organisation });
  if (!isEnough) return { kind: 'pending', proposal, added };
  const votes = [...proposal.votes]
    .sort((a, b) => compare(utf8(a.organisation), utf8(b.organisation)))
    .map(({ bytes }) => bytes);
  const act = encodeAct({ proposal: proposal.bytes, votes });
  return { kind: 'take', registry: changed.value, proposalId: proposal.id, act };
}

/**
 * An organisation alone may take rights from its own persons, and at once: a stolen key does not wait for
 * the others. It can take no more than it was given, so it cannot hold up the votes of others for long.
 */
function dismissesOwnOnly(
  suite: Suite,
  { proposal }: OpenProposal,
  { registry, organisation }: { readonly registry: MainRegistry; readonly organisation: string },
): boolean {
  const own = registry.persons.filter((person) => person.organisation === organisation);
  return proposal.changes.every(
    (change) =>
      change.kind === 'remove-person' &&
      own.some(({ publicKey }) => equal(keyIdOf(suite, publicKey), change.keyId)),
  );
}

function refused(code: string, detail: string): GovernanceVerdict {
  return { kind: 'refused', code, detail };
}

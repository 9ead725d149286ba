// SPDX-License-Identifier: Apache-2.0
// How the organisations of a main log change its registry: a proposal by one of them, votes by others, and
// the act that both make together, which proves itself to whoever knows the registry before it. Nothing here
// knows which proposals are open.

import { equal, toHex } from '../../base/bytes.ts';
import { type Sign1, sign1, verifySign1 } from '../../base/cose.ts';
import { accept, type Result, refuse } from '../../base/errors.ts';
import {
  bytes,
  bytesUpTo,
  type Content,
  decodeWith,
  encodeWith,
  listOf,
  uint,
} from '../../base/fields.ts';
import { keyIdOf } from '../../base/ids.ts';
import { plainText } from '../../base/label.ts';
import { limits } from '../../base/limits.ts';
import { record } from '../../base/records.ts';
import type { Signer, Suite } from '../../base/suite.ts';
import { unixMsField } from '../../base/unix-time.ts';
import { chainAad, mediaType } from './entry.ts';
import { type MainRegistry, type Organisation, votersOf } from './main-registry.ts';
import { registryChangesField } from './main-registry-change.ts';
import { openStatement } from './statement.ts';

const proposalField = record({
  /** Of the registry that it makes: one more than that of the registry it changes. */
  version: [1, uint()],
  /** Taken together or not at all. */
  changes: [2, registryChangesField],
  timeMs: [3, unixMsField],
  /** For those who are to vote. */
  reason: [4, plainText(limits.reasonMax)],
});

const voteField = record({
  /** SHA-256 of the proposal's bytes. */
  proposal: [1, bytes(32)],
});

const actField = record({
  proposal: [1, bytesUpTo(limits.entryBytesMax)],
  /** In the order of the organisations' names; the proposal is its author's vote. */
  votes: [2, listOf(bytesUpTo(limits.voteBytesMax), limits.organisationsMax)],
});

export type Proposal = Content<typeof proposalField>;
export type Act = Content<typeof actField>;

type Signed = { readonly keyId: Uint8Array; readonly sign1: Sign1; readonly bytes: Uint8Array };

export type OpenProposal = Signed & {
  readonly kind: 'proposal';
  readonly id: Uint8Array;
  readonly proposal: Proposal;
};

export type OpenVote = Signed & { readonly kind: 'vote'; readonly proposalId: Uint8Array };

export function signProposal(
  proposal: Proposal,
  mainLogId: Uint8Array,
  signer: Signer,
): Uint8Array {
  return sign('proposal', encodeWith(proposalField, proposal), mainLogId, signer);
}

export function signVote(
  proposalId: Uint8Array,
  mainLogId: Uint8Array,
  signer: Signer,
): Uint8Array {
  return sign('vote', encodeWith(voteField, { proposal: proposalId }), mainLogId, signer);
}

function sign(
  kind: 'proposal' | 'vote',
  payload: Uint8Array,
  mainLogId: Uint8Array,
  signer: Signer,
): Uint8Array {
  const externalAad = chainAad(mainLogId);
  return sign1({ type: mediaType(kind), kid: signer.keyId, payload, externalAad }, signer);
}

/** Either of the two, by its type. Checks the form alone; bytes are attacker-controlled. */
export function openGovernance(
  suite: Suite,
  input: Uint8Array,
): Result<OpenProposal | OpenVote, 'governance'> {
  const vote = openStatement(input, { kind: 'vote', bytesMax: limits.voteBytesMax });
  if (vote.ok) {
    const { keyId, sign1: signed, payload } = vote.value;
    const read = decodeWith(voteField, payload, { name: 'vote' });
    if (!read.ok) return refuse('governance', read.detail);
    const proposalId = read.value.proposal;
    return accept({ kind: 'vote', keyId, sign1: signed, bytes: input, proposalId });
  }
  const opened = openStatement(input, { kind: 'proposal', bytesMax: limits.entryBytesMax });
  if (!opened.ok) return refuse('governance', opened.detail);
  const { keyId, sign1: signed, payload } = opened.value;
  const read = decodeWith(proposalField, payload, { name: 'proposal' });
  if (!read.ok) return refuse('governance', read.detail);
  const id = suite.sha256(input);
  return accept({
    kind: 'proposal',
    ...{ keyId, sign1: signed, bytes: input, id },
    proposal: read.value,
  });
}

/** The organisation whose governance key has signed. */
export function signatoryOf(
  suite: Suite,
  { keyId, sign1: signed }: Signed,
  main: { readonly registry: MainRegistry; readonly id: Uint8Array },
): Result<Organisation, 'unknown-signer' | 'signature'> {
  const voter = votersOf(main.registry).find(
    ({ governanceKey }) => governanceKey !== null && equal(keyIdOf(suite, governanceKey), keyId),
  );
  if (voter === undefined || voter.governanceKey === null) {
    return refuse('unknown-signer', `${toHex(keyId)} is no organisation's governance key`);
  }
  const by = { publicKey: voter.governanceKey, externalAad: chainAad(main.id) };
  if (verifySign1(suite, signed, by)) return accept(voter);
  return refuse('signature', `the signature of ${voter.name} does not verify`);
}

/** What stands on the main log for a change: the leaf is over the hash of these bytes. */
export function encodeAct(act: Act): Uint8Array {
  return encodeWith(actField, act);
}

/** Bytes are attacker-controlled. */
export function decodeAct(input: Uint8Array): Result<Act, 'cbor' | 'form'> {
  return decodeWith(actField, input, { name: 'act', bytesMax: limits.messageBytesMax });
}

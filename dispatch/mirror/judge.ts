// SPDX-License-Identifier: Apache-2.0
// What a mirror believes: nothing for having been sent. A checkpoint counts by the pinned keys of
// the main log, a chain by the enrolment of a person whom the main genesis names, an anchor by its
// leaf, its signatures and its consistency, and a summary by its proof. Pure; the same when things
// are copied and when the copy is verified again.

import { equal, toHex } from '../../base/bytes.ts';
import { type Checkpoint, parseCheckpoint, verifyLogSignature } from '../../base/checkpoint.ts';
import { verifyCosignature } from '../../base/cosignature.ts';
import { accept, type Result, refuse } from '../../base/errors.ts';
import { keyIdOf } from '../../base/ids.ts';
import { emptyRoot, verifyConsistency } from '../../base/merkle.ts';
import { parseNote } from '../../base/note.ts';
import type { Suite } from '../../base/suite.ts';
import { checkAnchor, openAnchor } from '../../sidechain/chain/anchor.ts';
import { openGenesis } from '../../sidechain/chain/genesis.ts';
import { keysAt } from '../../sidechain/chain/key-periods.ts';
import type { MainRegistry } from '../../sidechain/chain/main-registry.ts';
import {
  type MembershipMessage,
  openMembershipMessage,
} from '../../sidechain/chain/membership-message.ts';
import {
  followChanges,
  foundingMembership,
  type Membership,
  membershipAt,
} from '../../sidechain/chain/membership-proof.ts';
import { mainLeafHash } from '../../sidechain/chain/receipt-message.ts';
import type { KeyPeriods } from '../../sidechain/chain/retired-key.ts';
import { decodeSummaryMessage } from '../../sidechain/chain/summary-message.ts';
import { judgeEnrolment } from '../ledger/judge-enrolment.ts';
import { mainCosignerName } from '../ordering/consortium/vote-extension.ts';

/** A chain as the centre shows it: three statements, each with its proof in itself. */
export type ShownChain = {
  readonly genesis: Uint8Array;
  readonly enrolment: Uint8Array;
  /** The newest message about its members. */
  readonly membership: Uint8Array | undefined;
};

export type ProvenChain = {
  readonly chainId: Uint8Array;
  readonly name: string;
  /** Element n: after n changes. */
  readonly memberships: readonly Membership[];
};

/**
 * A checkpoint that as many of the keys that count for its size have signed as the main log asks for: as
 * the log itself, or as one of the organisations that keep it.
 */
export function judgeCheckpoint(
  suite: Suite,
  text: string,
  periods: KeyPeriods,
): Result<Checkpoint, 'checkpoint'> {
  const note = parseNote(text, { strict: false });
  if (!note.ok) return refuse('checkpoint', note.detail);
  const { body, lines } = note.value;
  const checkpoint = parseCheckpoint(body);
  if (!checkpoint.ok) return checkpoint;
  const { origin, threshold, keys } = keysAt(periods, checkpoint.value.size);
  if (checkpoint.value.origin !== origin) {
    return refuse('checkpoint', `it is of ${checkpoint.value.origin}`);
  }
  const signers = keys.filter(({ publicKey }) => {
    const cosigner = { name: mainCosignerName(origin, keyIdOf(suite, publicKey)), publicKey };
    return lines.some(
      (line) =>
        verifyLogSignature(suite, body, line, { name: origin, publicKey }) ||
        verifyCosignature(suite, body, line, cosigner).ok,
    );
  });
  if (signers.length >= threshold) return checkpoint;
  return refuse(
    'checkpoint',
    `signed by ${signers.length} keys that count, ${threshold} are needed`,
  );
}

/**
 * The main log with all keys and every registry it has had, the newest last: an enrolment holds by any of
 * them.
 */
export type ProvenLog = {
  readonly periods: KeyPeriods;
  readonly registries: readonly MainRegistry[];
};

export function judgeChain(
  suite: Suite,
  shown: ShownChain,
  { periods, registries }: ProvenLog,
): Result<ProvenChain> {
  const mainLogs = periods.map(({ mainLog }) => mainLog);
  // When it was enrolled stands nowhere in the log; most often by who is there now.
  let enrolled: ReturnType<typeof judgeEnrolment> = refuse('enrolment', 'the log has no registry');
  for (const registry of registries.toReversed()) {
    enrolled = judgeEnrolment(suite, shown, { registry, mainLogs });
    if (enrolled.ok || enrolled.code !== 'enrolment') break;
  }
  if (!enrolled.ok) return enrolled;
  const { chainId, name } = enrolled.value;
  const genesis = openGenesis(suite, shown.genesis);
  if (!genesis.ok) return genesis;
  const founding = foundingMembership(suite, genesis.value.genesis);
  const memberships = membershipsOf(suite, shown.membership, { chainId, founding });
  if (!memberships.ok) return memberships;
  return accept({ chainId, name, memberships: memberships.value });
}

type Founded = { readonly chainId: Uint8Array; readonly founding: Membership };

function membershipsOf(
  suite: Suite,
  bytes: Uint8Array | undefined,
  { chainId, founding }: Founded,
): Result<readonly Membership[], 'membership'> {
  if (bytes === undefined) return accept([founding]);
  const opened = openMembershipMessage(bytes);
  if (!opened.ok) return opened;
  const { message } = opened.value;
  // The note is co-signed by the members that all changes make.
  const nowhere = { size: Number.MAX_SAFE_INTEGER, root: emptyRoot(suite) };
  const all = membershipAt(suite, message, { chainId, founding, checkpoint: nowhere });
  if (!all.ok) return all;
  const checkpoint = checkpointOf(message);
  const memberships = [founding];
  for (let count = 1; count <= message.changes.length; count++) {
    const from = memberships.at(-1) ?? founding;
    const changes = message.changes.slice(0, count);
    const next = followChanges(suite, changes, { chainId, from, checkpoint });
    if (!next.ok) return next;
    memberships.push(next.value);
  }
  return accept(memberships);
}

/** Of a message whose note was read. */
function checkpointOf({ note }: MembershipMessage): Checkpoint {
  const parsed = parseNote(note, { strict: true });
  const checkpoint = parsed.ok ? parseCheckpoint(parsed.value.body) : parsed;
  return checkpoint.ok ? checkpoint.value : { origin: '', size: 0, root: new Uint8Array(32) };
}

/** The newest anchor of a chain that was proven before. */
export type ProvenAnchor = {
  readonly size: number;
  readonly root: Uint8Array;
  /** How many changes of the members its signers knew. */
  readonly version: number;
};

/**
 * The next anchor of a chain in the order of the log. Who may sign is told by some membership from
 * that of the anchor before on: what the centre knew of the members then is not in the log.
 */
export function judgeAnchorCopy(
  suite: Suite,
  bytes: Uint8Array,
  known: {
    readonly chain: ProvenChain;
    readonly previous: ProvenAnchor | undefined;
    readonly leafHash: Uint8Array;
    /** Members whose signatures counted for nothing any more when it was taken. */
    readonly distrusted: readonly Uint8Array[];
  },
): Result<ProvenAnchor, 'anchor'> {
  const { chain, previous, leafHash, distrusted } = known;
  if (!equal(mainLeafHash(suite, bytes), leafHash)) {
    return refuse('anchor', 'its hash is not the leaf of the main log');
  }
  const opened = openAnchor(bytes);
  if (!opened.ok) return opened;
  const { chainId, checkpoint, anchor } = opened.value;
  if (!equal(chainId, chain.chainId)) return refuse('anchor', `it is of chain ${toHex(chainId)}`);
  const { size, root } = checkpoint;
  const last = previous ?? { size: 0, root: emptyRoot(suite), version: 0 };
  if (anchor.from !== last.size || size <= last.size) {
    const said = `it goes from size ${anchor.from} to ${size}, and the one before has ${last.size}`;
    return refuse('anchor', said);
  }
  const grown = verifyConsistency(suite, {
    from: last.size,
    fromRoot: last.root,
    to: size,
    toRoot: root,
    path: anchor.consistency,
  });
  if (!grown) return refuse('anchor', `size ${size} is not proven to extend size ${last.size}`);
  let said = 'nobody of the chain may sign it';
  for (const membership of chain.memberships.slice(last.version)) {
    const checked = checkAnchor(suite, opened.value, { ...membership, distrusted });
    if (checked.ok) return accept({ size, root, version: membership.version });
    said = checked.detail;
  }
  return refuse('anchor', said);
}

/** Which outputs are shown may depend on who asks; that they are the same is checked one by one. */
export function isOfSameBlock(a: Uint8Array, b: Uint8Array): boolean {
  const [one, other] = [decodeSummaryMessage(a), decodeSummaryMessage(b)];
  return one.ok && other.ok && equal(one.value.header, other.value.header);
}

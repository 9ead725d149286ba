// SPDX-License-Identifier: Apache-2.0
// A member's state as it is shown: a copy, put together from its parts whenever somebody asks.

import { toHex } from '../base/bytes.ts';
import type { ArchiveStatus, Archivist } from './archivist.ts';
import type { Stale } from './backing.ts';
import type { Conduct, Refusal } from './conduct.ts';
import type { Connected } from './connect-peers.ts';
import type { Members } from './members.ts';
import { type MembershipStatus, membershipStatus } from './membership-status.ts';
import type { OversightStatus } from './oversight.ts';
import type { PeerStatus } from './peers.ts';
import type { Role } from './raft/core.ts';
import type { RaftNode } from './raft/raft-node.ts';
import type { ScrubStatus } from './scrub.ts';
import type { Cosigned } from './store/cosigned-table.ts';
import type { Opened } from './store/opening.ts';

export type NodeStatus = {
  readonly role: Role;
  readonly term: number;
  /** Newest block, and its time. */
  readonly height: number;
  readonly timeMs: number;
  readonly outbox: { readonly count: number; readonly bytes: number; readonly isFilling: boolean };
  /** Blocks under the newest co-signed checkpoint, and under the newest receipt; 0 = none yet. */
  readonly cosignedSize: number;
  readonly receiptSize: number;
  /** Key id of the member that leads, in hex; undefined while none is known. */
  readonly leader: string | undefined;
  /** Set while no majority stands behind what is shown: nothing is ordered, and others may know more. */
  readonly stale: Stale | undefined;
  /** False while the others have not said yet that this disk is no older copy: nothing is signed. */
  readonly mayPromise: boolean;
  readonly peers: readonly PeerStatus[];
  readonly membership: MembershipStatus;
  /** Members that have signed two histories, and the key ids of these. */
  readonly evidenceCount: number;
  readonly guilty: readonly string[];
  /** What the look over the log has found; undefined for a chain of one. */
  readonly scrub: ScrubStatus | undefined;
  /** Leaders that lied or left members out, as this member deals with them. */
  readonly oversight: OversightStatus;
  /** Since when no block takes this member's entries, in ms; undefined where all is well. */
  readonly leftOutMs: number | undefined;
  /** Members whose entries this one holds and passes on for them, by name. */
  readonly carried: readonly string[];
  /** So many times this member, leading, was asked to hand over and did. */
  readonly yieldsGranted: number;
  /** What was not taken of members since the start, and what leaders have put into the log. */
  readonly refusals: readonly Refusal[];
  /** False while the disk is all but full, and this member is silent for it. */
  readonly hasRoom: boolean;
  /** What is in the database, and what is in segments; undefined where nothing is archived. */
  readonly archive: ArchiveStatus | undefined;
};

const untroubled: OversightStatus = { suspended: [], yieldsAsked: 0, leadersShunned: 0 };

export function statusOf(parts: {
  readonly raft: RaftNode;
  readonly opened: Opened;
  readonly members: Members;
  readonly cosigned: Cosigned | undefined;
  readonly conduct: Conduct;
  /** Undefined for a chain of one. */
  readonly connected: Connected | undefined;
  readonly archivist: Archivist | undefined;
  readonly hasRoom: boolean;
}): NodeStatus {
  const { opened, members, cosigned, conduct, connected } = parts;
  const { role, term, leader, configuration } = parts.raft.status();
  const { outbox } = opened.submissions;
  const { header } = opened.ledger.head;
  const leading = members.member(leader);
  const evidence = connected?.witness.evidence ?? [];
  return {
    role,
    term,
    height: header.height,
    timeMs: header.timeMs,
    outbox: { count: outbox.count, bytes: outbox.bytes, isFilling: outbox.isFilling },
    cosignedSize: cosigned?.size ?? 0,
    receiptSize: opened.ledger.registry.receipt?.size ?? 0,
    leader: leading === undefined ? undefined : toHex(leading.keyId),
    stale: connected?.backing.stale,
    mayPromise: connected?.recall.isClear ?? true,
    membership: membershipStatus(opened.ledger.registry, configuration),
    peers: connected?.peers.status() ?? [],
    evidenceCount: evidence.length,
    guilty: evidence.map(({ member }) => toHex(member)),
    scrub: connected?.scrub.status,
    oversight: connected?.oversight.status ?? untroubled,
    leftOutMs: connected?.leftOut.status?.waitingMs,
    carried: connected?.carrier.carried ?? [],
    yieldsGranted: connected?.handOver.grantedCount ?? 0,
    hasRoom: parts.hasRoom,
    archive: parts.archivist?.status,
    refusals: [...conduct.refusals, ...(connected?.peers.refusals() ?? [])],
  };
}

// SPDX-License-Identifier: Apache-2.0
// One round of work for the caller, and the order that makes it safe: persist → send → apply →
// advance. Nothing of it is done twice: what was taken is not offered again.

import type { ReadState, Role } from './core.ts';
import type { Entry, NodeId } from './entry.ts';
import type { Message } from './message.ts';
import type { HardState, Snapshot } from './storage.ts';

export type Ready = {
  /** Persist, together with `entries`, in one transaction, before `messages` are sent. */
  readonly hardState: HardState | undefined;
  /** Persist: truncate the log at the index of the first, then append. */
  readonly entries: readonly Entry[];
  /** Persist in the place of the whole log and of the applied state, once all `committed` handed
   * out before is applied. It may be of a later state than those, never of an earlier one. */
  readonly snapshot: Snapshot | undefined;
  /** Whether the above must be on the disk before going on. If not, it is a commit index alone: it
   * may wait, but no longer than for the next write. Never may later entries survive a crash that
   * it does not: a member with a change of members in its log that has forgotten that the one
   * before is committed would campaign by voters of long ago. */
  readonly mustSync: boolean;
  /** Send once the above is durable; with `asyncStorageWrites` at once. Some may be lost, doubled,
   * reordered. */
  readonly messages: readonly Message[];
  /** Apply once the above is durable, in this order; configuration changes with `applyChange`. */
  readonly committed: readonly Entry[];
  readonly readStates: readonly ReadState[];
  readonly role: Role;
  readonly leader: NodeId;
  /** Only with `asyncStorageWrites`: once hard state, entries and snapshot of this and all earlier
   * `Ready` are durable, send each of these, and step those to ourselves. */
  readonly appendResponses: readonly Message[];
  /** Only with `asyncStorageWrites`: step once `committed` is applied. */
  readonly applyResponses: readonly Message[];
};

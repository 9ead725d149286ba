// SPDX-License-Identifier: Apache-2.0
// One member in a scenario: the core, its storage, a state machine that appends all data to its
// snapshot, and, with asynchronous storage writes, the work that waits for its two storage threads.

import { assert } from '../../base/assert.ts';
import { concat } from '../../base/bytes.ts';
import { decodeChange } from '../../sidechain/raft/configuration/change.ts';
import {
  type Configuration,
  emptyConfiguration,
} from '../../sidechain/raft/configuration/configuration.ts';
import type { Entry } from '../../sidechain/raft/entry.ts';
import { MemoryStorage } from '../../sidechain/raft/memory-storage.ts';
import type { RaftOptions } from '../../sidechain/raft/options.ts';
import { RaftNode } from '../../sidechain/raft/raft-node.ts';
import type { Ready } from '../../sidechain/raft/ready.ts';
import { emptyHardState, type HardState, type Snapshot } from '../../sidechain/raft/storage.ts';

export const emptySnapshot: Snapshot = {
  index: 0,
  term: 0,
  configuration: emptyConfiguration,
  data: new Uint8Array(),
};

/** Offers the state as of the last applied entry to whoever lags behind. */
class AppliedStateStorage extends MemoryStorage {
  applied: Snapshot;

  constructor(bootstrap: Snapshot) {
    super();
    this.applied = bootstrap;
    if (bootstrap.index > 0) this.applySnapshot(bootstrap);
  }

  override snapshot(): Snapshot {
    return this.applied;
  }
}

export type MemberOptions = Omit<RaftOptions, 'storage'>;

export class Member {
  readonly options: MemberOptions;
  node: RaftNode;
  readonly storage: AppliedStateStorage;
  appendWork: Ready[] = [];
  applyWork: Ready[] = [];
  /** As of the last `Ready`: what is printed of the next is only what changed. */
  #seen: { hardState: HardState; role: string; leader: number };

  constructor(options: MemberOptions, bootstrap: Snapshot) {
    this.options = options;
    this.storage = new AppliedStateStorage(bootstrap);
    this.node = new RaftNode({ ...options, storage: this.storage });
    const { role, leader } = this.node.status();
    this.#seen = { hardState: emptyHardState, role, leader };
  }

  /** The process dies and starts again: all that was not persisted or applied is gone. */
  restart(): void {
    const { storage } = this;
    storage.setConfiguration(storage.applied.configuration);
    this.node = new RaftNode({ ...this.options, applied: storage.applied.index, storage });
    this.appendWork = [];
    this.applyWork = [];
  }

  /** Takes the next `Ready`. `isVoteNew`: term or vote changed; `isRoleNew`: role or leader. */
  take(): { readonly ready: Ready; readonly isVoteNew: boolean; readonly isRoleNew: boolean } {
    const ready = this.node.ready();
    const { hardState, role, leader } = this.#seen;
    const now = ready.hardState ?? hardState;
    const isVoteNew = now.term !== hardState.term || now.vote !== hardState.vote;
    const isRoleNew = ready.role !== role || ready.leader !== leader;
    this.#seen = { hardState: now, role: ready.role, leader: ready.leader };
    return { ready, isVoteNew, isRoleNew };
  }

  persist({ hardState, snapshot, entries }: Ready): void {
    if (hardState !== undefined) this.storage.setHardState(hardState);
    if (snapshot !== undefined) {
      this.storage.applySnapshot(snapshot);
      this.storage.applied = snapshot;
    }
    this.storage.append(entries);
  }

  apply(entries: readonly Entry[]): void {
    for (const entry of entries) {
      const { configuration, data } = this.storage.applied;
      this.storage.applied = {
        index: entry.index,
        term: entry.term,
        configuration: this.#configurationAfter(entry) ?? configuration,
        data: entry.kind === 'normal' ? concat(data, entry.data) : data,
      };
    }
  }

  #configurationAfter(entry: Entry): Configuration | undefined {
    if (entry.kind === 'normal') return undefined;
    const change = decodeChange(entry.data);
    assert(change.ok, 'a committed change can be read');
    return this.node.applyChange(change.value);
  }
}

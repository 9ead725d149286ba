// SPDX-License-Identifier: Apache-2.0
// Snapshots for members whose next entry is in segments only: made at every state root once enough
// members have signed for it, given away in pieces, and on the other side gathered, checked and
// installed. Raft only hears that one is under way; what is fetched goes around it, so that a
// transfer that breaks off goes on where it was, and one that was forgotten begins at 0.

import { concat, equal } from '../base/bytes.ts';
import { TielineError } from '../base/errors.ts';
import { bytes, decodeWith, encodeWith, uint } from '../base/fields.ts';
import { limits } from '../base/limits.ts';
import { row } from '../base/records.ts';
import type { Suite } from '../base/suite.ts';
import { groupSize } from '../base/tree.ts';
import type { Log } from '../host/log.ts';
import type { Database } from '../host/sqlite.ts';
import type { Genesis } from './chain/genesis.ts';
import { foundingMembership, type ProvenChange } from './chain/membership-proof.ts';
import { proveOutput } from './chain/prove.ts';
import type { Registry } from './chain/registry.ts';
import { checkSnapshot, encodeSnapshot } from './chain/snapshot.ts';
import type { Ending } from './loop.ts';
import type { MemberMessage, MessageOf } from './member-message.ts';
import type { Configuration } from './raft/configuration/configuration.ts';
import type { NodeId, Position } from './raft/entry.ts';
import type { InstallSnapshot } from './raft/message.ts';
import type { RaftNode } from './raft/raft-node.ts';
import type { CapturedState } from './store/applier.ts';
import type { Cosigned } from './store/cosigned-table.ts';
import { type History, readGroupHashes } from './store/history.ts';
import type { LogWindow } from './store/log-window.ts';
import { provenChanges, readChanges } from './store/membership-table.ts';
import { type StoredSnapshot, saveSnapshot } from './store/snapshot-file.ts';
import { installStatements } from './store/snapshot-install.ts';

export type SnapshotsParts = {
  readonly suite: Suite;
  readonly database: Database;
  readonly chainId: Uint8Array;
  readonly ownKeyId: Uint8Array;
  readonly registry: Registry;
  readonly genesis: Genesis;
  readonly history: History;
  readonly storage: LogWindow;
  readonly raft: RaftNode;
  /** Where the newest is kept. */
  readonly path: string;
  readonly stored: StoredSnapshot | undefined;
  readonly durableSize: () => number;
  /** Of all that is durable, with as many signatures as the policy asks for. */
  readonly checkpoint: () => Promise<Cosigned>;
  readonly say: (to: NodeId, message: MemberMessage) => boolean;
  /** Puts this in the place of all that is here; the node ends, and starts again from there. */
  readonly install: (ending: Ending) => void;
  readonly monotonicMs: () => number;
  readonly log: Log;
};

/** What Raft carries of a snapshot. */
const offerField = row({
  height: uint(limits.raftNumberMax),
  length: uint(limits.snapshotBytesMax),
  sha256: bytes(32),
});

type Fetch = {
  readonly from: NodeId;
  readonly height: number;
  readonly length: number;
  readonly sha256: Uint8Array;
  readonly position: Position;
  readonly configuration: Configuration;
  readonly pieces: Uint8Array[];
  received: number;
  askedMs: number;
};

export class Snapshots {
  readonly #parts: SnapshotsParts;
  #captured: CapturedState | undefined;
  #stored: StoredSnapshot | undefined;
  #triedMs = Number.NEGATIVE_INFINITY;
  #fetch: Fetch | undefined;
  #refusedMs = Number.NEGATIVE_INFINITY;
  /** When a member that is to get one was last heard to want some of it. */
  readonly #servedMs = new Map<NodeId, number>();
  #isMaking = false;

  constructor(parts: SnapshotsParts) {
    this.#parts = parts;
    this.#stored = parts.stored;
    this.#offer();
  }

  /** Blocks that a member can do without, because there is a state behind them. */
  get size(): number {
    return this.#stored?.size ?? 0;
  }

  /** The newest counts; older ones that are not made yet never will be. */
  capture(state: CapturedState): void {
    this.#captured = state;
  }

  tick(): void {
    this.#remind();
    const { monotonicMs, log, durableSize } = this.#parts;
    const fetch = this.#fetch;
    if (fetch !== undefined && monotonicMs() - fetch.askedMs >= limits.bodyAnswerMs) {
      this.#ask(fetch);
    }
    const captured = this.#captured;
    const isDue = monotonicMs() - this.#triedMs >= limits.snapshotAgainMs;
    if (captured === undefined || this.#isMaking || !isDue) return;
    if (durableSize() <= captured.height) return;
    this.#isMaking = true;
    this.#triedMs = monotonicMs();
    this.#make(captured)
      .catch((error) => log.warn('snapshot-not-made', { height: captured.height, error }))
      .finally(() => {
        this.#isMaking = false;
      });
  }

  /** attacker-controlled. @returns whether Raft itself is to deal with it. */
  onOffer({ from, snapshot }: InstallSnapshot): boolean {
    const { monotonicMs } = this.#parts;
    const { index, term, configuration, data } = snapshot;
    // Nothing new, or our log goes on from there: Raft says so.
    if (!this.#isBeyond({ index, term })) return true;
    const offered = decodeWith(offerField, data, { name: 'snapshot' });
    if (!offered.ok || monotonicMs() - this.#refusedMs < limits.bodyRetryMs) return false;
    const { sha256, height, length } = offered.value;
    const before = this.#fetch;
    const isSame = before?.from === from && equal(before.sha256, sha256);
    if (isSame) return false;
    const position = { index, term };
    const fetch: Fetch = {
      ...{ from, height, length, sha256, position, configuration },
      ...{ pieces: [], received: 0, askedMs: 0 },
    };
    this.#fetch = fetch;
    this.#ask(fetch);
    return false;
  }

  /** attacker-controlled */
  onWanted(from: NodeId, { height, offset }: MessageOf<'snapshot-wanted'>): void {
    const { say, monotonicMs } = this.#parts;
    const stored = this.#stored;
    if (stored === undefined || stored.size !== height + 1) return;
    this.#servedMs.set(from, monotonicMs());
    const piece = stored.bytes.slice(offset, offset + limits.snapshotChunkBytes);
    if (piece.length > 0) say(from, { kind: 'snapshot-piece', height, offset, bytes: piece });
  }

  /** attacker-controlled */
  onPiece(from: NodeId, piece: MessageOf<'snapshot-piece'>): void {
    const fetch = this.#fetch;
    const isNext =
      fetch?.from === from && fetch.height === piece.height && fetch.received === piece.offset;
    if (!isNext || fetch.received + piece.bytes.length > fetch.length) return;
    // Another leader may have had the entries meanwhile.
    if (!this.#isBeyond(fetch.position)) {
      this.#fetch = undefined;
      return;
    }
    fetch.pieces.push(piece.bytes);
    fetch.received += piece.bytes.length;
    if (fetch.received < fetch.length) this.#ask(fetch);
    else this.#finish(fetch);
  }

  #finish(fetch: Fetch): void {
    const { suite, chainId, ownKeyId, registry, genesis, install, monotonicMs, log } = this.#parts;
    this.#fetch = undefined;
    const gathered = concat(...fetch.pieces);
    const founding = foundingMembership(suite, genesis);
    const { members, persons, policy, membership } = registry;
    const own = { members, persons, policy, version: membership?.version ?? 0 };
    const checked = checkSnapshot(suite, gathered, { chainId, founding, own });
    const isWhole = equal(suite.sha256(gathered), fetch.sha256);
    if (!checked.ok || !isWhole || checked.value.header.height !== fetch.height) {
      this.#refusedMs = monotonicMs();
      const detail = checked.ok ? 'it is not what was offered' : checked.detail;
      log.error('snapshot-refused', { from: fetch.from, detail });
      return;
    }
    log.info('snapshot-installed', { height: fetch.height, bytes: gathered.length });
    const statements = installStatements(suite, checked.value, { ...fetch, ownKeyId });
    const isStillDue = (): boolean => this.#isBeyond(fetch.position);
    install({ statements, error: startAgain(), isStillDue });
  }

  /** Whether our log does not reach there: else something in it may be acknowledged, or signed. */
  #isBeyond({ index, term }: Position): boolean {
    const { raft, storage } = this.#parts;
    return index > raft.status().commit && storage.term(index) !== term;
  }

  #ask(fetch: Fetch): void {
    const { say, monotonicMs } = this.#parts;
    fetch.askedMs = monotonicMs();
    const { height, received: offset } = fetch;
    say(fetch.from, { kind: 'snapshot-wanted', height, offset });
  }

  /** Who has gone silent over its snapshot may have installed it, or begun anew: find out. */
  #remind(): void {
    const { raft, monotonicMs } = this.#parts;
    const nowMs = monotonicMs();
    for (const [id, { state }] of raft.status().progress) {
      const sinceMs = this.#servedMs.get(id);
      if (state !== 'snapshot') this.#servedMs.delete(id);
      else if (sinceMs === undefined) this.#servedMs.set(id, nowMs);
      else if (nowMs - sinceMs >= limits.snapshotAgainMs) {
        this.#servedMs.delete(id);
        raft.reportSnapshot(id, 'delivered');
      }
    }
  }

  async #make(state: CapturedState): Promise<void> {
    const { suite, database, history, checkpoint, path, log } = this.#parts;
    const { height, position, configuration, outputs, pairs } = state;
    const size = height + 1;
    const { size: signedSize, note } = await checkpoint();
    const sizes = [size, signedSize];
    const [headerPath, consistency] = await history.ask({ sizes, leaves: [height] }, (tree) => [
      tree.inclusion(height, size),
      tree.consistency(size, signedSize),
    ]);
    const outputIndex = outputs.length - 1;
    const { salt: outputSalt, outputPath } = proveOutput(suite, outputs, outputIndex);
    const snapshot = encodeSnapshot({
      header: state.headerBytes,
      groupHashes: await readGroupHashes(database, size / groupSize),
      ...{ headerPath: headerPath ?? [], checkpoint: note, consistency: consistency ?? [] },
      ...{ outputIndex, outputSalt, outputPath, pairs },
      changes: await this.#changesUnder(signedSize),
    });
    if (snapshot.length > limits.snapshotBytesMax) {
      throw new TielineError('snapshot-too-large', `the state has ${snapshot.length} bytes`);
    }
    const stored = { position, configuration, size, bytes: snapshot };
    await saveSnapshot(path, stored);
    this.#stored = stored;
    if (this.#captured === state) this.#captured = undefined;
    this.#offer();
    log.info('snapshot-made', { height, bytes: snapshot.length });
  }

  /** All of them, or none where a segment that is not here has what proves one. */
  async #changesUnder(size: number): Promise<readonly ProvenChange[]> {
    const { database, history, registry } = this.#parts;
    const stored = await readChanges(database);
    if (stored.some(({ version }, i) => version !== i + 1)) return [];
    const changes = stored.filter(({ height }) => height < size);
    if (changes.length < (registry.membership?.version ?? 0)) {
      // Who has signed was counted among the members of now: soon a checkpoint has these, too.
      throw new TielineError('members-changed', 'the members have just changed');
    }
    return provenChanges(changes, { history, size }).catch((error) => {
      if (error instanceof TielineError && error.code === 'carried-away') return [];
      throw error;
    });
  }

  #offer(): void {
    const { suite, storage } = this.#parts;
    const stored = this.#stored;
    // One from before the log that is here would leave a gap.
    if (stored === undefined || stored.position.index + 1 < storage.firstIndex()) return;
    const { position, configuration, size, bytes: given } = stored;
    const sha256 = suite.sha256(given);
    const data = encodeWith(offerField, { height: size - 1, length: given.length, sha256 });
    storage.offer({ ...position, configuration, data });
  }
}

/** `snapshot-installed`: what is in memory is of the copy that was here before. */
function startAgain(): TielineError {
  return new TielineError('snapshot-installed', 'the state of another member was installed', {
    retry: 'transient',
    hint: 'start the gateway again: it goes on from there',
  });
}

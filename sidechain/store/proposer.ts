// SPDX-License-Identifier: Apache-2.0
// Cuts blocks while this member leads: of what waits when the rules say so, and of nothing where
// the chain has been silent for too long. A leader proposes only once it has applied an entry of
// its own term: then all that came before is applied, and nothing of the outbox is proposed twice.

import { limits } from '../../base/limits.ts';
import type { Clock } from '../../host/clock.ts';
import { encodeBlock } from '../chain/block.ts';
import { blockTimeMs } from '../chain/block-time.ts';
import type { Genesis } from '../chain/genesis.ts';
import { isIdleBlockDue } from '../chain/idle.ts';
import { LeaderClock } from '../chain/leader-clock.ts';
import type { Ledger } from '../chain/ledger.ts';
import type { RaftNode } from '../raft/raft-node.ts';
import type { NewBlock } from './applier.ts';
import { fairShare } from './fair-share.ts';
import type { PeerPool } from './peer-pool.ts';
import type { Submissions } from './submissions.ts';

export type ProposerOptions = {
  readonly raft: RaftNode;
  readonly ledger: Ledger;
  readonly genesis: Genesis;
  readonly submissions: Submissions;
  readonly peerPool: PeerPool;
  /** As many entries make a block at once. */
  readonly itemsMax: number;
  readonly clock: Clock;
  /** Unpredictable bytes for the blocks' secrets. */
  readonly random: (length: number) => Uint8Array;
  /** A chain with nothing to say makes a block this often. */
  readonly heartbeatMs: number;
};

export class Proposer {
  readonly #options: ProposerOptions;
  readonly #leaderClock = new LeaderClock();
  /** Log indexes of the blocks proposed and not yet applied. */
  #underWay: readonly number[] = [];
  #lastBlockAtMs: number;
  #isOwnFirst = false;
  /** Of the newest entry that is applied. */
  #appliedTerm = 0;

  constructor(options: ProposerOptions) {
    this.#options = options;
    this.#lastBlockAtMs = options.clock.monotonicMs();
  }

  /** All up to this entry is applied. */
  applied(
    last: { readonly index: number; readonly term: number },
    blocks: readonly NewBlock[],
  ): void {
    const nowMs = this.#options.clock.monotonicMs();
    const wasOpen = this.isOpen;
    this.#appliedTerm = last.term;
    this.#underWay = this.#underWay.filter((index) => index > last.index);
    if (blocks.length > 0) this.#lastBlockAtMs = nowMs;
    for (const { block } of blocks) this.#options.peerPool.applied(block);
    if (!wasOpen && this.isOpen) this.#options.submissions.openPool(nowMs);
  }

  /**
   * This member leads no more: what it proposed may be lost, and is proposed again when it leads
   * again.
   */
  deposed(): void {
    this.#underWay = [];
    this.#options.submissions.closePool();
    this.#options.peerPool.clear();
  }

  /** Whether what other members pass on is taken. */
  get isOpen(): boolean {
    const { role, term } = this.#options.raft.status();
    return role === 'leader' && term === this.#appliedTerm;
  }

  isDue(): boolean {
    const nowMs = this.#options.clock.monotonicMs();
    const { submissions, peerPool, itemsMax } = this.#options;
    if (!this.#mayPropose) return false;
    const count = submissions.pooled.length + peerPool.length;
    const bytes = submissions.pooled.bytes + peerPool.bytes;
    const isFull = count >= itemsMax || bytes >= limits.blockBytesMax - limits.blockOverheadBytes;
    return isFull || submissions.isBlockDue(nowMs) || peerPool.isDue(nowMs);
  }

  /** Proposes the blocks that are due. */
  cut(): void {
    while (this.isDue()) if (!this.#propose()) return;
  }

  /** Time has passed: whether a chain with nothing to say has to say so. */
  cutIdle(): void {
    // What has arrived is in the pool in a moment: the block that is due anyway shall take it
    // along.
    const isAwaited = this.#underWay.length > 0 || this.#options.submissions.isExpecting;
    if (this.#mayPropose && !isAwaited && this.#isSilent()) this.#propose();
  }

  /** No block more may be under way. */
  get isFull(): boolean {
    return this.#underWay.length >= limits.blocksUnderWayMax;
  }

  get #mayPropose(): boolean {
    return this.isOpen && !this.isFull;
  }

  /** The clock claims what it likes; what counts is the time that the block would have. */
  #isSilent(): boolean {
    const { ledger, genesis, clock, heartbeatMs } = this.#options;
    const previousMs = ledger.head.header.timeMs;
    const synchronisedMs = ledger.registry.synchronisedTimesMs();
    return isIdleBlockDue(
      { summary: genesis.summary, previousMs, heartbeatMs },
      {
        blockTimeMs: blockTimeMs({ previousMs, leaderMs: this.#claimMs(), synchronisedMs }),
        sinceLastBlockMs: clock.monotonicMs() - this.#lastBlockAtMs,
      },
    );
  }

  #propose(): boolean {
    const { raft, submissions, peerPool, itemsMax, clock, random } = this.#options;
    const peers = peerPool.next();
    const own = { from: undefined, entries: submissions.next() };
    // Whoever is last may find the block full: next time it is the first.
    this.#isOwnFirst = !this.#isOwnFirst;
    const lanes = this.#isOwnFirst ? [own, ...peers] : [...peers, own];
    const { entries, counts } = fairShare(
      lanes.map((lane) => lane.entries),
      itemsMax,
    );
    const body = {
      timeMs: this.#claimMs(),
      clock: clock.state(),
      secret: random(32),
      entries,
    };
    const data = encodeBlock(body);
    const proposed = raft.propose([data]);
    if (!proposed.ok || proposed.value.kind !== 'appended') return false;
    for (const [i, { from }] of lanes.entries()) {
      if (from === undefined) submissions.proposed(counts[i] ?? 0);
      else peerPool.proposed(from, counts[i] ?? 0);
    }
    this.#underWay = [...this.#underWay, proposed.value.lastIndex];
    return true;
  }

  #claimMs(): number {
    const { clock, ledger } = this.#options;
    return this.#leaderClock.claimMs(ledger.head.header.timeMs, {
      wallMs: clock.nowMs(),
      monotonicMs: clock.monotonicMs(),
      state: clock.state().state,
    });
  }
}

// SPDX-License-Identifier: Apache-2.0
// Summaries on their way up, in order of height: sent once an anchor covers them, kept until the
// centre says that they are stored. The one thing kept on disk is the height below which all are
// stored; the summaries themselves stand on the chain. Every member keeps such a queue and hears
// all answers, whoever has sent; a member sends what it has not heard to be stored for longer than
// its patience. So whoever comes to speak for the chain leaves nothing out, and sends again only
// what was answered while it could not hear.

import { assert } from '../../base/assert.ts';
import { equal } from '../../base/bytes.ts';
import { limits } from '../../base/limits.ts';
import { multiproof } from '../../base/multiproof.ts';
import type { Suite } from '../../base/suite.ts';
import { decodeSummary } from '../../contracts/summary.ts';
import type { Log } from '../../host/log.ts';
import type { Answer } from '../../sidechain/chain/answer.ts';
import { outputLeaves } from '../../sidechain/chain/prove.ts';
import { encodeSummaryMessage } from '../../sidechain/chain/summary-message.ts';
import type { ChainPort } from './chain-port.ts';
import { Resend } from './resend.ts';

/** Where the queue stands, on disk. */
export type PositionStore = {
  readonly load: () => Promise<number>;
  readonly save: (height: number) => Promise<void>;
};

export type SummaryPorts = {
  readonly chain: ChainPort;
  readonly store: PositionStore;
  readonly log: Log;
};

type Waiting = {
  readonly height: number;
  /** Positions of the outputs that the centre has not stored. */
  readonly missing: Set<number>;
  readonly resend: Resend;
  /** When it was taken up. */
  readonly sinceMs: number;
  /** SHA-256 of the messages that were sent last. */
  sent: readonly Uint8Array[];
};

export class SummaryQueue {
  readonly #suite: Suite;
  readonly #chain: ChainPort;
  readonly #store: PositionStore;
  readonly #log: Log;
  readonly #waiting = new Map<number, Waiting>();
  /** Of blocks that are not taken up yet, what others have brought to the centre: by height. */
  readonly #heard = new Map<number, Set<number>>();
  /** Below it, all are stored at the centre. */
  #storedBelow = 0;
  /** Below it, all were looked at. */
  #seen = 0;
  #storedCount = 0;
  #refusal: string | undefined;

  private constructor(suite: Suite, ports: SummaryPorts) {
    this.#suite = suite;
    this.#chain = ports.chain;
    this.#store = ports.store;
    this.#log = ports.log;
  }

  static async open(suite: Suite, ports: SummaryPorts): Promise<SummaryQueue> {
    const queue = new SummaryQueue(suite, ports);
    queue.#storedBelow = await ports.store.load();
    queue.#seen = queue.#storedBelow;
    return queue;
  }

  /** Summaries that the centre has stored since the start. */
  get storedCount(): number {
    return this.#storedCount;
  }

  /** Blocks with summaries that are on their way. */
  get waitingCount(): number {
    return this.#waiting.size;
  }

  /** The centre's last refusal, until it takes something again. */
  get refusal(): string | undefined {
    return this.#refusal;
  }

  /** The broker is there again. */
  connected(): void {
    for (const { resend } of this.#waiting.values()) resend.reset();
  }

  /**
   * Messages to send now, each at most as large as the broker takes.
   * @param patienceMs for how long another member is trusted to send a block's summaries.
   */
  async due(nowMs: number, patienceMs = 0): Promise<readonly Uint8Array[]> {
    await this.#fill(nowMs);
    const messages: Uint8Array[] = [];
    for (const waiting of this.#waiting.values()) {
      if (nowMs - waiting.sinceMs < patienceMs || !waiting.resend.isDue(nowMs)) continue;
      waiting.resend.sent(nowMs);
      const made = await this.#make(waiting);
      waiting.sent = made.map((message) => this.#suite.sha256(message));
      messages.push(...made);
    }
    return messages;
  }

  /**
   * Takes an answer whose signature was checked. What is refused stays, and is sent again later.
   */
  async answered(answer: Answer): Promise<void> {
    if (answer.kind === 'refused' && answer.what === 'summary') this.#refused(answer);
    if (answer.kind !== 'stored') return;
    this.#refusal = undefined;
    const { height, indexes } = answer;
    const waiting = this.#waiting.get(height);
    if (waiting !== undefined) {
      this.#stored(waiting, indexes);
      await this.#advance();
    } else if (height >= this.#seen) {
      this.#remember(height, indexes);
    }
  }

  #stored({ height, missing }: Waiting, indexes: Iterable<number>): void {
    for (const index of indexes) if (missing.delete(index)) this.#storedCount += 1;
    if (missing.size === 0) this.#waiting.delete(height);
  }

  /** The sender was faster than this member's copy of the chain. What finds no room is sent again. */
  #remember(height: number, indexes: readonly number[]): void {
    const known = this.#heard.get(height);
    if (known === undefined && this.#heard.size >= limits.summaryBlocksHeardMax) return;
    this.#heard.set(height, new Set([...(known ?? []), ...indexes]));
  }

  /** Anyone may send in our name what the centre then refuses: only what was ours counts. */
  #refused({ code, detail, messageHash }: Extract<Answer, { readonly kind: 'refused' }>): void {
    for (const { height, sent } of this.#waiting.values()) {
      if (!sent.some((hash) => equal(hash, messageHash))) continue;
      this.#refusal = `${code}: ${detail}`;
      this.#log.error('summary-refused', { height, code, detail });
    }
  }

  /** Takes up blocks that an anchor has come to cover, as many as may wait at once. */
  async #fill(nowMs: number): Promise<void> {
    const covered = this.#chain.receipt()?.size ?? 0;
    const room = limits.summaryBlocksWaitingMax - this.#waiting.size;
    if (room <= 0 || this.#seen >= covered) return;
    const heights = await this.#chain.summaryHeights({
      from: this.#seen,
      to: covered,
      countMax: room,
    });
    for (const height of heights) {
      const outputs = await this.#chain.outputs(height);
      const missing = new Set(
        outputs.filter(({ bytes }) => decodeSummary(bytes).ok).map(({ position }) => position),
      );
      const waiting = { height, missing, resend: new Resend(), sinceMs: nowMs, sent: [] };
      if (missing.size > 0) this.#waiting.set(height, waiting);
      this.#stored(waiting, this.#heard.get(height) ?? []);
    }
    const last = heights.at(-1);
    this.#seen = heights.length < room || last === undefined ? covered : last + 1;
    for (const height of this.#heard.keys()) if (height < this.#seen) this.#heard.delete(height);
    await this.#advance();
  }

  async #advance(): Promise<void> {
    const oldest = this.#waiting.keys().next().value;
    const stored = oldest ?? this.#seen;
    if (stored === this.#storedBelow) return;
    assert(stored > this.#storedBelow, 'what is stored stays stored');
    this.#storedBelow = stored;
    await this.#store.save(stored);
  }

  async #make({ height, missing }: Waiting): Promise<readonly Uint8Array[]> {
    const size = this.#chain.receipt()?.size ?? 0;
    assert(height < size, 'an anchor covers the block');
    const header = await this.#chain.headerBytes(height);
    const headerPath = await this.#chain.inclusion({ height, size });
    const outputs = await this.#chain.outputs(height);
    const leaves = outputLeaves(this.#suite, outputs);
    const { chainId } = this.#chain;
    return portions(outputs.filter(({ position }) => missing.has(position))).map((sent) =>
      encodeSummaryMessage({
        chainId,
        header,
        size,
        headerPath,
        outputs: sent.map(({ position, salt, bytes }) => ({ index: position, salt, bytes })),
        hashes: multiproof(
          this.#suite,
          leaves,
          sent.map(({ position }) => position),
        ),
      }),
    );
  }
}

/** Cuts a list so that each part fits into a message with its proof. */
function portions<T extends { readonly bytes: Uint8Array }>(outputs: readonly T[]): readonly T[][] {
  const parts: T[][] = [];
  let part: T[] = [];
  let bytes = 0;
  for (const output of outputs) {
    const full =
      part.length === limits.messageOutputsMax ||
      bytes + output.bytes.length > limits.messageBytesMax / 2;
    if (part.length > 0 && full) {
      parts.push(part);
      part = [];
      bytes = 0;
    }
    part.push(output);
    bytes += output.bytes.length + 128;
  }
  if (part.length > 0) parts.push(part);
  return parts;
}

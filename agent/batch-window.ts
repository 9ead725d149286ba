// SPDX-License-Identifier: Apache-2.0
// Collects the packs of a short window and seals them into one signed reading batch. Every window
// that has packs makes a batch, an alarm at once, and a storm of them some each second; a silent gateway
// makes an empty one each minute, so that silence shows. Readings that find no place, in the outbox or
// on the chain, are counted and stated in a signed gap; so are those that are left out while the outbox
// is filling, where that is wished.

import { toHex } from '../base/bytes.ts';
import { TielineError } from '../base/errors.ts';
import { toKeyId, toSequence } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import { encodePack, type Pack } from '../base/pack.ts';
import type { Signer, Suite } from '../base/suite.ts';
import type { Clock } from '../host/clock.ts';
import type { Log } from '../host/log.ts';
import { encodeBatch, packRoot } from '../sidechain/chain/batch.ts';
import type { BlockEntry } from '../sidechain/chain/block.ts';
import { type EntryKind, signEntry } from '../sidechain/chain/entry.ts';
import { encodeGap } from '../sidechain/chain/gap.ts';
import type { Unsealed } from '../sidechain/store/outbox-anew.ts';
import type { Applied } from '../sidechain/store/submissions.ts';

/** Where signed entries go. */
export type EntrySink = {
  readonly chainId: Uint8Array;
  readonly nextSequence: () => number;
  /** What waits for a block comes to so much that room may end. */
  readonly isOutboxFilling: () => boolean;
  /** Takes its place at once; resolves when a block has judged it, rejects `outbox-full` if not. */
  readonly submit: (entry: BlockEntry) => Promise<Applied>;
};

export type BatchWindowParts = {
  readonly signer: Signer;
  readonly sink: EntrySink;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: (length: number) => Uint8Array;
};

export type BatchWindowOptions = {
  /** Longest time without a batch. */
  readonly silenceMs: number;
  /** While the outbox is filling, of each device and schema one pack in so long; left out: all. */
  readonly thinnedMs?: number | undefined;
};

const outboxFull = 'outbox-full';

type Taken = { readonly device: string; readonly timeMs: number; readonly bytes: Uint8Array };

type Held = Omit<Unsealed, 'packs'> & { readonly taken: readonly Taken[] };

type Lost = {
  readonly device: string;
  readonly reason: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly packCount: number;
};

export class BatchWindow {
  readonly #suite: Suite;
  readonly #parts: BatchWindowParts;
  readonly #options: BatchWindowOptions;
  /** By device and reason; of each, one gap. */
  readonly #lost = new Map<string, Lost>();
  /** By device and schema, for one device may be read in groups: left out since the last pack that was not. */
  readonly #thinned = new Map<string, Lost>();
  readonly #keptMs = new Map<string, number>();
  #isOutboxFull = false;
  #taken: Taken[] = [];
  #takenBytes = 0;
  #sealedMs: number;
  /** When alarms had a batch of their own, the newest last. */
  #alarmsMs: number[] = [];
  /** What is read is signed by another key than this: windows that were full, oldest first. */
  #held: Held[] | undefined;

  constructor(suite: Suite, parts: BatchWindowParts, options: BatchWindowOptions) {
    this.#suite = suite;
    this.#parts = parts;
    this.#options = options;
    this.#sealedMs = parts.clock.monotonicMs();
  }

  /**
   * Adds one pack to the window; what would not fit into one batch with it is sealed before. One that is
   * urgent is never left out, and the window is sealed with it. Of a value that is another each time that
   * would be a signature and an entry a reading: beyond some in a second it waits like all else.
   */
  add(
    device: string,
    pack: Pack,
    { isUrgent = false }: { readonly isUrgent?: boolean } = {},
  ): void {
    if (this.#leavesOut(device, pack, isUrgent)) return;
    const bytes = encodePack(pack);
    const isFull =
      this.#taken.length >= limits.batchPacksMax ||
      this.#takenBytes + bytes.length > limits.batchBytesMax;
    if (isFull) this.#sealOrHold();
    this.#taken.push({ device, timeMs: pack.timeMs, bytes });
    this.#takenBytes += bytes.length;
    if (isUrgent && this.#mayHurry()) this.seal();
  }

  /** To be called once a window. */
  seal(): void {
    if (this.#held === undefined) this.#seal();
  }

  /** The last window: what was left out and not stated yet would never be. */
  end(): void {
    if (this.#held !== undefined) return;
    this.#loseThinned();
    this.#stateGaps();
    this.#seal();
  }

  /** What is read from now on is not signed by this key, as far as there is room for it. */
  hold(): void {
    this.end();
    this.#held ??= [];
  }

  /** All as before. */
  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const { taken } of held) this.#submitBatch(taken);
  }

  /** What was held; it is gone from here. */
  takeHeld(): readonly Unsealed[] {
    if (this.#held === undefined) return [];
    if (this.#taken.length > 0) this.#holdWindow(this.#held);
    return this.#held
      .splice(0)
      .map(({ taken, ...rest }) => ({ packs: taken.map(({ bytes }) => bytes), ...rest }));
  }

  #leavesOut(device: string, { schemaId, timeMs }: Pack, isUrgent: boolean): boolean {
    const { thinnedMs = 0 } = this.#options;
    const series = `${device} ${toHex(schemaId)}`;
    const sinceMs = timeMs - (this.#keptMs.get(series) ?? Number.NEGATIVE_INFINITY);
    const isSoon = sinceMs >= 0 && sinceMs < thinnedMs;
    // What is held takes no room in the outbox, and its gaps would have no signer.
    if (isSoon && !isUrgent && this.#held === undefined && this.#parts.sink.isOutboxFilling()) {
      const toMs = timeMs;
      const one = { device, reason: 'thinned', fromMs: timeMs, toMs, packCount: 1 };
      count(this.#thinned, series, one);
      return true;
    }
    // A gap with each pack that is kept, and not with each that is not: it takes as much room.
    const thinned = this.#thinned.get(series);
    this.#thinned.delete(series);
    if (thinned !== undefined) this.#lose(thinned);
    this.#keptMs.set(series, timeMs);
    return false;
  }

  #mayHurry(): boolean {
    const nowMs = this.#parts.clock.monotonicMs();
    this.#alarmsMs = this.#alarmsMs.filter((atMs) => nowMs - atMs < 1_000);
    if (this.#alarmsMs.length >= limits.alarmBatchesPerSecondMax) return false;
    this.#alarmsMs.push(nowMs);
    return true;
  }

  #sealOrHold(): void {
    const hasRoom = this.#held !== undefined && this.#held.length < limits.heldBatchesMax;
    if (this.#held !== undefined && hasRoom) this.#holdWindow(this.#held);
    else this.#seal();
  }

  #holdWindow(held: Held[]): void {
    const { clock } = this.#parts;
    held.push({ taken: this.#taken, timeMs: clock.nowMs(), clock: clock.state() });
    this.#taken = [];
    this.#takenBytes = 0;
  }

  #seal(): void {
    const nowMs = this.#parts.clock.monotonicMs();
    const isSilent = nowMs - this.#sealedMs >= this.#options.silenceMs;
    if (this.#taken.length === 0 && !isSilent) return;
    this.#sealedMs = nowMs;
    const taken = this.#taken;
    this.#taken = [];
    this.#takenBytes = 0;
    this.#stateGaps();
    this.#submitBatch(taken);
  }

  #submitBatch(taken: readonly Taken[]): void {
    const { signer, sink, clock, random } = this.#parts;
    const packs = taken.map(({ bytes }) => bytes);
    const secret = random(32);
    const payload = encodeBatch({
      gateway: toKeyId(signer.keyId),
      sequence: toSequence(sink.nextSequence()),
      packCount: packs.length,
      packRoot: packRoot(this.#suite, secret, packs),
      timeMs: clock.nowMs(),
      clock: clock.state(),
    });
    const entry = { entry: this.#sign('reading-batch', payload), packs: { secret, packs } };
    this.#submit(entry, (reason) => {
      for (const { device, timeMs } of taken) {
        this.#lose({ device, reason, fromMs: timeMs, toMs: timeMs, packCount: 1 });
      }
    });
  }

  #stateGaps(): void {
    const { signer, sink } = this.#parts;
    if (!sink.isOutboxFilling()) this.#loseThinned();
    const lost = [...this.#lost.values()];
    this.#lost.clear();
    for (const one of lost) {
      const gateway = toKeyId(signer.keyId);
      const sequence = toSequence(sink.nextSequence());
      const payload = encodeGap({ gateway, sequence, ...one });
      // One that the chain refuses would be refused again.
      this.#submit({ entry: this.#sign('gap', payload) }, (reason) => {
        if (reason === outboxFull) this.#lose(one);
      });
    }
  }

  #sign(kind: EntryKind, payload: Uint8Array): Uint8Array {
    const { signer, sink } = this.#parts;
    return signEntry({ kind, payload, chainId: sink.chainId }, signer);
  }

  /** What ends the chain's loop is told by the loop itself, not here. */
  #submit(entry: BlockEntry, onLost: (reason: string) => void): void {
    const { sink, log } = this.#parts;
    sink.submit(entry).then(
      (applied) => {
        this.#noteOutbox({ isFull: false });
        if (applied.kind !== 'refused') return;
        log.error('entry-refused', { reason: applied.reason, height: applied.height });
        onLost(`refused: ${applied.reason}`);
      },
      (error: unknown) => {
        if (!(error instanceof TielineError) || error.code !== outboxFull) return;
        this.#noteOutbox({ isFull: true });
        onLost(outboxFull);
      },
    );
  }

  /** Told when it changes, not with every batch. */
  #noteOutbox({ isFull }: { readonly isFull: boolean }): void {
    if (isFull === this.#isOutboxFull) return;
    this.#isOutboxFull = isFull;
    if (isFull) this.#parts.log.error('readings-not-kept', { reason: outboxFull });
    else this.#parts.log.info('readings-kept-again');
  }

  #loseThinned(): void {
    for (const one of this.#thinned.values()) this.#lose(one);
    this.#thinned.clear();
  }

  #lose(more: Lost): void {
    count(this.#lost, `${more.device} ${more.reason}`, more);
  }
}

function count(losses: Map<string, Lost>, key: string, more: Lost): void {
  const lost = losses.get(key) ?? { ...more, packCount: 0 };
  losses.set(key, {
    ...lost,
    fromMs: Math.min(lost.fromMs, more.fromMs),
    toMs: Math.max(lost.toMs, more.toMs),
    packCount: lost.packCount + more.packCount,
  });
}

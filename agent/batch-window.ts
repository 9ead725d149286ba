// SPDX-License-Identifier: Apache-2.0
// Collects the packs of a short window and seals them into one signed reading batch. Every window that has
// packs makes a batch; a silent gateway makes an empty one each minute, so that silence shows. What the outbox
// does not take is counted and stated in a signed gap as soon as it takes something again.

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
import type { Applied } from '../sidechain/store/submissions.ts';

/** Where signed entries go. */
export type EntrySink = {
  readonly chainId: Uint8Array;
  readonly nextSequence: () => number;
  /** Takes its place at once; resolves when a block has judged it, rejects `outbox-full` when not taken. */
  readonly submit: (entry: BlockEntry) => Promise<Applied>;
};

export type BatchWindowOptions = {
  readonly windowMs: number;
  /** Longest time without a batch. */
  readonly silenceMs: number;
};

type Taken = { readonly device: string; readonly pack: Pack };
type Lost = { readonly fromMs: number; readonly toMs: number; readonly packCount: number };

export class BatchWindow {
  readonly #suite: Suite;
  readonly #signer: Signer;
  readonly #sink: EntrySink;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #random: (length: number) => Uint8Array;
  readonly #options: BatchWindowOptions;
  readonly #lost = new Map<string, Lost>();
  #taken: Taken[] = [];
  #sealedMs: number;

  constructor(
    suite: Suite,
    parts: {
      readonly signer: Signer;
      readonly sink: EntrySink;
      readonly clock: Clock;
      readonly log: Log;
      readonly random: (length: number) => Uint8Array;
    },
    options: BatchWindowOptions,
  ) {
    this.#suite = suite;
    this.#signer = parts.signer;
    this.#sink = parts.sink;
    this.#clock = parts.clock;
    this.#log = parts.log;
    this.#random = parts.random;
    this.#options = options;
    this.#sealedMs = parts.clock.monotonicMs();
  }

  /** Adds one pack to the window; at the bound the window is sealed at once. */
  add(device: string, pack: Pack): void {
    this.#taken.push({ device, pack });
    if (this.#taken.length >= limits.batchPacksMax) this.seal();
  }

  /** To be called once a window. */
  seal(): void {
    const nowMs = this.#clock.monotonicMs();
    const silent = nowMs - this.#sealedMs >= this.#options.silenceMs;
    if (this.#taken.length === 0 && !silent) return;
    this.#sealedMs = nowMs;
    const taken = this.#taken;
    this.#taken = [];
    this.#stateGaps();
    this.#submitBatch(taken);
  }

  #submitBatch(taken: readonly Taken[]): void {
    const packs = taken.map(({ pack }) => encodePack(pack));
    const secret = this.#random(32);
    const payload = encodeBatch({
      gateway: toKeyId(this.#signer.keyId),
      sequence: toSequence(this.#sink.nextSequence()),
      packCount: packs.length,
      packRoot: packRoot(this.#suite, secret, packs),
      timeMs: this.#clock.nowMs(),
      clock: this.#clock.state(),
    });
    const entry = { entry: this.#sign('reading-batch', payload), packs: { secret, packs } };
    this.#submit(entry, () => {
      for (const { device, pack } of taken) {
        this.#lose(device, { fromMs: pack.timeMs, toMs: pack.timeMs, packCount: 1 });
      }
    });
  }

  /** One gap a device. */
  #stateGaps(): void {
    for (const [device, lost] of this.#lost) {
      this.#lost.delete(device);
      const payload = encodeGap({
        gateway: toKeyId(this.#signer.keyId),
        sequence: toSequence(this.#sink.nextSequence()),
        device,
        ...lost,
        reason: 'outbox-full',
      });
      this.#submit({ entry: this.#sign('gap', payload) }, () => this.#lose(device, lost));
    }
  }

  #sign(kind: EntryKind, payload: Uint8Array): Uint8Array {
    return signEntry({ kind, payload, chainId: this.#sink.chainId }, this.#signer);
  }

  /** What ends the chain's loop is told by the loop itself, not here. */
  #submit(entry: BlockEntry, onFull: () => void): void {
    this.#sink.submit(entry).then(
      (applied) => {
        if (applied.kind !== 'refused') return;
        this.#log.error('entry-refused', { reason: applied.reason, height: applied.height });
      },
      (error: unknown) => {
        if (error instanceof TielineError && error.code === 'outbox-full') onFull();
      },
    );
  }

  #lose(device: string, more: Lost): void {
    const lost = this.#lost.get(device);
    if (lost === undefined) this.#log.error('readings-not-kept', { device, reason: 'outbox-full' });
    this.#lost.set(device, {
      fromMs: Math.min(lost?.fromMs ?? more.fromMs, more.fromMs),
      toMs: Math.max(lost?.toMs ?? more.toMs, more.toMs),
      packCount: (lost?.packCount ?? 0) + more.packCount,
    });
  }
}

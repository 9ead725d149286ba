// SPDX-License-Identifier: Apache-2.0
// A simulated card: writes take time, and are on it for good once they are synced. What was not
// synced when the power goes is there, lost or torn. A sync may fail, the card may be full, a bit
// may rot. It does one thing at a time. Invariant: `truth` is what a correct start would find.

import { assert } from '../../../base/assert.ts';
import { DurableImage, type Transaction } from '../member/durable-image.ts';
import { encodeFrame, type Recovered, recover } from '../member/journal.ts';
import type { Random } from './random.ts';
import type { Timeline } from './timeline.ts';

export type WriteOutcome = 'durable' | 'failed';

type Write = {
  readonly transaction: Transaction;
  readonly isSynced: boolean;
  readonly done: (outcome: WriteOutcome) => void;
};

/** Bytes only where they are not those of the transaction: the others are made when they are read. */
type Frame = { readonly transaction: Transaction; readonly altered?: Uint8Array };

export type DiskPorts = {
  readonly timeline: Timeline;
  readonly random: Random;
  /** Told of each transaction once it can no longer be lost. */
  readonly onDurable: (transaction: Transaction) => void;
  /** How long a write takes when nothing is wrong. */
  readonly writeMsMax: number;
};

/** How often a stalled disk is tried again: a stall may end early. */
const stallStepMs = 100;

/** So many frames are read one by one at a start; older ones are folded together. */
const framesMax = 200;

export class SimulatedDisk {
  truth = new DurableImage();
  isFull = false;
  /** The next sync fails. */
  isSyncFailing = false;
  /** Nothing comes back before then. */
  stalledUntilMs = 0;
  /** Called when a write has begun: a test of what happens in the middle of one. */
  onWrite: (() => void) | undefined;
  readonly #ports: DiskPorts;
  /** What is on the card for good: the oldest as an image, the newer ones as frames. */
  #folded = new DurableImage();
  #frames: Frame[] = [];
  /** Written and not yet synced: in the memory of the operating system. */
  #cached: Transaction[] = [];
  #writes: Write[] = [];
  #isBusy = false;
  #isRotten = false;
  /** Counts power cuts: a write of the life before does not come back. */
  #life = 0;

  constructor(ports: DiskPorts) {
    this.#ports = ports;
  }

  /** Puts that on a new card, before anything else. */
  format(image: DurableImage): void {
    this.#folded = image.copy();
    this.#frames = [];
    this.truth = image.copy();
  }

  /** One transaction, on the card with all before it when `done` says `durable`. */
  write(transaction: Transaction, done: Write['done'], isSynced = true): void {
    this.#writes.push({ transaction, isSynced, done });
    this.#next();
  }

  /** @returns how what had not been synced ended. */
  cutPower(): 'nothing-lost' | 'lost' | 'torn' {
    const { random } = this.#ports;
    this.#life += 1;
    this.#isBusy = false;
    const writing = this.#writes[0];
    this.#writes = [];
    const unsynced = [...this.#cached];
    if (writing !== undefined && !this.isFull) unsynced.push(writing.transaction);
    this.#cached = [];
    if (unsynced.length === 0) return 'nothing-lost';
    const keptCount = random.between(0, unsynced.length);
    for (const transaction of unsynced.slice(0, keptCount)) this.#keep(transaction);
    const next = unsynced[keptCount];
    if (next === undefined) return 'nothing-lost';
    if (random.chance(0.5)) return 'lost';
    this.#frames.push({ transaction: next, altered: this.#torn(encodeFrame(next)) });
    return 'torn';
  }

  /** What a start reads; a torn end is cut off for good. */
  read(): Recovered {
    assert(!this.#isBusy, 'a start comes after a power cut');
    const frames = this.#frames.map(bytesOf);
    const recovered = recover(this.#folded, frames);
    if (recovered.kind === 'sound') {
      this.#folded = recovered.image.copy();
      this.#frames = [];
    }
    return recovered;
  }

  /** A bit of some frame flips. The newest is spared: nobody can tell its damage from a torn write.
   * @returns false if there is nothing that could rot. */
  rot(): boolean {
    const { random } = this.#ports;
    const place = random.between(0, this.#frames.length - 2);
    const frame = this.#frames[place];
    if (frame === undefined || place === this.#frames.length - 1) return false;
    const altered = Uint8Array.from(bytesOf(frame));
    const at = random.between(0, altered.length - 1);
    altered[at] = (altered[at] ?? 0) ^ (1 << random.between(0, 7));
    this.#frames[place] = { ...frame, altered };
    this.#isRotten = true;
    return true;
  }

  #next(): void {
    const write = this.#writes[0];
    if (write === undefined || this.#isBusy) return;
    this.#isBusy = true;
    const { random, writeMsMax } = this.#ports;
    this.#wait(write, random.between(1, writeMsMax));
    this.onWrite?.();
  }

  #wait(write: Write, delayMs: number): void {
    const { timeline } = this.#ports;
    const life = this.#life;
    timeline.after(delayMs, () => {
      if (life !== this.#life) return;
      if (this.stalledUntilMs > timeline.nowMs) this.#wait(write, stallStepMs);
      else this.#finish(write);
    });
  }

  #finish(write: Write): void {
    this.#isBusy = false;
    this.#writes.shift();
    const outcome = this.#store(write);
    write.done(outcome);
    this.#next();
  }

  #store({ transaction, isSynced }: Write): WriteOutcome {
    if (this.isFull) return 'failed';
    if (this.isSyncFailing && isSynced) {
      // The operating system gives the pages up, and would report success the next time.
      this.isSyncFailing = false;
      this.#cached = [];
      return 'failed';
    }
    this.#cached.push(transaction);
    if (!isSynced) return 'durable';
    for (const one of this.#cached) this.#keep(one);
    this.#cached = [];
    if (this.#frames.length > framesMax && !this.#isRotten) this.#fold();
    return 'durable';
  }

  #keep(transaction: Transaction): void {
    this.#frames.push({ transaction });
    this.truth.commit(transaction);
    this.#ports.onDurable(transaction);
  }

  #fold(): void {
    this.#folded = this.truth.copy();
    this.#frames = [];
  }

  /** Cut short, or of its full length with nothing but zeros behind some place. */
  #torn(bytes: Uint8Array): Uint8Array {
    const { random } = this.#ports;
    const end = random.between(0, bytes.length - 1);
    if (random.chance(0.5)) return bytes.slice(0, end);
    return Uint8Array.from(bytes, (byte, i) => (i < end ? byte : 0));
  }
}

function bytesOf({ transaction, altered }: Frame): Uint8Array {
  return altered ?? encodeFrame(transaction);
}

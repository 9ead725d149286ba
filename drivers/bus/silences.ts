// SPDX-License-Identifier: Apache-2.0
// How long a line must be silent before the next request, and which device on it is left alone.
// Answers carry no number, so a late one looks like the answer to the next request: the device that
// it may come from rests for longer than any answer is late. The others can tell it by its sender
// and need not wait, once it is clear that none is coming. Pure: it is told the time.

import { limits } from '../../base/limits.ts';

export type SilenceSettings = {
  /** Before any request. */
  readonly gapMs: number;
  /** Rest of a device after it did not answer. */
  readonly settleMs: number;
  /** Rest of a device after it did. */
  readonly deviceGapMs: number;
};

export type Outcome = {
  readonly peer: string;
  /** `silent`: nothing came. `bad`: something that is no answer. */
  readonly kind: 'answered' | 'silent' | 'bad';
  readonly atMs: number;
  /** How long was waited, and how long its answer takes on the wire. */
  readonly timeoutMs: number;
  readonly answerMs: number;
};

type Peer = {
  readonly restUntilMs: number;
  /** Times that it was silent in a row. */
  readonly silentCount: number;
  /** Whether something came after it had been silent: it may be late again. */
  readonly late: boolean;
};

const newPeer: Peer = { restUntilMs: 0, silentCount: 0, late: false };

// After something that was no answer: USB adapters hand bytes over up to 16 ms late, and a busy
// system takes its time.
const disturbedMs = 50;
// A device that was silent more often than that, and never late, is not there.
const lateAnswersMax = 2;

export class Silences {
  readonly #settings: SilenceSettings;
  readonly #peers = new Map<string, Peer>();
  #silenceMs: number;
  #awaited: string | undefined;

  constructor(settings: SilenceSettings) {
    this.#settings = settings;
    this.#silenceMs = settings.gapMs;
  }

  /** Of the line, before the next request. */
  get silenceMs(): number {
    return this.#silenceMs;
  }

  /** When that device may be asked again. */
  restUntilMs(peer: string): number {
    return this.#peers.get(peer)?.restUntilMs ?? 0;
  }

  wasLate(peer: string): boolean {
    return this.#peers.get(peer)?.late ?? false;
  }

  noted(outcome: Outcome): void {
    if (outcome.kind === 'answered') this.#answered(outcome);
    else if (outcome.kind === 'silent') this.#wasSilent(outcome);
    else this.#bad(outcome);
  }

  /** Something came that belongs to no request: it may be from who was silent last. */
  stray(): void {
    this.#silenceMs = Math.max(disturbedMs, this.#silenceMs);
    if (this.#awaited === undefined) return;
    const peer = this.#peers.get(this.#awaited);
    if (peer !== undefined) this.#peers.set(this.#awaited, { ...peer, late: true });
    this.#awaited = undefined;
  }

  #answered({ peer, atMs }: Outcome): void {
    this.#set(peer, { ...newPeer, restUntilMs: atMs + this.#settings.deviceGapMs });
    this.#silenceMs = this.#settings.gapMs;
    if (this.#awaited === peer) this.#awaited = undefined;
  }

  #bad({ peer, atMs, timeoutMs, answerMs }: Outcome): void {
    const { settleMs, deviceGapMs } = this.#settings;
    this.stray();
    // The true answer may still be on its way.
    const restMs = Math.max(Math.min(settleMs, timeoutMs + answerMs), deviceGapMs);
    const { silentCount, late } = this.#peers.get(peer) ?? newPeer;
    this.#set(peer, { silentCount, late, restUntilMs: atMs + restMs });
  }

  #wasSilent({ peer, atMs, timeoutMs }: Outcome): void {
    const { gapMs, settleMs, deviceGapMs } = this.#settings;
    const { silentCount, late } = this.#peers.get(peer) ?? newPeer;
    const gone = silentCount >= lateAnswersMax && !late;
    this.#silenceMs = gone ? gapMs : Math.max(Math.min(settleMs, timeoutMs), gapMs);
    const restUntilMs = atMs + Math.max(settleMs, deviceGapMs);
    this.#set(peer, { silentCount: silentCount + 1, late, restUntilMs });
    this.#awaited = peer;
  }

  /** A scan asks many that are not there: who was asked longest ago is forgotten. */
  #set(name: string, peer: Peer): void {
    this.#peers.delete(name);
    this.#peers.set(name, peer);
    const [oldest] = this.#peers.keys();
    if (this.#peers.size > limits.linePeersMax && oldest !== undefined) this.#peers.delete(oldest);
  }
}

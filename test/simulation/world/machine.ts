// SPDX-License-Identifier: Apache-2.0
// A simulated machine: a card, a clock, and on them one life of a member after the other. Its id
// goes with the card: when the card is lost, the machine is gone, and another one takes its place.

import type { NodeId } from '../../../sidechain/raft/entry.ts';
import type { PeerMessage } from '../../../sidechain/raft/message.ts';
import type { Tell } from '../happening.ts';
import { DurableImage } from '../member/durable-image.ts';
import type { Process, StartProcess } from '../member/process.ts';
import { SimulatedDisk } from './disk.ts';
import type { Random } from './random.ts';
import type { Timeline } from './timeline.ts';
import { tickMs } from './weather.ts';

export type MachinePorts = {
  readonly timeline: Timeline;
  readonly random: Random;
  readonly startProcess: StartProcess;
  readonly writeMsMax: number;
  readonly send: (message: PeerMessage) => void;
  readonly tell: Tell;
  /** The process ended by itself. */
  readonly onEnded: () => void;
};

/** What waits for a process that stands still; more is lost. */
const waitingMax = 1_000;

export class Machine {
  readonly id: NodeId;
  readonly disk: SimulatedDisk;
  /** Never comes back: the card is lost, or it was taken out of service. */
  isGone = false;
  /** Something on its card is not what was written; its next start finds out. */
  isRotten = false;
  /** Of its clock to a true one. */
  skew = 1;
  readonly #ports: MachinePorts;
  #process: Process | undefined;
  #life = 0;
  #pausedUntilMs = 0;
  #waiting: (() => void)[] = [];

  constructor(id: NodeId, ports: MachinePorts) {
    const { timeline, random, writeMsMax, tell } = ports;
    this.id = id;
    this.#ports = ports;
    this.disk = new SimulatedDisk({
      timeline,
      random: random.stream('disk'),
      writeMsMax,
      onDurable: (transaction) => tell({ kind: 'durable', member: id, transaction }),
    });
  }

  /** What it promised is lost, or will be found to be. */
  get isLost(): boolean {
    return this.isGone || this.isRotten;
  }

  /** As long as it runs. */
  get process(): Process | undefined {
    return this.#process;
  }

  get isPaused(): boolean {
    return this.#pausedUntilMs > this.#ports.timeline.nowMs;
  }

  start(): void {
    if (this.isGone || this.#process !== undefined) return;
    const { timeline, random, startProcess, send, tell } = this.#ports;
    const { id: member } = this;
    const recovered = this.disk.read();
    if (recovered.kind === 'damaged') {
      this.isGone = true;
      tell({ kind: 'ended', member, why: 'its disk is damaged' });
      return;
    }
    this.#life += 1;
    const life = this.#life;
    const { image } = recovered;
    tell({ kind: 'started', member, image });
    this.#process = startProcess({
      id: member,
      image,
      random: random.next,
      after: (delayMs, run) => timeline.after(delayMs, () => this.#later(life, run)),
      write: (transaction, done, isSynced) => {
        const then = (outcome: 'durable' | 'failed'): void =>
          this.#later(life, () => done(outcome));
        this.disk.write(transaction, then, isSynced);
      },
      send: (message) => {
        tell({ kind: 'said', member, message });
        send(message);
      },
      tell,
      end: (why) => {
        this.crash(why);
        this.#ports.onEnded();
      },
    });
    this.#tickOn(life);
  }

  /** The power is gone: the process, and what was not on the card. @returns what became of that. */
  crash(why: string): 'nothing-lost' | 'lost' | 'torn' {
    if (this.#process === undefined) return 'nothing-lost';
    this.#process = undefined;
    this.#life += 1;
    this.#waiting = [];
    this.#pausedUntilMs = 0;
    this.#ports.tell({ kind: 'ended', member: this.id, why });
    return this.disk.cutPower();
  }

  /** The process stands still: no ticks, and what comes in waits. */
  pause(durationMs: number): void {
    const { timeline } = this.#ports;
    const life = this.#life;
    this.#pausedUntilMs = timeline.nowMs + durationMs;
    timeline.after(durationMs, () => {
      if (life === this.#life && !this.isPaused) this.resume();
    });
  }

  resume(): void {
    this.#pausedUntilMs = 0;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const run of waiting) run();
  }

  /** Starts again from nothing, which only who is no member in anybody's eyes may do under its old id. */
  startAnew(): void {
    this.crash('taken out');
    this.disk.format(new DurableImage());
    this.#ports.tell({ kind: 'emptied', member: this.id });
    this.start();
  }

  /** Has the process do that, now or when it goes on. @returns false if nobody is there. */
  call(act: (process: Process) => void): boolean {
    const process = this.#process;
    if (process === undefined) return false;
    this.#later(this.#life, () => act(process));
    return true;
  }

  /** Now, or when the process goes on; never in another life. */
  #later(life: number, run: () => void): void {
    const runInLife = (): void => {
      if (life === this.#life) run();
    };
    if (!this.isPaused) runInLife();
    else if (this.#waiting.length < waitingMax) this.#waiting.push(runInLife);
  }

  /** Ticks that fell into a pause are not made up for. */
  #tickOn(life: number): void {
    this.#ports.timeline.after(Math.max(Math.round(tickMs * this.skew), 1), () => {
      if (life !== this.#life) return;
      if (!this.isPaused) this.#process?.tick();
      this.#tickOn(life);
    });
  }
}

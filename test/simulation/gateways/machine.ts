// SPDX-License-Identifier: Apache-2.0
// A simulated machine that runs the real node: a card, clocks, a way to the network, and on them
// one life of a gateway after the other. A member that ends by itself is started again, as its
// supervisor would; one that says that it must never run again is not.

import { toHex } from '../../../base/bytes.ts';
import { messageOf, TielineError } from '../../../base/errors.ts';
import { limits } from '../../../base/limits.ts';
import type { Signer } from '../../../base/suite.ts';
import type { Log } from '../../../host/log.ts';
import { ofChannel } from '../../../sidechain/member-message.ts';
import { openNode, type SidechainNode } from '../../../sidechain/node.ts';
import type { NodeId } from '../../../sidechain/raft/entry.ts';
import type { NewBlock } from '../../../sidechain/store/applier.ts';
import type { Receiver, WireMessage } from '../../../sidechain/transport/transport.ts';
import type { Tell } from '../happening.ts';
import type { Random } from '../world/random.ts';
import type { Timeline } from '../world/timeline.ts';
import { Card } from './card.ts';
import { tellBlock, tellChange } from './card-news.ts';
import type { Founding } from './founding.ts';
import { newFile } from './founding.ts';
import { MachineClock } from './machine-clock.ts';
import type { Parcel } from './parcel.ts';
import type { GatewayWeather } from './weather.ts';
import { Wire } from './wire.ts';

export type MachinePorts = {
  readonly timeline: Timeline;
  readonly random: Random;
  readonly weather: GatewayWeather;
  readonly founding: Founding;
  readonly send: (parcel: Parcel) => void;
  readonly tell: Tell;
  /** It ended by itself, and nobody hurt it. */
  readonly onEnded: (machine: Machine, error: unknown) => void;
};

/** What waits for a process that stands still; more is lost. */
const waitingMax = 1_000;

export class Machine {
  readonly id: NodeId;
  readonly signer: Signer;
  readonly disk: Card;
  readonly clock: MachineClock;
  /** Never comes back. */
  isGone = false;
  /** Something on its card is not what was written. */
  isRotten = false;
  /** When its card held what it holds again; undefined where it was never taken back. */
  takenBackToMs: number | undefined;
  /** Who has told this life what it remembers of it. */
  readonly answeredBy = new Set<NodeId>();
  readonly #ports: MachinePorts;
  #life = 0;
  #isUp = false;
  #upSinceMs = 0;
  #node: SidechainNode | undefined;
  #wire: Wire | undefined;
  #ledTerm = 0;
  #pausedUntilMs = 0;
  #waiting: (() => void)[] = [];

  constructor(id: NodeId, signer: Signer, ports: MachinePorts) {
    const { timeline, random, weather, founding, tell } = ports;
    this.id = id;
    this.signer = signer;
    this.#ports = ports;
    this.clock = new MachineClock(timeline);
    this.disk = new Card(
      {
        timeline,
        random: random.stream('card'),
        writeMsMax: weather.writeMsMax,
        onChange: (change) => tellChange(id, change, { truth: this.disk.truth, tell }),
      },
      newFile(founding, signer.keyId),
    );
  }

  /** As long as it is open. */
  get node(): SidechainNode | undefined {
    return this.#node;
  }

  get isLost(): boolean {
    return this.isGone || this.isRotten || this.takenBackToMs !== undefined;
  }

  /** Whether it remembers what happened then. */
  wasUpAt(timeMs: number): boolean {
    return this.#isUp && this.#upSinceMs <= timeMs;
  }

  get isPaused(): boolean {
    return this.#pausedUntilMs > this.#ports.timeline.nowMs;
  }

  get skew(): number {
    return this.clock.rate;
  }

  set skew(rate: number) {
    this.clock.rate = rate;
  }

  start(): void {
    if (this.isGone || this.#isUp) return;
    this.#isUp = true;
    this.#life += 1;
    this.#upSinceMs = this.#ports.timeline.nowMs;
    this.answeredBy.clear();
    this.#ports.tell({ kind: 'started', member: this.id, image: this.disk.truth.copy() });
    void this.#live(this.#life);
  }

  /** The power is gone. @returns what became of what was being written. */
  crash(why: string): 'nothing-lost' | 'lost' | 'kept' {
    if (!this.#isUp) return 'nothing-lost';
    this.#isUp = false;
    this.#life += 1;
    this.#node = undefined;
    this.#wire = undefined;
    this.#waiting = [];
    this.#pausedUntilMs = 0;
    this.#ports.tell({ kind: 'ended', member: this.id, why });
    return this.disk.cutPower();
  }

  /** The process stands still: what is to happen in it waits. */
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

  /** Goes on from a card that holds what it held at that time. */
  takeBack(bytes: Uint8Array, heldMs: number): void {
    this.crash('its card is taken back');
    this.disk.replace(bytes);
    this.takenBackToMs = heldMs;
    this.#ports.tell({ kind: 'taken-back', member: this.id });
    this.start();
  }

  /** @returns false if nobody is there. */
  deliver(parcel: Parcel): boolean {
    if (this.#wire === undefined) return false;
    this.#later(this.#life, () => {
      this.#noteAnswer(parcel);
      this.#wire?.deliver(parcel);
    });
    return true;
  }

  lost(to: NodeId): void {
    this.#wire?.lost(to);
  }

  async #live(life: number): Promise<void> {
    try {
      const node = await this.#open(life);
      node.onApplied((block) => this.#toldOf(block));
      this.#node = node;
      await node.finished;
    } catch (error) {
      if (life === this.#life) this.#end(error);
    }
  }

  #open(life: number): Promise<SidechainNode> {
    const { random, weather, founding } = this.#ports;
    return openNode({
      database: this.disk.open((run) => this.#later(life, run)),
      suite: founding.suite,
      signer: this.signer,
      contracts: [],
      clock: this.clock,
      log: this.#log,
      random: (length) => Uint8Array.from({ length }, () => random.between(0, 255)),
      every: (intervalMs, run) => this.#every(life, intervalMs, run),
      rules: weather.rules,
      transport: async (receiver) => this.#openWire(life, receiver),
    });
  }

  #openWire(life: number, receiver: Receiver): Wire {
    const { founding, send } = this.#ports;
    const peers = founding.signers.map((_, i) => i + 1).filter((id) => id !== this.id);
    const wire = new Wire({
      ...{ id: this.id, peers, receiver },
      send: (parcel) => {
        this.#say(parcel.to, parcel.message);
        send(parcel);
      },
    });
    this.#wire = wire;
    this.#every(life, limits.transportTickMs, () => wire.tick());
    return wire;
  }

  #say(to: NodeId, message: WireMessage): void {
    const { tell } = this.#ports;
    const { id: member } = this;
    if (message.kind === 'channel') {
      const said = ofChannel(message);
      const words = said.ok ? `${said.value.kind} to ${to}` : `nonsense to ${to}`;
      const isSigned = said.ok && (said.value.kind === 'cosign' || said.value.kind === 'cosigned');
      if (isSigned) {
        const { size, root } = said.value;
        tell({ kind: 'cosigned', member, size, root: toHex(root) });
      } else {
        tell({ kind: 'noted', member, words });
      }
      return;
    }
    const isLeaders = message.kind === 'append' || message.kind === 'heartbeat';
    if (isLeaders && message.term > this.#ledTerm) {
      this.#ledTerm = message.term;
      tell({ kind: 'leads', member, term: message.term });
    }
    tell({ kind: 'said', member, message });
  }

  #noteAnswer({ from, message }: Parcel): void {
    const said = message.kind === 'channel' ? ofChannel(message) : undefined;
    if (said?.ok !== true || said.value.kind !== 'recalled' || this.answeredBy.has(from)) return;
    this.answeredBy.add(from);
    this.#ports.tell({ kind: 'answered', member: this.id, by: from });
  }

  #toldOf(block: NewBlock): void {
    tellBlock(this.id, block, this.#ports.tell);
  }

  #end(error: unknown): void {
    const code = error instanceof TielineError ? error.code : 'a fault';
    this.crash(`${code}: ${messageOf(error)}`);
    this.#ports.onEnded(this, error);
  }

  get #log(): Log {
    const nothing = (): void => {};
    const note = (event: string): void => {
      this.#ports.tell({ kind: 'noted', member: this.id, words: `log: ${event}` });
    };
    const log: Log = { debug: nothing, info: nothing, warn: note, error: note, child: () => log };
    return log;
  }

  /** What falls into a pause comes once, after it. */
  #every(life: number, intervalMs: number, run: () => void): () => void {
    let isStopped = false;
    const again = (): void => {
      const delayMs = Math.max(Math.round(intervalMs / this.clock.rate), 1);
      this.#ports.timeline.after(delayMs, () => {
        if (life !== this.#life || isStopped) return;
        this.#later(life, () => {
          if (isStopped) return;
          run();
          again();
        });
      });
    };
    again();
    return () => {
      isStopped = true;
    };
  }

  /** Now, or when the process goes on; never in another life. */
  #later(life: number, run: () => void): void {
    const runInLife = (): void => {
      if (life === this.#life) run();
    };
    if (!this.isPaused) runInLife();
    else if (this.#waiting.length < waitingMax) this.#waiting.push(runInLife);
  }
}

// SPDX-License-Identifier: Apache-2.0
// The real core, driven as its contract asks: persist → send → apply → advance, one write at a time or with
// several under way. A write that fails, or does not come back, ends the process.

import { assert } from '../../../base/assert.ts';
import { fromUtf8, utf8 } from '../../../base/bytes.ts';
import {
  type ConfigurationChange,
  decodeChange,
} from '../../../sidechain/raft/configuration/change.ts';
import type { Entry, NodeId } from '../../../sidechain/raft/entry.ts';
import type { Message, PeerMessage } from '../../../sidechain/raft/message.ts';
import type { RaftOptions } from '../../../sidechain/raft/options.ts';
import { RaftNode } from '../../../sidechain/raft/raft-node.ts';
import type { Ready } from '../../../sidechain/raft/ready.ts';
import type { Status } from '../../../sidechain/raft/status.ts';
import type { HardState } from '../../../sidechain/raft/storage.ts';
import type { Applied, LogImage, Transaction } from './durable-image.ts';
import { applyToLedger, encodeOperation, type Ledger, type Operation } from './ledger.ts';
import { appliedOf, OfferingStorage } from './offering-storage.ts';
import type { Process, ProcessPorts, StartProcess } from './process.ts';

export type MemberSettings = Omit<RaftOptions, 'id' | 'storage' | 'random' | 'applied'> & {
  /** Applied entries that stay in the log, for those who lag a little behind. */
  readonly keptEntries: number;
  /** Entries that are forgotten at once: each time is a write. */
  readonly compactedAtOnce: number;
  /** How long applying takes now and then, with several writes under way: it holds up nothing else. */
  readonly applyMsMax: number;
  /** A write that takes longer ends the process: nobody follows a leader that cannot write. */
  readonly writeTicksMax: number;
};

/** How often applying takes long. */
const slowApplyRate = 0.05;

export function raftMember(settings: MemberSettings): StartProcess {
  return (ports) => new RaftMember(ports, settings);
}

class RaftMember implements Process {
  readonly #ports: ProcessPorts;
  readonly #settings: MemberSettings;
  readonly #node: RaftNode;
  readonly #storage: OfferingStorage;
  /** The log as the core has handed it out. */
  readonly #taken: LogImage;
  #applied: Applied;
  /** The newest hard state, unless it is written or being written. */
  #unwritten: HardState | undefined;
  #isBusy = false;
  /** With several writes under way: what waits for the disk, and what waits to be applied. */
  #toAppend: readonly Ready[] = [];
  #isAppending = false;
  #toApply: readonly Ready[] = [];
  #isApplying = false;
  /** Ticks that the writes under way have seen, the oldest first. */
  #writeTicks: { count: number }[] = [];

  constructor(ports: ProcessPorts, settings: MemberSettings) {
    const { id, image, random } = ports;
    const { keptEntries, compactedAtOnce, applyMsMax, writeTicksMax, ...options } = settings;
    this.#ports = ports;
    this.#settings = settings;
    this.#applied = image.applied;
    this.#taken = image.log.copy();
    this.#storage = new OfferingStorage(image);
    const applied = image.applied.ledger.index;
    this.#node = new RaftNode({ ...options, id, random, storage: this.#storage, applied });
  }

  tick(): void {
    for (const ticks of this.#writeTicks) ticks.count += 1;
    if ((this.#writeTicks[0]?.count ?? 0) > this.#settings.writeTicksMax) {
      this.#ports.end('the disk does not answer');
      return;
    }
    this.#node.tick();
    this.#work();
  }

  receive(message: PeerMessage): void {
    this.#node.step(message);
    this.#work();
  }

  submit(operation: Operation, paddingLength: number): void {
    this.#node.propose([encodeOperation(operation, paddingLength)]);
    this.#work();
  }

  read(read: number): void {
    this.#node.readIndex(utf8(`${read}`));
    this.#work();
  }

  change(change: ConfigurationChange): boolean {
    const proposed = this.#node.proposeChange(change);
    this.#work();
    return proposed.ok;
  }

  transfer(to: NodeId): void {
    this.#node.transferLeader(to);
    this.#work();
  }

  reportUnreachable(id: NodeId): void {
    this.#node.reportUnreachable(id);
    this.#work();
  }

  reportSnapshot(id: NodeId, outcome: 'delivered' | 'failed'): void {
    this.#node.reportSnapshot(id, outcome);
    this.#work();
  }

  forgetLeader(): void {
    this.#node.forgetLeader();
    this.#work();
  }

  status(): Status {
    return this.#node.status();
  }

  ledger(): Ledger {
    return this.#applied.ledger;
  }

  #work(): void {
    if (this.#settings.asyncStorageWrites === true) this.#handOut();
    else this.#turn();
  }

  #turn(): void {
    if (this.#isBusy || !this.#node.hasReady()) return;
    this.#isBusy = true;
    const ready = this.#take();
    this.#persist(ready, () => {
      for (const message of ready.messages) this.#send(message);
      this.#apply(ready.committed, () => {
        this.#node.advance();
        this.#compact();
        this.#isBusy = false;
        this.#turn();
      });
    });
  }

  #handOut(): void {
    while (this.#node.hasReady()) {
      const ready = this.#take();
      for (const message of ready.messages) this.#send(message);
      this.#toAppend = [...this.#toAppend, ready];
      if (ready.committed.length > 0) this.#toApply = [...this.#toApply, ready];
    }
    this.#appendNext();
    this.#applyNext();
  }

  #appendNext(): void {
    const [ready, ...rest] = this.#toAppend;
    if (ready === undefined || this.#isAppending) return;
    // The state that a snapshot replaces is not changed any more.
    if (ready.snapshot !== undefined && (this.#isApplying || this.#toApply.length > 0)) return;
    this.#toAppend = rest;
    this.#isAppending = true;
    this.#persist(ready, () => {
      this.#isAppending = false;
      this.#respond(ready.appendResponses);
      this.#handOut();
    });
  }

  #applyNext(): void {
    const [ready, ...rest] = this.#toApply;
    if (ready === undefined || this.#isApplying) return;
    this.#toApply = rest;
    this.#isApplying = true;
    const { after, random } = this.#ports;
    const delayMs = random() < slowApplyRate ? Math.floor(random() * this.#settings.applyMsMax) : 0;
    after(delayMs, () =>
      this.#apply(ready.committed, () => {
        this.#isApplying = false;
        this.#respond(ready.applyResponses);
        this.#compact();
        this.#handOut();
      }),
    );
  }

  #respond(messages: readonly Message[]): void {
    for (const message of messages) {
      if (message.to === this.#ports.id) this.#node.step(message);
      else this.#send(message);
    }
  }

  #take(): Ready {
    const ready = this.#node.ready();
    if (ready.snapshot !== undefined) this.#taken.restart(ready.snapshot);
    this.#taken.append(ready.entries);
    const status = this.#node.status();
    this.#ports.tell({ kind: 'took', member: status.id, ready, status, log: this.#taken });
    return ready;
  }

  #send(message: Message): void {
    const isLocal =
      message.kind === 'storage-append-response' || message.kind === 'storage-apply-response';
    assert(!isLocal, 'what is for ourselves is not sent');
    this.#ports.send(message);
  }

  #persist(ready: Ready, done: () => void): void {
    const { entries, mustSync } = ready;
    // What need not be written alone has to be there once what comes after it is: a member that has
    // a change of members in its log, and has forgotten that the one before is committed, campaigns
    // by voters of long ago.
    const hardState = ready.hardState ?? this.#unwritten;
    this.#unwritten = mustSync ? undefined : hardState;
    const snapshot = ready.snapshot === undefined ? undefined : appliedOf(ready.snapshot);
    const written = (): void => {
      if (hardState !== undefined) this.#storage.setHardState(hardState);
      if (ready.snapshot !== undefined) this.#storage.applySnapshot(ready.snapshot);
      if (snapshot !== undefined) this.#applied = snapshot;
      this.#storage.append(entries);
      for (const { index, context } of ready.readStates) {
        const read = Number(fromUtf8(context));
        this.#ports.tell({ kind: 'read-confirmed', member: this.#ports.id, read, index });
      }
      done();
    };
    if (mustSync) this.#write({ kind: 'log', hardState, snapshot, entries }, written);
    else written();
  }

  #apply(entries: readonly Entry[], done: () => void): void {
    if (entries.length === 0) {
      done();
      return;
    }
    const settled = entries.flatMap((entry) => this.#applyOne(entry));
    const applied = this.#applied;
    this.#write({ kind: 'applied', applied }, () => {
      this.#storage.applied = applied;
      for (const operation of settled) {
        this.#ports.tell({ kind: 'settled', member: this.#ports.id, operation });
      }
      done();
    });
  }

  /** @returns the operation of it that its submitter may now rely on. */
  #applyOne(entry: Entry): readonly Operation[] {
    const { ledger: before } = this.#applied;
    const { id: member, tell } = this.#ports;
    const step = applyToLedger(before, entry);
    this.#applied = { ...this.#applied, ledger: step.ledger };
    tell({ kind: 'applied', member, entry, before, step });
    if (entry.kind === 'config') {
      const change = decodeChange(entry.data);
      assert(change.ok, 'a committed change can be read');
      const configuration = this.#node.applyChange(change.value);
      this.#applied = { ...this.#applied, configuration };
      tell({ kind: 'configured', member, configuration });
    }
    // Taken before is as good as taken now: it is in the ledger, once.
    return step.judged === undefined || step.judged.verdict === 'gap'
      ? []
      : [step.judged.operation];
  }

  #compact(): void {
    const index = this.#storage.applied.ledger.index - this.#settings.keptEntries;
    if (index < this.#storage.firstIndex() + this.#settings.compactedAtOnce) return;
    this.#storage.compact(index);
    this.#write({ kind: 'compacted', index }, () => {});
  }

  #write(transaction: Transaction, done: () => void): void {
    const ticks = { count: 0 };
    this.#writeTicks.push(ticks);
    this.#ports.write(transaction, (outcome) => {
      this.#writeTicks.shift();
      if (outcome === 'durable') done();
      else this.#ports.end('a write failed');
    });
  }
}

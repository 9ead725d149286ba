// SPDX-License-Identifier: Apache-2.0
// What this gateway reports of other members to the centre: evidence, and entries that a leader
// withholds. Signed once and on disk before it is sent, and sent again until the centre has
// answered. What it has taken or refused for good is remembered by its subject, and not said again.

import { toHex } from '../../base/bytes.ts';
import { limits } from '../../base/limits.ts';
import type { Signer, Suite } from '../../base/suite.ts';
import type { Log } from '../../host/log.ts';
import type { Answer } from '../../sidechain/chain/answer.ts';
import {
  evidenceReport,
  type Report,
  signReport,
  subjectOf,
} from '../../sidechain/chain/report.ts';
import type { Reportable } from '../../sidechain/reportable.ts';
import { Resend } from './resend.ts';

export type ReportPorts = {
  readonly chainId: Uint8Array;
  readonly signer: Signer;
  readonly reportable: () => Reportable;
  /** Signed reports by subject; empty for what was answered. */
  readonly store: {
    readonly load: () => Promise<ReadonlyMap<string, Uint8Array>>;
    readonly save: (subject: string, bytes: Uint8Array) => Promise<void>;
  };
  readonly nowMs: () => number;
  readonly log: Log;
};

type Waiting = { readonly bytes: Uint8Array; readonly hash: string; readonly resend: Resend };

/** The centre may take it later. */
const passing: ReadonlySet<string> = new Set(['unknown-chain', 'centre', 'full']);

export class ReportQueue {
  readonly #suite: Suite;
  readonly #ports: ReportPorts;
  readonly #waiting = new Map<string, Waiting>();
  readonly #answered = new Set<string>();
  #withheldMs = Number.NEGATIVE_INFINITY;
  #takenCount = 0;

  private constructor(suite: Suite, ports: ReportPorts) {
    this.#suite = suite;
    this.#ports = ports;
  }

  static async open(suite: Suite, ports: ReportPorts): Promise<ReportQueue> {
    const queue = new ReportQueue(suite, ports);
    for (const [subject, bytes] of await ports.store.load()) {
      if (bytes.length === 0) queue.#answered.add(subject);
      else queue.#wait(subject, bytes);
    }
    return queue;
  }

  get waitingCount(): number {
    return this.#waiting.size;
  }

  /** Reports that the centre has taken since the start. */
  get takenCount(): number {
    return this.#takenCount;
  }

  /** The broker is there again. */
  connected(): void {
    for (const { resend } of this.#waiting.values()) resend.reset();
  }

  /** Messages to send now. What is new is on the disk before. */
  async due(nowMs: number): Promise<readonly Uint8Array[]> {
    await this.#takeUp(nowMs);
    const due = [...this.#waiting.values()].filter(({ resend }) => resend.isDue(nowMs));
    for (const { resend } of due) resend.sent(nowMs);
    return due.map(({ bytes }) => bytes);
  }

  /** Takes an answer whose signature was checked. */
  async answered(answer: Answer): Promise<void> {
    if (answer.kind !== 'noted' && answer.kind !== 'refused') return;
    const hash = toHex(answer.messageHash);
    const [subject] = [...this.#waiting].find(([, waiting]) => waiting.hash === hash) ?? [];
    if (subject === undefined) return;
    if (answer.kind === 'noted') {
      this.#takenCount += 1;
      this.#ports.log.info('report-taken', { subject });
    } else {
      const { code, detail } = answer;
      this.#ports.log.error('report-refused', { subject, code, detail });
      if (passing.has(code)) return;
    }
    await this.#ports.store.save(subject, new Uint8Array());
    this.#waiting.delete(subject);
    this.#answered.add(subject);
  }

  async #takeUp(nowMs: number): Promise<void> {
    const { chainId, reportable, nowMs: wallMs } = this.#ports;
    const { evidence, withheld } = reportable();
    for (const one of evidence) {
      const of = { chainId, publicKey: one.publicKey, timeMs: wallMs() };
      await this.#report(evidenceReport(this.#suite, one, of));
    }
    if (withheld === undefined || nowMs - this.#withheldMs < limits.complainAgainMs) return;
    this.#withheldMs = nowMs;
    await this.#report({ kind: 'withheld', timeMs: wallMs(), ...withheld });
  }

  async #report(report: Report): Promise<void> {
    const { chainId, signer, store, log } = this.#ports;
    const subject = subjectOf(report);
    if (this.#waiting.has(subject) || this.#answered.has(subject)) return;
    const bytes = signReport(report, chainId, signer);
    await store.save(subject, bytes);
    this.#wait(subject, bytes);
    log.warn('report', { subject });
  }

  #wait(subject: string, bytes: Uint8Array): void {
    const hash = toHex(this.#suite.sha256(bytes));
    this.#waiting.set(subject, { bytes, hash, resend: new Resend() });
  }
}

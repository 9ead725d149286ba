// SPDX-License-Identifier: Apache-2.0
// Hand-overs of the main log's keys, on their way down: who is on duty puts the next one on the sidechain.
// They prove themselves, so nobody has to have signed for their coming. What shows that keys of the log
// signed two things that exclude each other is an alarm.

import type { Suite } from '../../base/suite.ts';
import type { Log } from '../../host/log.ts';
import { judgeTrust, type KnownKeys } from '../../sidechain/chain/judge-trust.ts';
import { decodeTrust } from '../../sidechain/chain/trust.ts';

export type TrustPorts = {
  /** What the chain has of the main log's keys. */
  readonly known: () => KnownKeys;
  /** Puts a trust message on the chain; says why it was refused, where it was. */
  readonly commit: (message: Uint8Array) => Promise<string | undefined>;
  readonly log: Log;
};

export class TrustQueue {
  readonly #suite: Suite;
  readonly #ports: TrustPorts;
  #arrived: Uint8Array | undefined;
  #refusedCount = 0;
  #alarm: string | undefined;

  constructor(suite: Suite, ports: TrustPorts) {
    this.#suite = suite;
    this.#ports = ports;
  }

  /** Of two things that keys of the main log signed, and that exclude each other; undefined: none. */
  get alarm(): string | undefined {
    return this.#alarm;
  }

  /** Attacker-controlled. @returns whether it is such a message, whatever becomes of it. */
  arrived(payload: Uint8Array): boolean {
    if (!decodeTrust(payload).ok) return false;
    const judged = judgeTrust(this.#suite, payload, this.#ports.known());
    if (judged.ok) this.#arrived = payload;
    else this.#refused(judged);
    return true;
  }

  /** `patienceMs`: how long others are waited for; 0 on duty. @returns whether the chain has new keys. */
  async due(patienceMs: number): Promise<boolean> {
    const arrived = this.#arrived;
    this.#arrived = undefined;
    if (arrived === undefined || patienceMs > 0) return false;
    const reason = await this.#ports.commit(arrived);
    if (reason === undefined) this.#ports.log.info('trust', {});
    else this.#ports.log.warn('trust-not-taken', { reason });
    return reason === undefined;
  }

  #refused({ code, detail }: { readonly code: string; readonly detail: string }): void {
    // Two answers may cross, and one comes for each anchor.
    if (code === 'duplicate' || code === 'old') return;
    if (code === 'conflict' || code === 'fork') this.#alarm = `${code}: ${detail}`;
    this.#refusedCount += 1;
    // The first, the second, the fourth …: a flood does not fill the log.
    if (!Number.isInteger(Math.log2(this.#refusedCount))) return;
    const say = code === 'conflict' || code === 'fork' ? 'error' : 'warn';
    this.#ports.log[say]('trust-refused', { code, detail, count: this.#refusedCount });
  }
}

// SPDX-License-Identifier: Apache-2.0
// The two contacts of SG Ready as two coils of a relay module, switched together and read back. No
// switching within a minute of the last, but back to normal at any time. A block ends here after two
// hours, whoever forgets it: the contacts have no timer of their own.

import { monotonicMs } from '../bus/monotonic.ts';
import { type ControlLine, type Faulty, faulty } from '../line.ts';
import {
  blockMsMax,
  type SgReadyContacts as Contacts,
  coilsOf,
  isSgReadyContacts,
  type SgReady,
  switchingMsMin,
  waitMs,
} from './sg-ready.ts';

export type ContactsPlace = {
  readonly line: ControlLine;
  readonly unit: number;
  /** Of the first coil; the second follows it. */
  readonly address: number;
};

export type Switched = { readonly ok: true; readonly contacts: Contacts } | Faulty;

/** Told in tests. */
export type ContactsTime = {
  readonly nowMs: () => number;
  /** Returns what calls it off. */
  readonly after: (ms: number, run: () => void) => () => void;
};

const writeCoils = 15;

const realTime: ContactsTime = {
  nowMs: monotonicMs,
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

export class SgReadyContacts {
  readonly #place: ContactsPlace;
  readonly #time: ContactsTime;
  #state: SgReady | undefined;
  /** Calls off the end of a block that is under way, or may be. */
  #callOff: (() => void) | undefined;

  constructor(place: ContactsPlace, time: ContactsTime = realTime) {
    this.#place = place;
    this.#time = time;
  }

  /** As the module says. */
  async read(): Promise<Switched> {
    const { line, unit, address } = this.#place;
    const answer = await line.readCoils({ unit, address, count: 2 });
    if (!answer.ok) return answer;
    const contacts = answer.registers.join('');
    return isSgReadyContacts(contacts)
      ? { ok: true, contacts }
      : faulty({ kind: 'malformed', detail: `two coils, not ${contacts}` });
  }

  /** Never rejects. A fault where it is too early, the module refuses, or does not do it. */
  async set(contacts: Contacts): Promise<Switched> {
    if (this.#state?.contacts === contacts) return { ok: true, contacts };
    const ms = this.#state === undefined ? 0 : waitMs(this.#state, this.#time.nowMs());
    if (ms > 0) {
      const hint = `again in ${Math.ceil(ms / 1_000)} s`;
      return faulty({ kind: 'busy', detail: 'it was switched less than a minute ago', hint });
    }
    return this.#switch(contacts);
  }

  /** Back to normal, however short the time: who ends must not leave a house without heat. */
  release(): Promise<Switched> {
    return this.#switch('00');
  }

  /** Leaves the contacts as they are: a block that is not released has no end any more. */
  close(): void {
    this.#endLater(undefined);
  }

  async #switch(contacts: Contacts): Promise<Switched> {
    // Before the write: one without an answer may have been obeyed.
    if (contacts === '10' && this.#callOff === undefined) this.#endLater(blockMsMax);
    const done = await this.#write(contacts);
    if (done.ok && done.contacts !== '10') this.#endLater(undefined);
    return done;
  }

  /** Where the module cannot be reached then, it is tried until it can. */
  #endLater(ms: number | undefined): void {
    this.#callOff?.();
    this.#callOff =
      ms === undefined
        ? undefined
        : this.#time.after(ms, () => {
            this.#endLater(switchingMsMin);
            void this.release();
          });
  }

  async #write(contacts: Contacts): Promise<Switched> {
    const { line, unit, address } = this.#place;
    const values = coilsOf(contacts);
    this.#state = { contacts: undefined, sinceMs: this.#state?.sinceMs };
    const answer = await line.write({ unit, functionCode: writeCoils, address, values });
    if (!answer.ok) return answer;
    const now = await this.read();
    if (!now.ok || now.contacts === contacts)
      this.#state = { contacts, sinceMs: this.#time.nowMs() };
    if (!now.ok) return now;
    if (now.contacts === contacts) return now;
    const detail = `the module took ${contacts} and shows ${now.contacts}`;
    return faulty({ kind: 'malformed', detail, hint: 'check the addresses of the two coils' });
  }
}

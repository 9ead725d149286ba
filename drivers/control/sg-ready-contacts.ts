// SPDX-License-Identifier: Apache-2.0
// The two contacts of SG Ready as two coils of a relay module, switched together and read back. No
// switching within a minute of the last, but back to normal at any time.

import { monotonicMs } from '../bus/monotonic.ts';
import { type ControlLine, type Faulty, faulty } from '../line.ts';
import {
  type SgReadyContacts as Contacts,
  coilsOf,
  isSgReadyContacts,
  type SgReady,
  waitMs,
} from './sg-ready.ts';

export type ContactsPlace = {
  readonly line: ControlLine;
  readonly unit: number;
  /** Of the first coil; the second follows it. */
  readonly address: number;
};

export type Switched = { readonly ok: true; readonly contacts: Contacts } | Faulty;

const writeCoils = 15;

export class SgReadyContacts {
  readonly #place: ContactsPlace;
  readonly #nowMs: () => number;
  #state: SgReady | undefined;

  constructor(place: ContactsPlace, nowMs: () => number = monotonicMs) {
    this.#place = place;
    this.#nowMs = nowMs;
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
    const ms = this.#state === undefined ? 0 : waitMs(this.#state, this.#nowMs());
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

  async #switch(contacts: Contacts): Promise<Switched> {
    const { line, unit, address } = this.#place;
    const values = coilsOf(contacts);
    const answer = await line.write({ unit, functionCode: writeCoils, address, values });
    if (!answer.ok) return answer;
    const now = await this.read();
    if (!now.ok || now.contacts === contacts) this.#state = { contacts, sinceMs: this.#nowMs() };
    if (!now.ok) return now;
    if (now.contacts === contacts) return now;
    const detail = `the module took ${contacts} and shows ${now.contacts}`;
    return faulty({ kind: 'malformed', detail, hint: 'check the addresses of the two coils' });
  }
}

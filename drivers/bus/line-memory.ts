// SPDX-License-Identifier: Apache-2.0
// What was learned about the devices on one line: how long they take to answer, and which reads they
// refuse. It only saves time, so it may be lost; kept over a restart, nothing is learned twice.

import { limits } from '../../base/limits.ts';
import { isLatency, type Latency, noLatency } from './latency.ts';
import type { Patience } from './patience.ts';
import { readWireUse, type WireUse } from './wire-use.ts';

/** Of one device. */
export type Facts = {
  readonly latency: Latency;
  /** By the definition that it was read with: addresses at which a read begins. */
  readonly cuts: Readonly<Record<string, readonly number[]>>;
  /** Of one that had to be asked what it is, by the group of its values. */
  readonly wireUse?: Readonly<Record<string, WireUse>>;
};

/** By the device's address on the line, e.g. `unit 5`. */
export type LineFacts = Readonly<Record<string, Facts>>;

export class LineMemory {
  readonly #patience: Patience;
  readonly #cuts = new Map<string, Record<string, readonly number[]>>();
  readonly #wireUse = new Map<string, Readonly<Record<string, WireUse>>>();

  constructor(patience: Patience) {
    this.#patience = patience;
  }

  cutsOf(peer: string, definition: string): ReadonlySet<number> {
    return new Set(this.#cuts.get(peer)?.[definition]);
  }

  addCuts(peer: string, definition: string, cuts: ReadonlySet<number>): void {
    const all = [...new Set([...this.cutsOf(peer, definition), ...cuts])];
    const sorted = all.toSorted((a, b) => a - b);
    this.#cuts.set(peer, { ...this.#cuts.get(peer), [definition]: sorted });
  }

  noteWireUse(peer: string, group: number, use: WireUse): void {
    this.#wireUse.set(peer, { ...this.#wireUse.get(peer), [group]: use });
  }

  recall(facts: LineFacts): void {
    for (const [peer, { latency, cuts, wireUse }] of Object.entries(facts)) {
      if (wireUse !== undefined) this.#wireUse.set(peer, wireUse);
      this.#patience.recall(peer, latency);
      this.#cuts.set(peer, { ...cuts });
    }
  }

  facts(): LineFacts {
    const known = [this.#patience.peers(), this.#cuts.keys(), this.#wireUse.keys()];
    const peers = [...new Set(known.flatMap((some) => [...some]))];
    return Object.fromEntries(
      peers.toSorted().map((peer) => {
        const latency = this.#patience.latencyOf(peer);
        const wireUse = this.#wireUse.get(peer);
        const cuts = this.#cuts.get(peer) ?? {};
        return [peer, { latency, cuts, ...(wireUse === undefined ? {} : { wireUse }) }];
      }),
    );
  }
}

const version = 1;

/** The text of a file, from the facts of each line by its name. */
export function learnedText(lines: ReadonlyMap<string, LineFacts>): string {
  return `${JSON.stringify({ version, lines: Object.fromEntries(lines) })}\n`;
}

/** What cannot be understood is left out: the file may be of another version, or damaged. */
export function parseLearned(text: string): ReadonlyMap<string, LineFacts> {
  const file = jsonOf(text);
  if (!isObject(file) || file.version !== version) return new Map();
  return new Map(
    entriesOf(file.lines).map(([line, devices]) => {
      const facts = entriesOf(devices).flatMap(([peer, found]) =>
        isObject(found) ? [[peer, factsOf(found)] as const] : [],
      );
      return [line, Object.fromEntries(facts.slice(0, limits.linePeersMax))];
    }),
  );
}

function factsOf({ latency, cuts, wireUse }: Readonly<Record<string, unknown>>): Facts {
  const sound = entriesOf(cuts).flatMap(([definition, addresses]) =>
    isAddresses(addresses) ? [[definition, addresses] as const] : [],
  );
  const uses = entriesOf(wireUse).flatMap(([group, value]) => {
    const use = readWireUse(value);
    return use === undefined ? [] : [[group, use] as const];
  });
  return {
    latency: isLatency(latency) ? latency : noLatency,
    cuts: Object.fromEntries(sound),
    ...(uses.length === 0 ? {} : { wireUse: Object.fromEntries(uses) }),
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function entriesOf(value: unknown): readonly (readonly [string, unknown])[] {
  return isObject(value) ? Object.entries(value) : [];
}

function isAddresses(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((one) => Number.isInteger(one) && one >= 0);
}

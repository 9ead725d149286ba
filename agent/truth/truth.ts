// SPDX-License-Identifier: Apache-2.0
// Marks values that were read soundly and cannot be true. Nothing is ever taken away or altered:
// the quality beside a value says what speaks against it, and contracts count it. Invariant: a
// worse word of the driver stands.

import { type QualityCode, quality } from '../../base/quality.ts';
import type { DeviceValue, ReadValue } from '../../drivers/device.ts';
import { contradictions } from '../../drivers/physics.ts';
import { Frozen } from './frozen.ts';

/** A load that is switched between two registers contradicts itself once; a wrong map for ever. */
const contradictoryAfter = 3;

export class Truth {
  readonly #values: readonly DeviceValue[];
  readonly #frozen: Frozen;
  /** For each value, in how many readings in a row it contradicted the others. */
  readonly #doubts: number[];

  constructor(values: readonly DeviceValue[]) {
    this.#values = values;
    this.#frozen = new Frozen(values);
    this.#doubts = values.map(() => 0);
  }

  /** The reading with its marks; `monotonicMs` is when it was taken. */
  judge(reading: readonly ReadValue[], monotonicMs: number): readonly ReadValue[] {
    const contradictory = contradictions(this.#values, reading);
    const stale = new Set(this.#frozen.stale(reading, monotonicMs));
    return reading.map((value, place) => {
      const doubts = contradictory.has(place) ? (this.#doubts[place] ?? 0) + 1 : 0;
      this.#doubts[place] = doubts;
      if (stale.has(place)) return marked(value, quality.stale);
      return doubts >= contradictoryAfter ? marked(value, quality.inconsistent) : value;
    });
  }
}

function marked(value: ReadValue, code: QualityCode): ReadValue {
  if (value.mantissa === null || !undoubted.includes(value.quality)) return value;
  return { mantissa: value.mantissa, quality: code };
}

/** Of a value that nothing is known against. */
const undoubted: readonly QualityCode[] = [quality.good, quality.afterBusError, quality.unchecked];

// SPDX-License-Identifier: Apache-2.0
// A meter whose measuring part has stopped answers for ever with the same numbers. A mains voltage
// never stands still to a tenth of a volt for minutes, so values that do are stale. Devices without
// a voltage, or without supply, are left alone: a load that is off does stand still.

import type { DeviceValue, ReadValue } from '../../drivers/device.ts';

/** Not a digit has changed for so long, in so many readings. */
const frozenAfterMs = 600_000;
const frozenAfterReadings = 30;

export class Frozen {
  readonly #watched: readonly number[];
  readonly #voltages: readonly number[];
  #last = '';
  #sinceMs = 0;
  #count = 0;

  constructor(values: readonly DeviceValue[]) {
    const places = (is: (value: DeviceValue) => boolean): readonly number[] =>
      values.flatMap((value, place) => (is(value) ? [place] : []));
    this.#watched = places(({ kind }) => kind === 'instantaneous');
    this.#voltages = places(({ kind, unit }) => kind === 'instantaneous' && unit === 'V');
  }

  /** Places of the values that have stood still for too long. `monotonicMs`: of this reading. */
  stale(reading: readonly ReadValue[], monotonicMs: number): readonly number[] {
    const isLive = this.#voltages.some((place) => (reading[place]?.mantissa ?? 0) !== 0);
    const digits = this.#watched.map((place) => reading[place]?.mantissa ?? '-').join();
    if (!isLive || digits !== this.#last) {
      this.#last = digits;
      this.#sinceMs = monotonicMs;
      this.#count = 1;
      return [];
    }
    this.#count += 1;
    const isLong = monotonicMs - this.#sinceMs >= frozenAfterMs;
    return isLong && this.#count >= frozenAfterReadings ? this.#watched : [];
  }
}

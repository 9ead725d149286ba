// SPDX-License-Identifier: Apache-2.0
// A device on a line, whatever its protocol: what its packs hold, and how to read it once. What
// schedules, signs or shows readings knows this shape alone. Invariant: a reading has one value for
// each of `values`, in their order.

import type { MeterRecord } from '../base/pack.ts';
import type { QualityCode } from '../base/quality.ts';
import type { ValueSchema } from '../base/schema.ts';
import type { AskOptions, Faulty, LineFault } from './line.ts';

export type DeviceValue = ValueSchema & {
  /** For people: `voltage L1`. */
  readonly name: string;
};

export type Device = {
  /** Id in the catalogue; named in the schema. */
  readonly definition: string;
  /** `<vendor>-<model>-<serial>` where the device itself says so. */
  readonly identity?: string;
  /** What a pack holds, in order. */
  readonly values: readonly DeviceValue[];
  /** What a reading takes on the wire, for planning; none where the device speaks by itself. */
  readonly exchanges: readonly ExchangeSize[];
  /** What it takes once a minute besides. */
  readonly exchangesPerMinute?: readonly ExchangeSize[];
  /** What is asked for one pack, in the protocol's words, for the schema: `modbus fc=4 0+76`. */
  readonly request: string;
  /** Never rejects. A device that does not answer is asked only once a reading. */
  readonly read: (options?: AskOptions) => Promise<Reading>;
};

export type Found = { readonly ok: true; readonly device: Device } | Faulty;

export type ExchangeSize = {
  /** Bytes of whole frames. */
  readonly sentBytes: number;
  readonly answerBytes: number;
  /** Where it is not the line's. */
  readonly baudRate?: number;
};

export type Reading = {
  readonly values: readonly ReadValue[];
  /** What went wrong on the way, in the order it did. */
  readonly faults: readonly LineFault[];
  /** What the meter itself has signed, where there is something new. */
  readonly record?: MeterRecord;
};

/** value = mantissa × 10^exponent, in `unit`, as the `DeviceValue` of its place says. Null where
 * nothing was read; the quality then says why. */
export type ReadValue =
  | { readonly mantissa: number; readonly quality: QualityCode }
  | { readonly mantissa: null; readonly quality: QualityCode };

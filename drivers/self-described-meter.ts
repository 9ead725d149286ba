// SPDX-License-Identifier: Apache-2.0
// A kind of Modbus device that says itself what it measures and where: it has no map of registers
// until it was asked.

import type { Found } from './device.ts';
import type { ModbusPlace } from './modbus/modbus-device.ts';
import type { Keep } from './narrowed.ts';

export type SelfDescribedMeter = {
  /** As in the catalogue; named in every schema, so it never changes. */
  readonly id: string;
  /** Who makes such devices, and what they are; for people. */
  readonly vendor: string;
  readonly model: string;
  /** Settings of its line: as configured. */
  readonly serial: null;
  /** Asks the device what it is. Never rejects. */
  readonly find: (place: ModbusPlace, keep: Keep) => Promise<Found>;
  /** What a reader should know, in our words. */
  readonly notes: readonly string[];
};

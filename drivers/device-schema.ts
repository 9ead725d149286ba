// SPDX-License-Identifier: Apache-2.0
// The schema of a device's packs: what it holds, and where and how it is read.

import type { Schema } from '../base/schema.ts';
import type { Device } from './device.ts';

export type Installation = {
  /** `urn:dev:ops:<vendor>-<model>-<serial>` where that is known, else the configured name. */
  readonly device: string;
  /** The line's configured name. */
  readonly line: string;
  /** The device's address there, null where it needs none. */
  readonly unit: number | null;
  readonly periodMs: number;
};

export function schemaOf(
  { definition, request, values }: Pick<Device, 'definition' | 'request' | 'values'>,
  { device, line, unit, periodMs }: Installation,
): Schema {
  return { device, line, unitId: unit, request, periodMs, definition, values };
}

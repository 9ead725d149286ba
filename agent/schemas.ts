// SPDX-License-Identifier: Apache-2.0
// The schema of each configured meter: who it is, how it is read, what its packs hold. Put on the
// chain once; a change of any part is another schema, and readings before and after it can be told
// apart.

import type { SchemaId } from '../base/ids.ts';
import { encodeSchema, schemaId } from '../base/schema.ts';
import type { Suite } from '../base/suite.ts';
import type { Device } from '../drivers/device.ts';
import { schemaOf } from '../drivers/device-schema.ts';
import { findProtocolMeter } from '../drivers/index.ts';
import type { MeterConfig } from './meter-config.ts';

export type ConfiguredMeter = {
  /**
   * `urn:dev:ops:<vendor>-<model>-<serial>` (RFC 9039), or with the configured name where it is
   * unknown.
   */
  readonly name: string;
  readonly device: Device;
  readonly periodMs: number;
  readonly schemaId: SchemaId;
  readonly schemaPayload: Uint8Array;
};

export function configuredMeter(
  suite: Suite,
  config: MeterConfig,
  device: Device,
): ConfiguredMeter {
  const { line, periodMs } = config;
  const { definition, identity } = device;
  const unit = findProtocolMeter(config.meter) === undefined ? config.unit : null;
  const configured = `${definition}-${config.serialNumber ?? config.name}`;
  const isKnown = identity !== undefined && config.serialNumber === undefined;
  const name = `urn:dev:ops:${isKnown ? identity : configured}`;
  const schemaPayload = encodeSchema(schemaOf(device, { device: name, line, unit, periodMs }));
  return { name, device, periodMs, schemaId: schemaId(suite, schemaPayload), schemaPayload };
}

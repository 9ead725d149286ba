// SPDX-License-Identifier: Apache-2.0
// The schema of each configured meter: who it is, how it is read, what its packs hold. Put on the
// chain once; a change of any part is another schema, and readings before and after it can be told
// apart.

import { assert } from '../base/assert.ts';
import type { SchemaId } from '../base/ids.ts';
import { encodeSchema, schemaId } from '../base/schema.ts';
import type { Suite } from '../base/suite.ts';
import { findMeter } from '../drivers/index.ts';
import type { MeterDefinition } from '../drivers/meter-definition.ts';
import { schemaOf } from '../drivers/meter-schema.ts';
import type { MeterConfig } from './config.ts';

export type ConfiguredMeter = {
  readonly config: MeterConfig;
  readonly definition: MeterDefinition;
  /**
   * `urn:dev:ops:<vendor>-<model>-<serial>` (RFC 9039), or with the configured name where it is
   * unknown.
   */
  readonly device: string;
  readonly schemaId: SchemaId;
  readonly schemaPayload: Uint8Array;
};

export function configuredMeter(
  suite: Suite,
  config: MeterConfig,
  lineName: string,
): ConfiguredMeter {
  const definition = findMeter(config.meter);
  assert(definition !== undefined, 'the configuration names known meters only');
  const { id } = definition;
  const device = `urn:dev:ops:${id}-${config.serialNumber ?? config.name}`;
  const { unit, periodMs } = config;
  const schema = schemaOf(definition, { device, line: lineName, unit, periodMs });
  const schemaPayload = encodeSchema(schema);
  return { config, definition, device, schemaId: schemaId(suite, schemaPayload), schemaPayload };
}

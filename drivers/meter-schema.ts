// SPDX-License-Identifier: Apache-2.0
// The schema of a meter's packs: one value for each register of its definition, in the order of the
// definition.

import type { Schema, ValueSchema } from '../base/schema.ts';
import type { MeterDefinition, MeterRegister } from './meter-definition.ts';
import { planReads } from './read-plan.ts';

export type Installation = {
  /** `urn:dev:ops:<vendor>-<model>-<serial>` where that is known, else the configured name. */
  readonly device: string;
  /** The line's configured name. */
  readonly line: string;
  readonly unit: number;
  readonly periodMs: number;
};

export function schemaOf(definition: MeterDefinition, installation: Installation): Schema {
  const { device, line, unit, periodMs } = installation;
  return {
    device,
    line,
    unitId: unit,
    request: requestText(definition),
    periodMs,
    definition: definition.id,
    values: definition.registers.map((register) => valueSchema(definition, register)),
  };
}

/** E.g. `modbus fc=4 0+18 52+24`: function, then first address and count of each read. */
function requestText(definition: MeterDefinition): string {
  const reads = planReads(definition).map(({ address, count }) => `${address}+${count}`);
  return `modbus fc=${definition.functionCode} ${reads.join(' ')}`;
}

function valueSchema(definition: MeterDefinition, register: MeterRegister): ValueSchema {
  const { obis, unit, exponent, kind, min, max, maxStepPerSecond } = register;
  const table = definition.functionCode === 3 ? 'holding' : 'input';
  const address = register.address.toString(16).padStart(4, '0');
  return {
    obis,
    unit,
    exponent,
    register: `${table} 0x${address} ${register.rawType}`,
    class: register.class,
    kind,
    min,
    max,
    maxStepPerSecond,
  };
}

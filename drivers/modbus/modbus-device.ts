// SPDX-License-Identifier: Apache-2.0
// A meter that is registers, as a device.

import { limits } from '../../base/limits.ts';
import type { Device, DeviceValue } from '../device.ts';
import { peerOf } from '../line.ts';
import type { MeterDefinition, MeterRegister } from '../meter-definition.ts';
import { planReads } from '../read-plan.ts';
import { readMeter } from '../reader.ts';
import type { SharedLine } from '../transport.ts';
import { answerLength, requestLength } from './rtu-frame.ts';

export type ModbusPlace = {
  readonly line: Pick<SharedLine, 'registers' | 'memory'>;
  readonly unit: number;
};

export function modbusDevice(definition: MeterDefinition, place: ModbusPlace): Device {
  const { unit } = place;
  const { registers: line, memory } = place.line;
  const peer = peerOf(unit);
  // Splitting is for what refuses some reads; what refuses all of them is not this meter.
  let splitsMax: number = limits.readSplitsMax;
  return {
    ...modbusPack(definition),
    read: async (options) => {
      const cuts = memory.cutsOf(peer, definition.id);
      const reading = await readMeter({ line, definition, unit, cuts, splitsMax, ...options });
      const { learnedCuts, values, faults } = reading;
      if (learnedCuts.size > 0) memory.addCuts(peer, definition.id, learnedCuts);
      const refused = faults.length > 0 && faults.every(({ kind }) => kind === 'exception');
      const nothing = values.every(({ mantissa }) => mantissa === null);
      splitsMax = refused && nothing ? 0 : limits.readSplitsMax;
      return { values, faults };
    },
  };
}

/** What its packs hold, wherever it is. */
export function modbusPack(definition: MeterDefinition): Omit<Device, 'read'> {
  return {
    definition: definition.id,
    request: requestText(definition),
    exchanges: planReads(definition).map(({ count }) => ({
      sentBytes: requestLength,
      answerBytes: answerLength(count),
    })),
    values: definition.registers.map((register) => deviceValue(definition, register)),
  };
}

/** E.g. `modbus fc=4 0+18 52+24`: function, then first address and count of each read. */
function requestText(definition: MeterDefinition): string {
  const reads = planReads(definition).map(({ address, count }) => `${address}+${count}`);
  return `modbus fc=${definition.functionCode} ${reads.join(' ')}`;
}

function deviceValue(definition: MeterDefinition, register: MeterRegister): DeviceValue {
  const { name, obis, unit, exponent, kind, min, max, maxStepPerSecond } = register;
  const table = definition.functionCode === 3 ? 'holding' : 'input';
  const address = register.address.toString(16).padStart(4, '0');
  return {
    name,
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

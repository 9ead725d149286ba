// SPDX-License-Identifier: Apache-2.0
// A meter that is registers, as a device.

import { limits } from '../../base/limits.ts';
import type { Device, DeviceValue, ExchangeSize } from '../device.ts';
import { type Line, peerOf } from '../line.ts';
import type { MeterDefinition, MeterRegister } from '../meter-definition.ts';
import { planReads, type Readable, type Span } from '../read-plan.ts';
import { type Decode, readRegisters } from '../reader.ts';
import { decodeRegister } from '../register-value.ts';
import type { SharedLine } from '../transport.ts';
import { answerLength, requestLength } from './rtu-frame.ts';

export type ModbusPlace = {
  readonly line: Pick<SharedLine, 'memory'> & { readonly registers: Line };
  readonly unit: number;
};

export function modbusDevice(definition: MeterDefinition, place: ModbusPlace): Device {
  return { ...modbusPack(definition), read: readerOf(definition, decodeRegister, place) };
}

/** How a device that is registers is read. `id`: by what is remembered which reads it refuses. */
export function readerOf<R extends Span>(
  definition: Readable<R> & { readonly id: string },
  decode: Decode<R>,
  place: ModbusPlace,
): Device['read'] {
  const { unit } = place;
  const { registers: line, memory } = place.line;
  const peer = peerOf(unit);
  // Splitting is for what refuses some reads; what refuses all of them is not this meter.
  let splitsMax: number = limits.readSplitsMax;
  return async (options) => {
    const cuts = memory.cutsOf(peer, definition.id);
    const request = { line, definition, unit, cuts, splitsMax, ...options };
    const { learnedCuts, values, faults } = await readRegisters(request, decode);
    if (learnedCuts.size > 0) memory.addCuts(peer, definition.id, learnedCuts);
    const refused = faults.length > 0 && faults.every(({ kind }) => kind === 'exception');
    const nothing = values.every(({ mantissa }) => mantissa === null);
    splitsMax = refused && nothing ? 0 : limits.readSplitsMax;
    return { values, faults };
  };
}

/** What its packs hold, wherever it is. */
export function modbusPack(definition: MeterDefinition): Omit<Device, 'read'> {
  return {
    definition: definition.id,
    ...readsOf(definition),
    values: definition.registers.map((register) => deviceValue(definition, register)),
  };
}

/** What is asked, e.g. `modbus fc=4 0+18 52+24`: function, then first address and count of each read. */
export function readsOf(definition: Readable<Span>): Pick<Device, 'request' | 'exchanges'> {
  const reads = planReads(definition);
  const spans = reads.map(({ address, count }) => `${address}+${count}`);
  return {
    request: `modbus fc=${definition.functionCode} ${spans.join(' ')}`,
    exchanges: exchangesOfReads(reads.map(({ count }) => count)),
  };
}

/** Of reads of so many registers. */
export function exchangesOfReads(counts: readonly number[]): readonly ExchangeSize[] {
  return counts.map((count) => ({ sentBytes: requestLength, answerBytes: answerLength(count) }));
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

// SPDX-License-Identifier: Apache-2.0
// From an id of the catalogue, or a definition, and a place on a line to a device that can be read.

import type { ExchangeSize, Found } from './device.ts';
import { findMeter, findProtocolMeter, findSelfDescribed, unknownMeterHint } from './index.ts';
import { faulty, type LineFault } from './line.ts';
import type { MeterDefinition } from './meter-definition.ts';
import { modbusDevice, modbusPack } from './modbus/modbus-device.ts';
import { type Keep, narrowed } from './narrowed.ts';
import type { SharedLine } from './transport.ts';

export type Place = {
  readonly line: SharedLine;
  /** The device's address on its line; Modbus unit id. */
  readonly unit: number;
  /** What stands on a meter of another protocol, where its line has several. */
  readonly address?: string | undefined;
  /** Of one that encrypts: the keys of its key file. */
  readonly key?: readonly Uint8Array[] | undefined;
};

/** Asks the device itself only where its kind must: what an inverter measures it tells. `keep`: the
 * values that are wanted. Never rejects; after a fault it may be tried again. */
export async function findDevice(
  meter: string | MeterDefinition,
  place: Place,
  keep: Keep = () => true,
): Promise<Found> {
  const id = typeof meter === 'string' ? meter : meter.id;
  const protocol = findProtocolMeter(id);
  if (protocol !== undefined) {
    const { address, key, line } = place;
    if (line.bytes === undefined) return faulty(noBytes);
    const found = await protocol.find({ line: line.bytes, address, key }, keep);
    return found.ok ? { ok: true, device: narrowed(found.device, keep) } : found;
  }
  const selfDescribed = findSelfDescribed(id);
  if (selfDescribed !== undefined) return selfDescribed.find(place, keep);
  const definition = typeof meter === 'string' ? findMeter(meter) : meter;
  if (definition === undefined) {
    const hint = unknownMeterHint(id);
    return faulty({ kind: 'malformed', detail: `no meter ${id} is known`, hint });
  }
  const registers = definition.registers.filter(keep);
  const device = modbusDevice({ ...definition, registers }, place);
  return { ok: true, device: narrowed(device, keep) };
}

/** What a reading takes on the wire, as far as it is known without asking: undefined for what only
 * the device itself can tell. */
export function exchangesOf(
  meter: string | MeterDefinition,
  keep: Keep,
): readonly ExchangeSize[] | undefined {
  const protocol = typeof meter === 'string' ? findProtocolMeter(meter) : undefined;
  if (protocol !== undefined) return protocol.exchanges(keep);
  const definition = typeof meter === 'string' ? findMeter(meter) : meter;
  if (definition === undefined) return undefined;
  const registers = definition.registers.filter(keep);
  return modbusPack({ ...definition, registers }).exchanges;
}

const noBytes: LineFault = {
  kind: 'malformed',
  detail: 'this meter does not speak Modbus, and a Modbus TCP endpoint carries nothing else',
  hint: 'connect it to a serial port, or to a serial server that passes bytes on',
};

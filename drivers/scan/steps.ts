// SPDX-License-Identifier: Apache-2.0
// What a scan tries, in the order in which meters are found soonest: the settings that makers
// deliver come first, low unit numbers before high ones. A tty has no way to tell its speed but to
// try it.

import { protocolMeters } from '../index.ts';
import type { SerialSettings } from '../meter-definition.ts';
import { type ProtocolMeter, type SerialProtocol, serialDefaults } from '../protocol-meter.ts';
import type { Endpoint, Transport } from '../transport.ts';

/** Asked for on one line with one setting. */
export type ScanStep =
  | { readonly kind: 'units'; readonly transport: Transport; readonly units: readonly number[] }
  | {
      /** Any meter of this protocol, without knowing its address. */
      readonly kind: 'protocol';
      readonly transport: Transport;
      readonly meters: readonly ProtocolMeter[];
    };

const framed = { dataBits: 8, stopBits: 1 } as const;

/** Modbus over serial lines, the most usual first; the standard's own default is 19200 8E1. */
const modbusSettings: readonly SerialSettings[] = [
  { baudRate: 9_600, parity: 'none', ...framed },
  { baudRate: 9_600, parity: 'even', ...framed },
  { baudRate: 19_200, parity: 'even', ...framed },
  { baudRate: 19_200, parity: 'none', ...framed },
  { baudRate: 2_400, parity: 'none', ...framed },
  { baudRate: 2_400, parity: 'even', ...framed },
  { baudRate: 4_800, parity: 'none', ...framed },
  { baudRate: 38_400, parity: 'none', ...framed },
  { baudRate: 57_600, parity: 'none', ...framed },
  { baudRate: 115_200, parity: 'none', ...framed },
];

export type UnitRange = { readonly from: number; readonly to: number };

/** All of a tty, whose speed nobody knows. */
export function serialSteps(path: string, range: UnitRange): readonly ScanStep[] {
  const at = (settings: SerialSettings): Transport => ({ kind: 'modbus-rtu', path, ...settings });
  const [usual, ...others] = modbusSettings.map(
    (settings): ScanStep => ({ kind: 'units', transport: at(settings), units: unitsOf(range) }),
  );
  const protocols = meterGroups().map(
    ([protocol, meters]): ScanStep => ({
      kind: 'protocol',
      transport: at(serialDefaults[protocol]),
      meters,
    }),
  );
  // Other protocols cost one question each: they come before the less usual speeds.
  return usual === undefined ? protocols : [usual, ...protocols, ...others];
}

/** A Modbus TCP endpoint, alone or with a bus behind it. */
export function tcpSteps(endpoint: Endpoint, range: UnitRange): readonly ScanStep[] {
  const transport = { kind: 'modbus-tcp', ...endpoint } as const;
  return [
    { kind: 'units', transport, units: unitsOf(range) },
    // They mean the endpoint itself, by the standard and by custom.
    { kind: 'units', transport, units: [255, 0] },
  ];
}

function unitsOf({ from, to }: UnitRange): readonly number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

function meterGroups(): readonly (readonly [SerialProtocol, readonly ProtocolMeter[]])[] {
  const protocols = [...new Set(protocolMeters.map(({ protocol }) => protocol))];
  return protocols.map((one) => [one, protocolMeters.filter(({ protocol }) => protocol === one)]);
}

// SPDX-License-Identifier: Apache-2.0
// The options that say where a meter is, for the commands that speak to one or play one.

import type { Option, Values } from '../../host/command.ts';
import { textOf } from '../../host/command.ts';
import { isMeterFile, loadMeterFile } from '../meter-file.ts';

export const meterOptions: Readonly<Record<string, Option>> = {
  meter: { value: 'ID', description: 'which meter it is; an id of `tieline meters`, or a file' },
  tcp: { value: 'HOST:PORT', description: 'Modbus TCP' },
  'rtu-tcp': { value: 'HOST:PORT', description: 'a serial server that passes bytes on over TCP' },
  serial: { value: 'PATH', description: 'a tty, e.g. /dev/ttyUSB0' },
  baud: { value: 'RATE', description: 'of the tty; by default as the meter is delivered, or 9600' },
  parity: { value: 'P', description: 'none, even or odd' },
  'data-bits': { value: 'N', description: '7 or 8' },
  'stop-bits': { value: 'N', description: '1 or 2' },
  unit: { value: 'N', description: 'Modbus unit id, by default 1' },
  address: { value: 'ADDRESS', description: 'of a meter without Modbus, as it stands on it' },
};

/** The same options as plain text, for the code behind the commands. */
export function meterTexts(values: Values) {
  const meter = textOf(values, 'meter');
  return {
    meter: meter !== undefined && isMeterFile(meter) ? loadMeterFile(meter) : meter,
    tcp: textOf(values, 'tcp'),
    'rtu-tcp': textOf(values, 'rtu-tcp'),
    serial: textOf(values, 'serial'),
    baud: textOf(values, 'baud'),
    parity: textOf(values, 'parity'),
    'data-bits': textOf(values, 'data-bits'),
    'stop-bits': textOf(values, 'stop-bits'),
    unit: textOf(values, 'unit'),
    address: textOf(values, 'address'),
  };
}

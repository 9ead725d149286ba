// SPDX-License-Identifier: Apache-2.0
// The options that say where a meter is: --tcp, --rtu-tcp or --serial with --baud, --parity and so
// on. What is not given for a serial line is as the meter is delivered, else 9600 8N1.

import { TielineError } from '../../base/errors.ts';
import { didYouMean } from '../../base/nearest.ts';
import { type AnyMeter, findAnyMeter, unknownMeterHint } from '../index.ts';
import type { MeterDefinition, Parity, SerialSettings } from '../meter-definition.ts';
import { unitMax } from '../modbus/rtu-frame.ts';
import { serialDefaults } from '../protocol-meter.ts';
import type { Transport } from '../transport.ts';

/** As typed: all text. */
export type TransportOptions = {
  /** `host:port`, `[address]:port` */
  readonly tcp?: string | undefined;
  readonly 'rtu-tcp'?: string | undefined;
  /** Path of a tty. */
  readonly serial?: string | undefined;
  readonly baud?: string | undefined;
  readonly parity?: string | undefined;
  readonly 'data-bits'?: string | undefined;
  readonly 'stop-bits'?: string | undefined;
};

const modbusPort = 502;
const portMax = 65_535;

/** @throws TielineError `usage` */
export function transportOf(
  options: TransportOptions,
  { serial: asDelivered }: Pick<AnyMeter, 'serial'>,
): Transport {
  const { tcp, serial, 'rtu-tcp': rtuTcp } = options;
  const given = [tcp, serial, rtuTcp].filter((option) => option !== undefined);
  if (given.length !== 1) {
    throw usage('give one of --tcp host:port, --rtu-tcp host:port, --serial path');
  }
  if (tcp !== undefined) return { kind: 'modbus-tcp', ...endpointOf('--tcp', tcp) };
  if (rtuTcp !== undefined) return { kind: 'rtu-tcp', ...endpointOf('--rtu-tcp', rtuTcp) };
  const delivered: SerialSettings = { ...serialDefaults.modbus, ...asDelivered };
  return {
    kind: 'modbus-rtu',
    path: given[0] as string,
    baudRate: wholeNumber('--baud', options.baud ?? String(delivered.baudRate), [300, 921_600]),
    parity: oneOf<Parity>('--parity', options.parity ?? delivered.parity, ['none', 'even', 'odd']),
    dataBits: Number(
      oneOf('--data-bits', options['data-bits'] ?? `${delivered.dataBits}`, ['7', '8']),
    ) as 7 | 8,
    stopBits: Number(
      oneOf('--stop-bits', options['stop-bits'] ?? `${delivered.stopBits}`, ['1', '2']),
    ) as 1 | 2,
  };
}

/** @throws TielineError `usage` */
export function meterOf(meter: string | MeterDefinition | undefined): AnyMeter {
  if (typeof meter === 'object') return meter;
  const found = meter === undefined ? undefined : findAnyMeter(meter);
  if (found !== undefined) return found;
  if (meter === undefined) throw usage('--meter is missing', unknownMeterHint(''));
  throw usage(`there is no meter ${meter}`, unknownMeterHint(meter));
}

/** @throws TielineError `usage` */
export function unitOf(unit: string | undefined, { kind }: Transport): number {
  return wholeNumber('--unit', unit ?? '1', kind === 'modbus-tcp' ? [0, 255] : [1, unitMax]);
}

/** @throws TielineError `usage` */
export function wholeNumber(
  option: string,
  text: string,
  [min, max]: readonly [number, number],
): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw usage(`${option} is a whole number from ${min} to ${max}, not ${text}`);
}

/** @throws TielineError `usage` */
export function oneOf<T extends string>(option: string, text: string, choices: readonly T[]): T {
  const choice = choices.find((candidate) => candidate === text);
  if (choice !== undefined) return choice;
  const wrong = `${option} is one of ${choices.join(', ')}, not ${text}`;
  throw usage(wrong, didYouMean(text, choices));
}

function endpointOf(option: string, text: string) {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:\s]+))(?::(\d{1,5}))?$/.exec(text);
  if (match === null) throw usage(`${option} is host:port, not ${text}`);
  const [, address, name, port] = match;
  const host = (address ?? name) as string;
  return {
    host,
    port: wholeNumber(`the port of ${option}`, port ?? `${modbusPort}`, [0, portMax]),
  };
}

function usage(message: string, hint?: string): TielineError {
  return new TielineError('usage', message, { hint });
}

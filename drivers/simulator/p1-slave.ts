// SPDX-License-Identifier: Apache-2.0
// A smart meter's P1 port as one plays it: a telegram of DSMR 5 each second, of a house with three
// phases and a gas meter.

import { utf8 } from '../../base/bytes.ts';
import type { ByteChannel } from '../bus/byte-channel.ts';
import { crc16, crc16Arc } from '../crc16.ts';
import type { ByteSlave } from './byte-server.ts';
import type { Load } from './load.ts';

export type P1SlaveSettings = {
  readonly load: () => Load;
  readonly nowMs: () => number;
  /** Of a telegram; as it is where nobody seals it. */
  readonly seal: (telegram: Uint8Array) => Uint8Array;
};

const periodMs = 1_000;
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

export function p1Slave({ load, nowMs, seal }: P1SlaveSettings): ByteSlave {
  let timer: NodeJS.Timeout | undefined;
  return {
    attach: (channel: ByteChannel) => {
      // Who has gone needs no telegram.
      const send = () =>
        void channel.write(seal(p1Telegram(load(), nowMs()))).catch(() => undefined);
      timer = setInterval(send, periodMs);
    },
    receive: () => undefined,
    close: () => clearInterval(timer),
  };
}

export function p1Telegram(load: Load, timeMs: number): Uint8Array {
  const capturedMs = timeMs - (timeMs % (5 * minuteMs));
  const { activePower, phases, importEnergy, exportEnergy } = load;
  // Nothing burns gas but the hour: a litre a second at most.
  const gas = (timeMs / hourMs / 10) % 99_999;
  const lines = [
    '/TLN5\\2SIMULATED',
    '',
    '1-3:0.2.8(50)',
    `0-0:1.0.0(${printedTime(timeMs)})`,
    '0-0:96.1.1(53494D554C41544544)',
    `1-0:1.8.1(${fixed(importEnergy / 1_000, 6, 3)}*kWh)`,
    '1-0:1.8.2(000000.000*kWh)',
    `1-0:2.8.1(${fixed(exportEnergy / 1_000, 6, 3)}*kWh)`,
    '1-0:2.8.2(000000.000*kWh)',
    '0-0:96.14.0(0001)',
    `1-0:1.7.0(${kilowatts(activePower)}*kW)`,
    `1-0:2.7.0(${kilowatts(-activePower)}*kW)`,
    '1-0:99.97.0(0)(0-0:96.7.19)',
    '0-0:96.13.0()',
    ...phases.map(({ voltage }, i) => `1-0:${32 + 20 * i}.7.0(${fixed(voltage, 3, 1)}*V)`),
    ...phases.map(({ current }, i) => `1-0:${31 + 20 * i}.7.0(${fixed(current, 3, 2)}*A)`),
    ...phases.map((one, i) => `1-0:${21 + 20 * i}.7.0(${kilowatts(one.activePower)}*kW)`),
    ...phases.map((one, i) => `1-0:${22 + 20 * i}.7.0(${kilowatts(-one.activePower)}*kW)`),
    '0-1:24.1.0(003)',
    '0-1:96.1.0(53494D554C41544544)',
    `0-1:24.2.1(${printedTime(capturedMs)})(${fixed(gas, 5, 3)}*m3)`,
    '!',
  ];
  const body = utf8(lines.join('\r\n'));
  const check = crc16(crc16Arc, body).toString(16).toUpperCase().padStart(4, '0');
  return utf8(`${lines.join('\r\n')}${check}\r\n`);
}

/** One direction has the power, the other 0. */
function kilowatts(watts: number): string {
  return fixed(Math.max(watts, 0) / 1_000, 2, 3);
}

function fixed(value: number, digits: number, decimals: number): string {
  return value.toFixed(decimals).padStart(digits + 1 + decimals, '0');
}

/** In the local time of the Netherlands, with its letter for summer and winter. */
function printedTime(timeMs: number): string {
  const summer = isSummer(timeMs);
  const local = new Date(timeMs + (summer ? 2 : 1) * hourMs);
  return `${local.toISOString().slice(2, 19).replace(/\D/g, '')}${summer ? 'S' : 'W'}`;
}

/** From the last Sunday of March to that of October, at 01:00 UTC. */
function isSummer(timeMs: number): boolean {
  const year = new Date(timeMs).getUTCFullYear();
  const change = (month: number) => {
    const last = new Date(Date.UTC(year, month, 31, 1));
    return last.getTime() - last.getUTCDay() * 24 * hourMs;
  };
  return timeMs >= change(2) && timeMs < change(9);
}

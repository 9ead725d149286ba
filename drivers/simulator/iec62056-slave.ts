// SPDX-License-Identifier: Apache-2.0
// A meter of IEC 62056-21 as one plays it. In mode C it introduces itself at 300 baud, changes to the speed
// that it is told, reads itself out, and goes back; in mode A it reads itself out at once.

import { concat, utf8 } from '../../base/bytes.ts';
import type { ByteChannel } from '../bus/byte-channel.ts';
import { blockCheck } from '../iec62056-21/readout.ts';
import type { ByteSlave } from './byte-server.ts';
import type { Load } from './load.ts';

export type Iec62056SlaveSettings = {
  /** Besides '', which asks whoever is there. */
  readonly address: string;
  readonly mode: 'A' | 'C';
  readonly load: () => Load;
};

// No sooner than 200 ms, that the other side can change its speed; no later than 1.5 s.
const reactionMs = 400;
const pendingMax = 64;
const acknowledge = String.fromCharCode(6);
const startBaudRate = 300;
const speeds = [300, 600, 1_200, 2_400, 4_800, 9_600];

export function iec62056Slave({ address, mode, load }: Iec62056SlaveSettings): ByteSlave {
  let channel: ByteChannel | undefined;
  let pending = '';
  let timer: NodeJS.Timeout | undefined;
  const later = (what: () => Promise<void>) => {
    clearTimeout(timer);
    // A reader that is gone needs no answer.
    timer = setTimeout(() => void what().catch(() => undefined), reactionMs);
  };
  return {
    attach: (to) => {
      channel = to;
    },
    receive: (bytes) => {
      pending = (pending + String.fromCharCode(...bytes)).slice(-pendingMax);
      const asked = /\/\?([0-9A-Za-z ]*)!\r\n$/.exec(pending);
      const acknowledged = pending.at(-6) === acknowledge ? /0([0-5])0\r\n$/.exec(pending) : null;
      if (asked === null && acknowledged === null) return;
      pending = '';
      if (asked !== null && asked[1] !== '' && asked[1] !== address) return;
      const introduction = utf8(mode === 'A' ? '/TLN SIMULATED\r\n' : '/TLN5\\2SIMULATED\r\n');
      if (asked !== null && mode === 'A') {
        later(async () => channel?.write(concat(introduction, readoutMessage(address, load()))));
      } else if (asked !== null) later(async () => channel?.write(introduction));
      if (mode === 'A') return;
      const baudRate = speeds[Number(acknowledged?.[1])];
      if (baudRate === undefined) return;
      later(async () => {
        await channel?.setBaudRate?.(baudRate);
        await channel?.write(readoutMessage(address, load()));
        await channel?.setBaudRate?.(startBaudRate);
      });
    },
    close: () => clearTimeout(timer),
  };
}

export function readoutMessage(address: string, load: Load): Uint8Array {
  const { importEnergy, exportEnergy, phases, activePower } = load;
  const energy = (wattHours: number) => `${(wattHours / 1_000).toFixed(3).padStart(11, '0')}*kWh`;
  const power = (watts: number) => `${(Math.max(watts, 0) / 1_000).toFixed(3).padStart(6, '0')}*kW`;
  const lines = [
    'F.F(00000000)',
    `C.1.0(${address})`,
    `1.8.0(${energy(importEnergy)})`,
    `1.8.0*01(${energy(importEnergy / 2)})`,
    `2.8.0(${energy(exportEnergy)})`,
    `1.7.0(${power(activePower)})`,
    `2.7.0(${power(-activePower)})`,
    ...phases.map(({ voltage }, i) => `${32 + 20 * i}.7.0(${voltage.toFixed(1)}*V)`),
    ...phases.map(({ current }, i) => `${31 + 20 * i}.7.0(${current.toFixed(2)}*A)`),
    '!',
    '',
  ];
  const text = concat(utf8(lines.join('\r\n')), Uint8Array.of(0x03));
  return concat(Uint8Array.of(0x02), text, Uint8Array.of(blockCheck(text)));
}

// SPDX-License-Identifier: Apache-2.0
// Every way that an RTU answer goes wrong on a real bus, by name. `timeoutMs` is the master's.

import { encodeRequest, withCrc } from '../../drivers/modbus/rtu-frame.ts';
import type { Reaction } from './faulty-slave.ts';

const firstRequest = encodeRequest({ unit: 1, functionCode: 4, address: 100, count: 2 });
const noise = Uint8Array.of(0x00, 0xff, 0x55, 0x01);

export function lineFaults(timeoutMs: number): Readonly<Record<string, Reaction>> {
  return {
    silent: () => undefined,
    late: (sound, send) => send(sound, timeoutMs + 100),
    'half, and nothing after': (sound, send) => send(sound.slice(0, sound.length >> 1)),
    'half, the rest late': (sound, send) => {
      send(sound.slice(0, sound.length >> 1));
      send(sound.slice(sound.length >> 1), timeoutMs + 90);
    },
    'doubled at once': (sound, send) => send(Uint8Array.of(...sound, ...sound)),
    'doubled a little later': (sound, send) => {
      send(sound);
      send(sound, 10);
    },
    'stray bytes before it': (sound, send) => send(Uint8Array.of(...noise, ...sound)),
    'stray bytes behind it': (sound, send) => send(Uint8Array.of(...sound, ...noise)),
    'stray bytes in its place': (_, send) => send(noise),
    'one bit turned': (sound, send) => send(sound.with(sound.length - 3, lastByte(sound) ^ 0x10)),
    'checksum in the wrong order': (sound, send) =>
      send(Uint8Array.of(...sound.slice(0, -2), ...sound.slice(-2).toReversed())),
    'from another unit': (sound, send) => send(withCrc(sound.slice(0, -2).with(0, 0x33))),
    'of another function': (sound, send) => send(withCrc(sound.slice(0, -2).with(1, 0x06))),
    'with another byte count': (sound, send) => {
      const shorter = sound.slice(0, -4);
      send(withCrc(shorter.with(2, (shorter[2] as number) - 2)));
    },
    'with a byte count that lies': (sound, send) =>
      send(withCrc(sound.slice(0, -2).with(2, (sound[2] as number) + 2))),
    // For a test that begins with registers 100 and 101.
    'the request, echoed': (_, send) => send(firstRequest),
  };
}

function lastByte(sound: Uint8Array): number {
  return sound.at(-3) as number;
}

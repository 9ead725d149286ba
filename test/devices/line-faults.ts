// SPDX-License-Identifier: Apache-2.0
// Every way that an RTU answer goes wrong on a real bus, by name. `timeoutMs` is the master's.

import { encodeRequest, withCrc } from '../../drivers/modbus/rtu-frame.ts';
import type { Reaction } from './faulty-slave.ts';

const firstRequest = encodeRequest({ unit: 1, functionCode: 4, address: 100, count: 2 });
const noise = Uint8Array.of(0x00, 0xff, 0x55, 0x01);
/** Refusals that meters and gateways give: no such register, no such value, busy, nobody behind. */
const refusals = [2, 3, 6, 11];

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
    'tripled, each a little later': (sound, send) => {
      for (const afterMs of [0, 8, 16]) send(sound, afterMs);
    },
    'babble, and the answer in it': (sound, send) => {
      for (let afterMs = 0; afterMs < timeoutMs; afterMs += 10) send(noise, afterMs);
      send(sound, 15);
    },
    ...Object.fromEntries(
      refusals.map((code): [string, Reaction] => [
        `exception ${code}`,
        (sound, send) => send(refusalOf(sound, code)),
      ]),
    ),
    'a refusal and the answer': (sound, send) => {
      send(refusalOf(sound, 6));
      send(sound, 10);
    },
    'a refusal with a wrong checksum': (sound, send) => {
      const refusal = refusalOf(sound, 2);
      send(refusal.with(-1, (refusal.at(-1) as number) ^ 1));
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

function refusalOf(sound: Uint8Array, code: number): Uint8Array {
  return withCrc(Uint8Array.of(sound[0] as number, (sound[1] as number) | 0x80, code));
}

function lastByte(sound: Uint8Array): number {
  return sound.at(-3) as number;
}

// SPDX-License-Identifier: Apache-2.0
// What a line says before anybody was asked, and what to do about it: noise, another master, a device
// that speaks by itself. Pure.

import { hasGoodCrc, requestLength, unitMax } from '../modbus/rtu-frame.ts';

export type Piece = { readonly atMs: number; readonly bytes: Uint8Array };

/** `noise`: no silence in which anybody could be asked. `master`: frames of Modbus RTU, so somebody else
 * asks here. `voice`: bytes with silence between them. */
export type Overheard = {
  readonly kind: 'noise' | 'master' | 'voice';
  readonly detail: string;
  readonly hint: string;
};

export type Listened = {
  readonly startMs: number;
  readonly endMs: number;
  readonly pieces: readonly Piece[];
};

// Shorter than that no master waits between an answer and its next question, and a busy system hands
// bytes over later.
const silenceMs = 200;
// One may be chance.
const framesMin = 2;
const readFunctions: readonly number[] = [1, 2, 3, 4];
const oneByteShare = 0.8;

/** undefined: the line was silent, as it should be. Bytes are attacker-controlled. */
export function overheard({ startMs, endMs, pieces }: Listened): Overheard | undefined {
  const bytes = Uint8Array.from(pieces.flatMap((piece) => [...piece.bytes]));
  if (bytes.length === 0) return undefined;
  const frames = framesIn(bytes);
  const heard = `${bytes.length} bytes in ${((endMs - startMs) / 1_000).toFixed(1)} s, unasked`;
  if (frames.length >= framesMin) {
    const units = [...new Set(frames.map(([unit]) => unit))].toSorted(
      (a, b) => (a ?? 0) - (b ?? 0),
    );
    const detail = `another master asks on this line: ${heard}, Modbus RTU of unit ${units.join(', ')}`;
    return { kind: 'master', detail, hint: masterHint };
  }
  const instants = [startMs, ...pieces.map(({ atMs }) => atMs), endMs];
  const longestMs = Math.max(...instants.slice(1).map((at, i) => at - (instants[i] ?? at)));
  const sample = [...bytes.subarray(0, 8)]
    .map((one) => one.toString(16).padStart(2, '0'))
    .join(' ');
  if (longestMs >= silenceMs) {
    const detail = `something speaks on this line: ${heard} (${sample})`;
    return { kind: 'voice', detail, hint: voiceHint };
  }
  const detail = `noise that never ends: ${heard}, and no frame in them (${sample})`;
  return { kind: 'noise', detail, hint: isOneByte(bytes) ? oneByteHint : noiseHint };
}

/** Requests to read, and answers to them. */
function framesIn(bytes: Uint8Array): readonly Uint8Array[] {
  const frames: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; ) {
    const rest = bytes.subarray(start);
    const [unit = 0, functionCode = 0, byteCount = 0] = rest;
    const lengths = [requestLength, byteCount + 5];
    const isRead = unit >= 1 && unit <= unitMax && readFunctions.includes(functionCode);
    const length = isRead
      ? lengths.find((one) => rest.length >= one && hasGoodCrc(rest.subarray(0, one)))
      : undefined;
    if (length !== undefined) frames.push(rest.subarray(0, length));
    start += length ?? 1;
  }
  return frames;
}

function isOneByte(bytes: Uint8Array): boolean {
  const counts = new Map<number, number>();
  for (const one of bytes) counts.set(one, (counts.get(one) ?? 0) + 1);
  return Math.max(...counts.values()) >= oneByteShare * bytes.length;
}

const masterHint =
  'an RS-485 line has one master: unplug the other (an inverter, a data logger, another gateway), or ' +
  'connect the meter to a port of its own';
const voiceHint =
  'a meter that sends by itself, perhaps at another speed, which is tried; or a second master, which ' +
  'must be unplugged; or a loose or unshielded cable';
const noiseHint =
  'take the line off the adapter: if the noise goes on, change the adapter; else look for A and B ' +
  'swapped or loose, 120 ohm missing at an end, a shield that is not earthed at one end, a cable ' +
  'beside power electronics, or another master at another speed';
const oneByteHint =
  'it is nearly always the same byte, as when A and B are swapped or the idle line floats: swap A and B ' +
  '(nothing breaks), then check the bias and 120 ohm at each end of the line';

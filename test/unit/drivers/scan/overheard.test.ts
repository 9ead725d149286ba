// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { encodeRequest } from '../../../../drivers/modbus/rtu-frame.ts';
import { overheard, type Piece } from '../../../../drivers/scan/overheard.ts';
import { soundAnswer } from '../../../devices/faulty-slave.ts';

const heard = (pieces: readonly Piece[]) => overheard({ startMs: 0, endMs: 1_000, pieces });
const every = (periodMs: number, bytes: (i: number) => Uint8Array): readonly Piece[] =>
  Array.from({ length: 1_000 / periodMs }, (_, i) => ({ atMs: i * periodMs, bytes: bytes(i) }));

describe('what a line says unasked', () => {
  it('is nothing on a good line', () => {
    expect(heard([])).toBeUndefined();
  });

  it('is noise where it never ends', () => {
    const what = heard(every(10, (i) => Uint8Array.of((i * 37) & 0xff, (i * 91) & 0xff)));
    expect(what).toMatchObject({ kind: 'noise', hint: expect.stringContaining('120 ohm') });
    expect(what?.detail).toMatch(/^noise that never ends: 200 bytes in 1\.0 s.*\(00 00 25 5b/);
  });

  it('looks like swapped wires where it is one byte', () => {
    const what = heard(every(10, () => Uint8Array.of(0xff)));
    expect(what).toMatchObject({ kind: 'noise', hint: expect.stringContaining('swap A and B') });
  });

  it('is another master where questions and answers of Modbus RTU pass by, cut anywhere', () => {
    const question = encodeRequest({ unit: 5, functionCode: 4, address: 30, count: 4 });
    const talk = Uint8Array.of(0x55, ...question, ...soundAnswer(question), ...question);
    const pieces = [...talk].map((byte, i) => ({ atMs: i * 30, bytes: Uint8Array.of(byte) }));
    const what = heard(pieces);
    expect(what).toMatchObject({ kind: 'master', hint: expect.stringContaining('unplug') });
    expect(what?.detail).toMatch(/Modbus RTU of unit 5$/);
  });

  it('is a voice where there is silence between', () => {
    const what = heard([{ atMs: 300, bytes: Uint8Array.of(0x2f, 0x49) }]);
    expect(what).toMatchObject({ kind: 'voice', hint: expect.stringContaining('sends by itself') });
  });
});

// SPDX-License-Identifier: Apache-2.0
// Frames of DL/T 645-2007: published ones, what lies before and between them, and that nothing else is
// taken for an answer.

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concat, fromHex, toHex } from '../../../../base/bytes.ts';
import {
  addressRequest,
  encodeRequest,
  judgeAnswer,
  readRequest,
} from '../../../../drivers/dlt645/exchange.ts';
import { encodeFrame, findFrame, withPreamble } from '../../../../drivers/dlt645/frame.ts';

type Published = {
  readonly hex: string;
  readonly address: string;
  readonly control: string;
  readonly di: string;
  readonly name: string;
  readonly digits: string | null;
};

const vectors: {
  readonly frames: readonly Published[];
  readonly refused: readonly { readonly hex: string }[];
} = JSON.parse(readFileSync(new URL('../../../vectors/dlt645.json', import.meta.url), 'utf8'));

const bytes = (hex: string) => fromHex(hex.replaceAll(' ', '')) as Uint8Array;
const seeded = { seed: 20_260, numRuns: 2_000 };
const address = '000000000161';
const request = readRequest(address, '00010000');
const sound = bytes('6861010000000068910833333433593333338a16');

describe('published frames', () => {
  test.each(vectors.frames)('$name of $address', ({ hex, address, control, di, digits }) => {
    const search = findFrame(bytes(hex));
    if (search.kind !== 'frame') throw new Error('it is a frame');
    const { frame, end } = search;
    expect(frame.address).toBe(address);
    expect(frame.control).toBe(Number.parseInt(control, 16));
    expect(end).toBe(hex.length / 2);
    expect(toHex(frame.data.slice(0, 4).toReversed())).toBe(di);
    expect(toHex(frame.data.slice(4).toReversed())).toBe(digits ?? '');
    expect(hex.endsWith(toHex(encodeFrame(frame)))).toBe(true);
  });

  test.each(vectors.refused)('$hex has a wrong checksum', ({ hex }) => {
    expect(findFrame(bytes(hex))).toEqual({ kind: 'damaged' });
  });
});

test('33h is added modulo 256', () => {
  const data = Uint8Array.from({ length: 200 }, (_, i) => i + 56);
  const search = findFrame(encodeFrame({ address, control: 0x91, data }));
  expect(search).toMatchObject({ kind: 'frame', frame: { data } });
});

describe('a frame is found', () => {
  const found = (stream: Uint8Array) => findFrame(stream);

  test('behind its preamble, noise and a start that was none', () => {
    const stream = concat(bytes('00 68 ff 68'), withPreamble(sound));
    expect(found(stream)).toMatchObject({ frame: { address }, end: stream.length });
  });

  test.each(['680000000068', '686868686868', '166816681668', '686891686891'])(
    'from address %s, which holds 68h',
    (tricky) => {
      const frame = { address: tricky, control: 0x91, data: bytes('1600680068') };
      expect(found(concat(bytes('6801'), encodeFrame(frame)))).toMatchObject({ frame });
    },
  );

  test('whatever it holds, wherever it begins', () => {
    const any = fc.record({
      address: fc.uint8Array({ minLength: 6, maxLength: 6 }).map(toHex),
      control: fc.nat(255),
      data: fc.uint8Array({ maxLength: 200 }),
    });
    fc.assert(
      fc.property(any, fc.nat(4), (frame, wakeUps) => {
        const stream = concat(new Uint8Array(wakeUps).fill(0xfe), encodeFrame(frame));
        expect(found(stream)).toEqual({ kind: 'frame', frame, end: stream.length });
        // A part of it may hold something that looks like a damaged frame, never a whole one.
        expect(found(stream.subarray(0, -1)).kind).not.toBe('frame');
      }),
      seeded,
    );
  });
});

describe('an answer', () => {
  const judged = (hex: string) => judgeAnswer(request, bytes(hex));
  const framed = (control: number, data: string, from = address) =>
    encodeFrame({ address: from, control, data: bytes(data) });

  test('is what was asked for', () => {
    expect(judgeAnswer(request, withPreamble(sound))).toEqual({
      kind: 'complete',
      value: { kind: 'data', address, data: bytes('26000000'), more: false },
    });
  });

  test('may come behind an echo of the request', () => {
    const echoed = concat(encodeRequest(request), sound);
    expect(judgeAnswer(request, echoed)).toMatchObject({ kind: 'complete' });
    expect(judgeAnswer(request, encodeRequest(request))).toEqual({ kind: 'incomplete' });
  });

  test('says that more follows', () => {
    expect(judgeAnswer(request, framed(0xb1, '0000010026'))).toMatchObject({
      value: { data: bytes('26'), more: true },
    });
  });

  test('refuses with a word', () => {
    expect(judgeAnswer(request, framed(0xd1, '02'))).toEqual({
      kind: 'complete',
      value: { kind: 'refused', errorWord: 2 },
    });
    expect(judgeAnswer(request, framed(0xd1, ''))).toMatchObject({ kind: 'malformed' });
  });

  test.each([
    ['of another meter', framed(0x91, '0000010026000000', '000000000162')],
    ['to another function', framed(0x94, '0000010026000000')],
    ['of other data', framed(0x91, '0000020026000000')],
    ['with half an identifier', framed(0x91, '0000')],
  ])('%s is none', (_, frame) => {
    expect(judgeAnswer(request, frame)).toMatchObject({ kind: 'malformed' });
  });

  test('that was damaged is none', () => {
    expect(judged(toHex(sound.with(14, 0x5a)))).toMatchObject({ kind: 'crc' });
  });

  test('tells the address', () => {
    const answer = framed(0x93, '610100000000');
    expect(judgeAnswer(addressRequest(), answer)).toMatchObject({ value: { address } });
  });

  test('is never made of noise, and noise never throws', () => {
    const pieces = fc.array(fc.constantFrom(0x68, 0x16, 0x91, 0xfe, 0x33, 0, 8), { maxLength: 64 });
    const noise = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      pieces.map((one) => Uint8Array.from(one)),
    );
    fc.assert(
      fc.property(noise, (stream) => {
        expect(judgeAnswer(request, stream).kind).not.toBe('complete');
      }),
      seeded,
    );
  });

  test('with any bit turned is none', () => {
    fc.assert(
      fc.property(fc.nat(sound.length - 1), fc.nat(7), (at, bit) => {
        const turned = sound.with(at, (sound[at] as number) ^ (1 << bit));
        expect(judgeAnswer(request, turned).kind).not.toBe('complete');
      }),
      seeded,
    );
  });
});

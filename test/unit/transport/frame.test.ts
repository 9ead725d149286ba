// SPDX-License-Identifier: Apache-2.0
// Frames: however the stream is cut, the same ones come out, and none that is too long is waited for.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concat, u32 } from '../../../base/bytes.ts';
import { encodeFrame, type Frame, FrameReader } from '../../../sidechain/transport/frame.ts';

const frames = fc.array(
  fc.record({ type: fc.nat(255), payload: fc.uint8Array({ maxLength: 200, size: 'max' }) }),
  { maxLength: 20 },
);

/** All frames there are now, copied: the reader uses its memory again. */
function drain(reader: FrameReader): Frame[] {
  const taken: Frame[] = [];
  for (;;) {
    const next = reader.next();
    if (!next.ok) throw new Error(next.detail);
    if (next.value === undefined) return taken;
    taken.push({ type: next.value.type, payload: next.value.payload.slice() });
  }
}

describe('frames', () => {
  test('come out as they went in, however the stream is cut', () => {
    fc.assert(
      fc.property(frames, fc.array(fc.integer({ min: 1, max: 300 })), (sent, cuts) => {
        const stream = concat(...sent.map(encodeFrame));
        const reader = new FrameReader(1_000);
        const taken: Frame[] = [];
        let at = 0;
        for (const length of [...cuts, stream.length]) {
          reader.push(stream.subarray(at, at + length));
          taken.push(...drain(reader));
          at += length;
        }
        expect(taken).toEqual(sent);
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  test('of many sizes come out, large ones between small ones', () => {
    const sent = [1, 5_000_000, 2, 20_000, 3, 70_000, 0, 4].map((length, type) => ({
      type,
      payload: new Uint8Array(length).fill(type),
    }));
    const stream = concat(...sent.map(encodeFrame));
    const reader = new FrameReader(5_000_001);
    const taken: Frame[] = [];
    for (let at = 0; at < stream.length; at += 16_000) {
      reader.push(stream.subarray(at, at + 16_000));
      taken.push(...drain(reader));
    }
    expect(taken.map(({ type, payload }) => [type, payload.length, payload.at(-1)])).toEqual(
      sent.map(({ type, payload }) => [type, payload.length, payload.at(-1)]),
    );
  });

  test.each([
    ['a length of zero', u32(0)],
    ['one byte too many', u32(101)],
    ['text of another protocol', new TextEncoder().encode('GET / HTTP/1.1\r\n')],
  ])('%s is refused as soon as the length is there', (_, bytes) => {
    const reader = new FrameReader(100);
    reader.push(bytes.subarray(0, 3));
    expect(reader.next()).toEqual({ ok: true, value: undefined });
    reader.push(bytes.subarray(3));
    expect(reader.next()).toMatchObject({ ok: false, code: 'length' });
  });

  test('the longest is read', () => {
    const reader = new FrameReader(100);
    reader.push(encodeFrame({ type: 1, payload: new Uint8Array(99) }));
    expect(drain(reader)).toHaveLength(1);
  });
});

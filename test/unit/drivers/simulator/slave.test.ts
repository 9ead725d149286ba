// SPDX-License-Identifier: Apache-2.0
// The simulated slave (Modbus Application Protocol V1.1b3, section 6.4 and 7), and the framing
// around it.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concat } from '../../../../base/bytes.ts';
import { withCrc } from '../../../../drivers/modbus/rtu-frame.ts';
import { encodeMbap, MbapFrames } from '../../../../drivers/simulator/mbap-frames.ts';
import { RtuRequests } from '../../../../drivers/simulator/rtu-requests.ts';
import { answerPdu } from '../../../../drivers/simulator/slave.ts';

const image = new Map([
  [8, 0x1234],
  [9, 0x00ff],
  [0xffff, 1],
]);
const settings = { functionCode: 4, registersPerReadMax: 80 };
const answer = (...request: number[]) => [...answerPdu(Uint8Array.from(request), image, settings)];
const seeded = { seed: 20_260, numRuns: 500 };
const noise = fc.uint8Array({ maxLength: 300 });

describe('answers', () => {
  test('registers, big-endian, behind their byte count', () => {
    expect(answer(4, 0, 8, 0, 2)).toEqual([4, 4, 0x12, 0x34, 0x00, 0xff]);
    expect(answer(4, 0xff, 0xff, 0, 1)).toEqual([4, 2, 0, 1]);
  });

  test('exception 1 to another function', () => {
    expect(answer(3, 0, 8, 0, 1)).toEqual([0x83, 1]);
    expect(answer(16, 0, 8, 0, 1, 2, 0, 0)).toEqual([0x90, 1]);
  });

  test('exception 2 to a register that does not exist', () => {
    expect(answer(4, 0, 9, 0, 2)).toEqual([0x84, 2]);
    expect(answer(4, 0xff, 0xff, 0, 2)).toEqual([0x84, 2]);
  });

  test('exception 3 to none, too many, or a request of another length', () => {
    expect(answer(4, 0, 8, 0, 0)).toEqual([0x84, 3]);
    expect(answer(4, 0, 8, 0, 81)).toEqual([0x84, 3]);
    expect(answer(4, 0, 8, 0)).toEqual([0x84, 3]);
  });

  test('arbitrary requests with a bounded answer, never a throw', () => {
    fc.assert(
      fc.property(noise, (request) => {
        expect(answerPdu(request, image, settings).length).toBeLessThanOrEqual(253);
      }),
      seeded,
    );
  });
});

const cuts = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 20 });

/** The stream in pieces of the given lengths, over and over. */
function pieces(stream: Uint8Array, lengths: readonly number[]): readonly Uint8Array[] {
  const cut: Uint8Array[] = [];
  for (let from = 0, i = 0; from < stream.length; i++) {
    const length = lengths[i % lengths.length] as number;
    cut.push(stream.slice(from, from + length));
    from += length;
  }
  return cut;
}

describe('Modbus TCP framing', () => {
  const request = { transaction: 0x1501, unit: 7, pdu: Uint8Array.of(3, 0, 4, 0, 1) };

  test('is the header of the Modbus Messaging Guide', () => {
    expect([...encodeMbap(request)]).toEqual([0x15, 0x01, 0, 0, 0, 6, 7, 3, 0, 4, 0, 1]);
  });

  test('finds every request in any pieces', () => {
    fc.assert(
      fc.property(cuts, (lengths) => {
        const frames = new MbapFrames();
        const stream = concat(encodeMbap(request), encodeMbap({ ...request, transaction: 2 }));
        const found = pieces(stream, lengths).flatMap((piece) => frames.push(piece) ?? []);
        expect(found).toEqual([request, { ...request, transaction: 2 }]);
      }),
      seeded,
    );
  });

  test.each([
    ['another protocol', [0, 1, 0, 1, 0, 6, 1, 3]],
    ['no function', [0, 1, 0, 0, 0, 1, 1]],
    ['a frame too long', [0, 1, 0, 0, 1, 1, 1, 3]],
  ])('%s is no Modbus', (_, bytes) => {
    expect(new MbapFrames().push(Uint8Array.from(bytes))).toBeUndefined();
  });

  test('arbitrary bytes never throw', () => {
    fc.assert(
      fc.property(fc.array(noise, { maxLength: 5 }), (chunks) => {
        const frames = new MbapFrames();
        for (const chunk of chunks) if (frames.push(chunk) === undefined) break;
      }),
      seeded,
    );
  });
});

describe('RTU requests', () => {
  const read = withCrc(Uint8Array.of(1, 4, 0, 8, 0, 2));
  const write = withCrc(Uint8Array.of(1, 16, 0, 8, 0, 1, 2, 0xab, 0xcd));

  test('are found in any pieces, of fixed and of stated length', () => {
    fc.assert(
      fc.property(cuts, (lengths) => {
        const requests = new RtuRequests();
        const found = pieces(concat(read, write, read), lengths).flatMap((p) => requests.push(p));
        expect(found.map(({ unit, pdu }) => [unit, pdu[0], pdu.length])).toEqual([
          [1, 4, 5],
          [1, 16, 8],
          [1, 4, 5],
        ]);
      }),
      seeded,
    );
  });

  test('after a wrong checksum nothing is heard until silence', () => {
    const requests = new RtuRequests();
    expect(requests.push(read.with(7, 0))).toEqual([]);
    expect(requests.push(read)).toEqual([]);
    requests.silence();
    expect(requests.push(read).length).toBe(1);
  });

  test('a request cut short by silence does not spoil the next', () => {
    const requests = new RtuRequests();
    requests.push(read.slice(0, 5));
    requests.silence();
    expect(requests.push(read).length).toBe(1);
  });

  test('arbitrary bytes never throw', () => {
    fc.assert(
      fc.property(fc.array(noise, { maxLength: 5 }), (chunks) => {
        const requests = new RtuRequests();
        for (const chunk of chunks) requests.push(chunk);
      }),
      seeded,
    );
  });
});

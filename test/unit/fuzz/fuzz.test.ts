// SPDX-License-Identifier: Apache-2.0
// The short form of `npm run -s fuzz`, and that it would notice.

import { describe, expect, test } from 'vitest';
import { type Decoder, fuzz } from '../../fuzz/decoder.ts';
import { decoders } from '../../fuzz/decoders.ts';
import { diceOf, hostileBytes } from '../../fuzz/mutation.ts';

test('each decoder has a name of its own', () => {
  expect(new Set(decoders.map(({ name }) => name)).size).toBe(decoders.length);
});

describe.each(decoders.map((decoder) => [decoder.name, decoder] as const))('%s', (_, decoder) => {
  test('answers whatever comes', async () => {
    expect(await fuzz(decoder, { runs: 150, seed: 20_260 })).toEqual([]);
  });

  test('answers what it is meant for', async () => {
    for (const sample of decoder.samples) await decoder.read(sample);
  });
});

test('the same seed makes the same bytes, another one others', () => {
  const made = (seed: number) => {
    const dice = diceOf(seed, 'x');
    return Array.from({ length: 50 }, () => hostileBytes(dice, [Uint8Array.of(1, 2, 3)]));
  };
  expect(made(1)).toEqual(made(1));
  expect(made(1)).not.toEqual(made(2));
});

test('a decoder that throws is noticed, with the bytes that make it', async () => {
  const brittle: Decoder = {
    name: 'brittle',
    samples: [Uint8Array.of(0, 0, 0, 0)],
    read: (bytes) => {
      if (bytes.includes(0xff)) throw new RangeError('as ordered');
    },
  };
  const [crash] = await fuzz(brittle, { runs: 500, seed: 1 });
  expect(crash).toMatchObject({ decoder: 'brittle', problem: 'it threw: as ordered' });
  expect(crash?.inputHex).toContain('ff');
});

test('one that rejects later is noticed, too', async () => {
  const late: Decoder = {
    name: 'late',
    samples: [],
    read: () => Promise.reject(new Error('late')),
  };
  expect((await fuzz(late, { runs: 1, seed: 1 }))[0]).toMatchObject({ problem: 'it threw: late' });
});

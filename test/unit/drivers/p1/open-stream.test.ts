// SPDX-License-Identifier: Apache-2.0
// What a P1 port says to who has no key: telegrams, or why there are none.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { concat, fromHex, utf8 } from '../../../../base/bytes.ts';
import { OpenStream } from '../../../../drivers/p1/open-stream.ts';
import { sealed, telegramNames, telegramText } from './telegrams.ts';

const encryption = fromHex('0123456789abcdef0123456789abcdef') as Uint8Array;

function inPieces(bytes: Uint8Array, length: number) {
  const stream = new OpenStream();
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += length) pieces.push(bytes.subarray(at, at + length));
  return pieces.flatMap((piece) => stream.push(piece));
}

const details = (bytes: Uint8Array, length: number) =>
  inPieces(bytes, length).map((one) => (one.kind === 'message' ? 'message' : one.detail));

test.each(telegramNames)('%s is a telegram, and nothing else', (name) => {
  for (const length of [7, 64, 4_096]) {
    expect(new Set(details(utf8(telegramText(name)), length))).toEqual(new Set(['message']));
  }
});

test.each([1, 7, 4_096])('an encrypted one is called so, in pieces of %i', (length) => {
  const frame = sealed(telegramText('TELEGRAM_V5'), { encryption, counter: 1 });
  const heard = inPieces(frame, length);
  expect(heard).toContainEqual(expect.objectContaining({ needsKey: true }));
});

/** What a receiver of 8N1 makes of the signal when all of it is inverted. */
function received(text: string): Uint8Array {
  const idle = Array.from({ length: 40 }, () => 1);
  const character = (byte: number) => [0, ...bitsOf(byte), 1];
  const sent = [...idle, ...[...utf8(text)].flatMap(character), ...idle];
  const seen = sent.map((bit) => 1 - bit);
  const bytes: number[] = [];
  for (let at = 1; at + 9 < seen.length; ) {
    const begins = seen[at - 1] === 1 && seen[at] === 0;
    if (!begins) {
      at++;
      continue;
    }
    bytes.push(seen.slice(at + 1, at + 9).reduce((byte, bit, i) => byte | (bit << i), 0));
    // A stop bit that is none is passed over as it is by most receivers.
    at += 9;
  }
  return Uint8Array.from(bytes);
}

function bitsOf(byte: number): readonly number[] {
  return Array.from({ length: 8 }, (_, i) => (byte >> i) & 1);
}

test.each(telegramNames)('%s of an inverted signal is called so', (name) => {
  expect(details(received(telegramText(name)), 64)).toContain('its signal is inverted');
});

test('noise is neither', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 400 }),
      fc.integer({ min: 1, max: 99 }),
      (noise, cut) => {
        const heard = details(concat(noise, noise.slice().reverse()), cut);
        expect(heard).not.toContain('its signal is inverted');
        expect(heard).not.toContain('it is encrypted');
      },
    ),
    { seed: 20_260, numRuns: 300 },
  );
});

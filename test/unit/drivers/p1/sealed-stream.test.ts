// SPDX-License-Identifier: Apache-2.0
// Encrypted telegrams: opened with the right keys alone, and none of them twice.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concat, fromHex, utf8 } from '../../../../base/bytes.ts';
import { SealedStream } from '../../../../drivers/p1/sealed-stream.ts';
import { sealed, telegramText } from './telegrams.ts';

// Those of the specification's example.
const encryption = fromHex('0123456789abcdef0123456789abcdef') as Uint8Array;
const authentication = fromHex('ffeeddccbbaa99887766554433221100') as Uint8Array;
const keys = { encryption, authentication };
const text = telegramText('TELEGRAM_V5');
const kinds = (stream: SealedStream, bytes: Uint8Array) =>
  stream.push(bytes).map(({ kind }) => kind);

describe.each([
  ['with an authentication key', keys],
  ['without', { encryption, authentication: undefined }],
])('%s', (_, given) => {
  const frame = sealed(text, { ...given, counter: 0x11223344 });

  test('a telegram is opened, whatever lies before it', () => {
    expect(kinds(new SealedStream(given), frame)).toEqual(['message']);
    const noise = Uint8Array.of(0xdb, 0x09, 0xdb, 0xdb, 0x08, 0xdb);
    expect(kinds(new SealedStream(given), concat(noise, frame, frame.slice(0, 9)))).toEqual([
      'message',
    ]);
  });

  test('with any bit turned it is none', () => {
    fc.assert(
      fc.property(fc.nat(frame.length - 1), fc.nat(7), (at, bit) => {
        const turned = frame.with(at, (frame[at] as number) ^ (1 << bit));
        expect(kinds(new SealedStream(given), turned)).not.toContain('message');
      }),
      { seed: 20_260, numRuns: 500 },
    );
  });
});

test('another key, or none where one is due, opens nothing', () => {
  const frame = sealed(text, { ...keys, counter: 1 });
  const wrong = { encryption: authentication, authentication };
  for (const given of [wrong, { encryption, authentication: undefined }]) {
    expect(new SealedStream(given).push(frame)).toMatchObject([
      { kind: 'crc', detail: expect.stringContaining('wrong key') },
    ]);
  }
});

test('what every meter of Luxembourg has as its authentication key need not be given', () => {
  const known = fromHex('00112233445566778899aabbccddeeff') as Uint8Array;
  const frame = sealed(text, { encryption, authentication: known, counter: 1 });
  const alone = { encryption, authentication: undefined };
  expect(kinds(new SealedStream(alone), frame)).toEqual(['message']);
  expect(kinds(new SealedStream(keys), frame)).toEqual(['crc']);
});

test('the counter has to grow', () => {
  const stream = new SealedStream(keys);
  const frame = (counter: number) => sealed(text, { ...keys, counter });
  expect(kinds(stream, frame(7))).toEqual(['message']);
  expect(stream.push(frame(7))).toMatchObject([
    { kind: 'malformed', detail: expect.stringContaining('sent before') },
  ]);
  expect(kinds(stream, frame(6))).toEqual(['malformed']);
  stream.reset();
  expect(kinds(stream, concat(frame(5), frame(8)))).toEqual(['malformed', 'message']);
});

test('what is sealed has to be a telegram, with its checksum right', () => {
  const open = (inner: string) =>
    kinds(new SealedStream(keys), sealed(inner, { ...keys, counter: 1 }));
  expect(open(text.replace('!6EEE', '!6EEF'))).toEqual(['crc']);
  expect(open('hello')).toEqual(['malformed']);
  expect(open(text + text)).toEqual(['malformed']);
});

test('noise never throws, and is no telegram', () => {
  const some = fc.array(fc.constantFrom(0xdb, 0x08, 0x82, 0x30, 0, 0x7f), { maxLength: 80 });
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), some), (noise) => {
      const stream = new SealedStream(keys);
      expect(kinds(stream, Uint8Array.from(noise))).not.toContain('message');
      expect(kinds(stream, utf8('x'.repeat(20_000)))).not.toContain('message');
    }),
    { seed: 20_260, numRuns: 500 },
  );
});

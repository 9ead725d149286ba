// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toHex } from '../../../base/bytes.ts';
import { encode } from '../../../base/cbor.ts';
import { type MemberMessage, ofChannel, toChannel } from '../../../sidechain/member-message.ts';
import { schemaEntry } from '../chain/fixture.ts';
import { mutated } from '../chain/mutate.ts';

const signed = { size: 7, root: new Uint8Array(32).fill(1), signature: new Uint8Array(72) };
const messages: readonly MemberMessage[] = [
  { kind: 'submit', number: 3, entries: [schemaEntry()] },
  { kind: 'carry', entries: [schemaEntry()] },
  { kind: 'taken', number: 3, count: 0, reason: 'full' },
  { kind: 'taken', number: 3, count: 1, reason: null },
  {
    kind: 'standing',
    height: 9,
    headerHash: new Uint8Array(32).fill(2),
    clock: 'unset',
    isAnswer: false,
  },
  { kind: 'cosign', ...signed },
  { kind: 'cosigned', ...signed },
  { kind: 'recall' },
  { kind: 'recalled', cosignedSize: 1, term: 2, sequence: 3, match: 4, matchTerm: 5 },
  {
    kind: 'evidence',
    member: new Uint8Array(8),
    size: 7,
    rootOne: signed.root,
    signatureOne: signed.signature,
    rootOther: signed.root,
    signatureOther: signed.signature,
  },
  { kind: 'yield', term: 9, reason: 'bad-block' },
  { kind: 'snapshot-wanted', height: 1_023, offset: 0 },
  { kind: 'snapshot-piece', height: 1_023, offset: 9, bytes: Uint8Array.of(1) },
  { kind: 'body-wanted', index: 4 },
  { kind: 'body', index: 4, entry: null },
  { kind: 'body', index: 4, entry: { term: 2, kind: 'normal', data: Uint8Array.of(7) } },
];

test.each(messages)('$kind is read as it was written', (message) => {
  expect(ofChannel(toChannel(message))).toEqual({ ok: true, value: message });
});

test('entries do not stand in the way of votes', () => {
  const notSmall = new Map([
    ['submit', 'log'],
    ['carry', 'log'],
    ['snapshot-piece', 'bulk'],
    ['body', 'bulk'],
  ]);
  for (const message of messages) {
    expect(toChannel(message).lane, message.kind).toBe(notSmall.get(message.kind) ?? 'control');
  }
});

test('what no member says is refused: another channel, bytes, kind, range', () => {
  const [, , taken] = messages;
  const channel = toChannel(taken ?? { kind: 'recall' });
  expect(ofChannel({ ...channel, channel: 2 })).toMatchObject({ code: 'channel' });
  expect(ofChannel({ ...channel, body: Uint8Array.of(0xff) })).toMatchObject({ code: 'cbor' });
  for (const value of [null, new Map([[0, 'other']]), new Map<number, unknown>([[0, 'taken']])]) {
    const body = encode(value as never);
    expect(ofChannel({ ...channel, body })).toMatchObject({ code: 'form' });
  }
  const far = { kind: 'cosign', ...signed, size: 2 ** 49 } as const;
  expect(ofChannel(toChannel(far))).toMatchObject({ code: 'form' });
});

test('no bytes make the reader throw, and what is read is written alike', () => {
  const channel = toChannel({ kind: 'recall' });
  const any = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    mutated(...messages.map((message) => toChannel(message).body)),
  );
  fc.assert(
    fc.property(any, (body) => {
      const read = ofChannel({ ...channel, body });
      if (read.ok) expect(toHex(toChannel(read.value).body)).toBe(toHex(body));
    }),
    { seed: 12, numRuns: 1_000 },
  );
});

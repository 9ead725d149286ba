// SPDX-License-Identifier: Apache-2.0
// Messages as frames: what is written is read back, and nothing else is read, however hostile.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CborValue } from '../../../base/cbor.ts';
import { limits } from '../../../base/limits.ts';
import { type Frame, FrameReader } from '../../../sidechain/transport/frame.ts';
import { type Lane, laneOf } from '../../../sidechain/transport/lane.ts';
import {
  decodeHello,
  decodeMessage,
  encodeHello,
  encodeMessage,
  frameTypes,
} from '../../../sidechain/transport/message-codec.ts';
import { encodePlain } from '../../../sidechain/transport/plain-cbor.ts';
import type { WireMessage } from '../../../sidechain/transport/transport.ts';
import { chainId } from './mesh.ts';
import { wireMessage } from './messages.ts';

const runs = { seed: 1, numRuns: 2_000 };

function frameOf(bytes: Uint8Array): Frame {
  const reader = new FrameReader(limits.transportFrameBytesMax);
  reader.push(bytes);
  const frame = reader.next();
  if (!frame.ok || frame.value === undefined) throw new Error('not one frame');
  return frame.value;
}

function senderOf(message: WireMessage): number {
  return message.kind === 'channel' ? 1 : message.from;
}

/** A frame as anybody could write it. */
function forged(kind: (typeof frameTypes)[number], value: CborValue): Frame {
  return { type: frameTypes.indexOf(kind), payload: encodePlain(value).slice() };
}

function refusal(frame: Frame, lane: Lane = 'control'): string {
  const decoded = decodeMessage(frame, { from: 1, lane });
  return decoded.ok ? 'accepted' : `${decoded.code}: ${decoded.detail}`;
}

describe('messages', () => {
  test('each is read as it was written', () => {
    fc.assert(
      fc.property(wireMessage, (message) => {
        const from = senderOf(message);
        const decoded = decodeMessage(frameOf(encodeMessage(message)), {
          from,
          lane: laneOf(message),
        });
        expect(decoded).toEqual({ ok: true, value: message });
      }),
      runs,
    );
  });

  test('the sender is the one of the connection, whatever was meant', () => {
    const message: WireMessage = { kind: 'timeout-now', from: 5, to: 2, term: 3 };
    const decoded = decodeMessage(frameOf(encodeMessage(message)), { from: 1, lane: 'control' });
    expect(decoded).toEqual({ ok: true, value: { ...message, from: 1 } });
  });

  test('an entry does not hold on to the frame it came in', () => {
    const entry = {
      kind: 'normal' as const,
      term: 1,
      index: 1,
      data: new Uint8Array(10_000).fill(1),
    };
    const previous = { term: 0, index: 0 };
    const envelope = { from: 1, to: 2, term: 1, commit: 0, session: 1 };
    const message: WireMessage = { kind: 'append', ...envelope, previous, entries: [entry, entry] };
    const decoded = decodeMessage(frameOf(encodeMessage(message)), { from: 1, lane: 'log' });
    if (!decoded.ok || decoded.value.kind !== 'append') throw new Error('an append is read');
    for (const { data } of decoded.value.entries) {
      expect(data.constructor).toBe(Uint8Array);
      expect(data.buffer.byteLength).toBe(10_000);
    }
  });

  test('what is too long for its lane is not sent', () => {
    const body = new Uint8Array(limits.transportControlFrameBytesMax);
    const message = { kind: 'channel', channel: 1, body } as const;
    expect(() => encodeMessage({ ...message, lane: 'control' })).toThrow('fits into a frame');
    expect(() => encodeMessage({ ...message, lane: 'bulk' })).not.toThrow();
  });
});

describe('what members lie', () => {
  const over = limits.raftNumberMax + 1;

  test.each([
    ['a term beyond 2^48', forged('timeout-now', [2, over]), 'form: timeout-now.term'],
    ['nobody as the receiver', forged('timeout-now', [0, 1]), 'form: timeout-now.to'],
    ['a place too few', forged('heartbeat', [2, 1, 0]), 'form: heartbeat: expected a list of 4'],
    ['a place too many', forged('timeout-now', [2, 1, 0]), 'form: timeout-now: expected a list'],
    ['an index beyond 2^48', forged('vote', [2, 1, [0, over], true]), 'form: vote.last.index'],
    ['a number for a flag', forged('vote', [2, 1, [0, 0], 1]), 'form: vote.transfer'],
    ['bytes for a number', forged('heartbeat', [2, 1, new Uint8Array(1), 0]), 'form: heartbeat.c'],
    ['a long context', forged('read-index', [2, 0, new Uint8Array(1_025)]), 'form: read-index.con'],
    ['a channel beyond 255', forged('channel', [256, new Uint8Array()]), 'form: channel.channel'],
    ['no list at all', forged('timeout-now', 7), 'form: timeout-now: expected a list'],
    [
      'an entry on the wrong lane',
      forged('propose', [2, 0, []]),
      'lane: a propose on lane control',
    ],
    ['another hello', forged('hello', [chainId, 0, 1]), 'type: frame 0'],
    ['a ping with a payload', forged('ping', 1), 'type: frame 1'],
    ['a type that there is not', { type: 99, payload: new Uint8Array() }, 'type: frame 99'],
    ['nothing', { type: frameTypes.indexOf('vote'), payload: new Uint8Array() }, 'cbor: '],
  ])('%s is refused', (_, frame, reason) => {
    expect(refusal(frame)).toContain(reason);
  });

  test('more entries and members than there may be are refused', () => {
    const entries = new Array<CborValue>(limits.transportEntriesMax + 1).fill([
      0,
      new Uint8Array(),
    ]);
    expect(refusal(forged('propose', [2, 0, entries]), 'log')).toContain('form: propose.proposals');
    const ids = Array.from({ length: limits.membersMax + 1 }, (_, i) => i + 1);
    const configuration = [ids, [], [], [], false];
    const snapshot = [1, 1, configuration, new Uint8Array()];
    expect(refusal(forged('snapshot', [2, 1, snapshot, 1]), 'bulk')).toContain(
      'voters: expected a',
    );
  });

  test('bytes at random are refused, or are a message that would be written so', () => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(fc.nat(frameTypes.length), bytes, (type, payload) => {
        for (const lane of ['control', 'log', 'bulk'] as const)
          checkReading({ type, payload }, lane);
      }),
      { seed: 2, numRuns: 20_000 },
    );
  });

  test('messages with bytes altered are refused, or are another message', () => {
    const edits = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(wireMessage, edits, (message, places) => {
        const { type, payload } = frameOf(encodeMessage(message));
        const altered = payload.slice();
        for (const [at, byte] of places) altered[at % Math.max(altered.length, 1)] = byte;
        checkReading({ type, payload: altered }, laneOf(message));
      }),
      { seed: 3, numRuns: 10_000 },
    );
  });

  /** What is accepted is in range: it can be written, and read again as the same. */
  function checkReading(frame: Frame, lane: Lane): void {
    const decoded = decodeMessage(frame, { from: 1, lane });
    if (!decoded.ok) return;
    const again = decodeMessage(frameOf(encodeMessage(decoded.value)), { from: 1, lane });
    expect(again).toEqual(decoded);
  }
});

describe('hello', () => {
  test('is read as it was written, and nothing else is', () => {
    const hello = { chainId, lane: 'bulk', session: 2 ** 40 } as const;
    const frame = frameOf(encodeHello(hello));
    expect(decodeHello(frame)).toEqual({ ok: true, value: hello });
    expect(decodeHello({ ...frame, type: 1 })).toMatchObject({ ok: false, code: 'type' });
    for (const value of [
      [chainId.slice(1), 0, 1],
      [chainId, 3, 1],
      [chainId, 0],
      [chainId, 0, -1],
    ]) {
      expect(decodeHello(forged('hello', value))).toMatchObject({ ok: false });
    }
  });
});

// SPDX-License-Identifier: Apache-2.0
// The owner of a line of bytes, with a channel that a test holds the other end of.

import { describe, expect, type TestContext, test } from 'vitest';
import { fromUtf8, utf8 } from '../../../../base/bytes.ts';
import type { ByteChannelListener, OpenByteChannel } from '../../../../drivers/bus/byte-channel.ts';
import type { Judgement } from '../../../../drivers/bus/byte-exchange.ts';
import { ByteLine, type ByteRequest } from '../../../../drivers/bus/byte-line.ts';
import type { LineFault } from '../../../../drivers/line.ts';

const serial = { baudRate: 9600, parity: 'none', dataBits: 8, stopBits: 1 } as const;

/** The other end: what was written, and a voice. */
class OtherEnd {
  readonly written: string[] = [];
  readonly baudRates: number[] = [];
  openCount = 0;
  /** Called with what was written, to answer. */
  onWrite: (text: string) => void = () => undefined;
  #listener: ByteChannelListener | undefined;

  say(text: string): void {
    this.#listener?.bytes(utf8(text));
  }

  hangUp(): void {
    this.#listener?.closed('as ordered');
  }

  readonly open = async (listener: ByteChannelListener) => {
    this.#listener = listener;
    this.openCount += 1;
    return {
      write: async (bytes: Uint8Array) => {
        const text = fromUtf8(bytes) ?? '';
        this.written.push(text);
        setTimeout(() => this.onWrite(text), 1);
      },
      discardInput: async () => undefined,
      setBaudRate: async (baudRate: number) => {
        this.baudRates.push(baudRate);
      },
      close: async () => undefined,
    };
  };
}

function connected({ onTestFinished }: TestContext, { canChangeSpeed = true } = {}) {
  const other = new OtherEnd();
  const open: OpenByteChannel = async (listener) => {
    const channel = await other.open(listener);
    return canChangeSpeed ? channel : { ...channel, setBaudRate: undefined };
  };
  const line = new ByteLine(open, {
    name: 'test',
    serial,
    timeoutMs: 60,
    gapMs: 1,
    settleMs: 60,
    deviceGapMs: 0,
    overTcp: false,
    timeOutHint: (peer) => `look at ${peer}`,
  });
  onTestFinished(() => line.close());
  return { line, other };
}

/** An answer ends with a line end, and is of who was asked. */
const request = (peer: string, more: Partial<ByteRequest<string>> = {}): ByteRequest<string> => ({
  peer,
  send: utf8(`${peer}?`),
  bytesMax: 40,
  judge: (received): Judgement<string> => {
    const text = fromUtf8(received) ?? '';
    if (!text.endsWith('\n')) return { kind: 'incomplete' };
    return text.startsWith(peer)
      ? { kind: 'complete', value: text.trim() }
      : { kind: 'malformed', detail: 'it is of somebody else' };
  },
  ...more,
});

const echoing = (other: OtherEnd) => {
  other.onWrite = (text) => other.say(`${text.replace('?', '')} here\n`);
};

test('protocols of any kind take turns, each with its own answer', async (context) => {
  const { line, other } = connected(context);
  echoing(other);
  const answers = await Promise.all(['a', 'b', 'c'].map((peer) => line.exchange(request(peer))));
  expect(answers.map((answer) => answer.ok && answer.value)).toEqual([
    'a here',
    'b here',
    'c here',
  ]);
  expect(other.written).toEqual(['a?', 'b?', 'c?']);
});

test('an answer in pieces is waited for, as long as they keep coming', async (context) => {
  const { line, other } = connected(context);
  other.onWrite = () => {
    for (const [i, piece] of ['a he', 're and', ' there\n'].entries()) {
      setTimeout(() => other.say(piece), 40 * (i + 1));
    }
  };
  const slow = request('a', { bytesMax: 400 });
  expect(await line.exchange(slow)).toMatchObject({ ok: true, value: 'a here and there' });
});

test('half an answer is a time-out that says so', async (context) => {
  const { line, other } = connected(context);
  other.onWrite = () => other.say('a he');
  expect(await line.exchange(request('a'))).toMatchObject({
    fault: {
      kind: 'time-out',
      detail: expect.stringContaining('4 bytes of an answer came'),
      hint: 'look at a',
    },
  });
});

test('an answer that never ends is given up at its bound', async (context) => {
  const { line, other } = connected(context);
  other.onWrite = () => other.say('a'.repeat(500));
  expect(await line.exchange(request('a'))).toMatchObject({ fault: { kind: 'malformed' } });
});

test('a late answer is nobody else’s, and marks the next', async (context) => {
  const { line, other } = connected(context);
  expect(await line.exchange(request('a'))).toMatchObject({ fault: { kind: 'time-out' } });
  const pending = line.exchange(request('b'));
  other.say('a here\n');
  echoing(other);
  expect(await pending).toMatchObject({ ok: true, value: 'b here', afterFault: true });
  expect(await line.exchange(request('a'))).toMatchObject({ value: 'a here', afterFault: false });
});

describe('a talk of several exchanges', () => {
  test('is not interrupted, and ends at the speed of the line', async (context) => {
    const { line, other } = connected(context);
    echoing(other);
    const talk = line.converse(async ({ exchange, setBaudRate }) => {
      const first = await exchange(request('a'));
      expect(await setBaudRate(300)).toBeUndefined();
      const second = await exchange(request('a', { send: utf8('a again?') }));
      return [first, second];
    });
    const meanwhile = line.exchange(request('b'));
    expect(await talk).toMatchObject([{ value: 'a here' }, { value: 'a again here' }]);
    await meanwhile;
    expect(other.written).toEqual(['a?', 'a again?', 'b?']);
    expect(other.baudRates).toEqual([300, 9600]);
  });

  test('that cannot change the speed is told so, and the connection stays', async (context) => {
    const { line, other } = connected(context, { canChangeSpeed: false });
    echoing(other);
    const refused = await line.converse(({ setBaudRate }) => setBaudRate(300));
    expect(refused).toMatchObject({ fault: { hint: expect.stringContaining('serial port') } });
    expect(await line.exchange(request('a'))).toMatchObject({ ok: true });
    expect(other.openCount).toBe(1);
  });
});

describe('a device that speaks by itself', () => {
  test('is heard by all who listen, and nobody can be asked meanwhile', async (context) => {
    const { line, other } = connected(context);
    const heard: string[] = [];
    const listener = { bytes: (bytes: Uint8Array) => heard.push(fromUtf8(bytes) ?? '') };
    const stops = [listener, listener].map((one) => line.listen({ ...one, lost: () => undefined }));
    await expect.poll(() => other.openCount).toBe(1);
    other.say('/one');
    other.say('two!');
    expect(heard).toEqual(['/one', '/one', 'two!', 'two!']);
    expect(await line.exchange(request('a'))).toMatchObject({ fault: { kind: 'busy' } });
    for (const stop of stops) stop();
    echoing(other);
    expect(await line.exchange(request('a'))).toMatchObject({ ok: true });
    other.say('three');
    expect(heard).toHaveLength(4);
  });

  test('is heard again when its line was lost and is back', async (context) => {
    const { line, other } = connected(context);
    const faults: LineFault[] = [];
    const heard: string[] = [];
    line.listen({
      bytes: (bytes) => heard.push(fromUtf8(bytes) ?? ''),
      lost: (fault) => faults.push(fault),
    });
    await expect.poll(() => other.openCount).toBe(1);
    other.hangUp();
    expect(faults).toMatchObject([{ kind: 'closed' }]);
    await expect.poll(() => other.openCount, { timeout: 5_000 }).toBe(2);
    other.say('again');
    expect(heard).toEqual(['again']);
  });
});

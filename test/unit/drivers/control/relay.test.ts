// SPDX-License-Identifier: Apache-2.0
// The relay of a DL/T 645-2007 meter: the frame of an order byte by byte, and that nothing is sent or
// said without consent, key and the meter's own word.

import { describe, expect, onTestFinished, test } from 'vitest';
import { toHex } from '../../../../base/bytes.ts';
import { type ControlOptions, control } from '../../../../drivers/commands/control.ts';
import { encodeRequest, judgeAnswer } from '../../../../drivers/dlt645/exchange.ts';
import { encodeFrame, type Frame, findFrame } from '../../../../drivers/dlt645/frame.ts';
import { relayRequest } from '../../../../drivers/dlt645/relay-frame.ts';
import type { ByteSlave } from '../../../../drivers/simulator/byte-server.ts';
import { serveBytes } from '../../../../drivers/simulator/byte-server.ts';
import { answerFrame } from '../../../../drivers/simulator/dlt645-slave.ts';

const address = '000000000161';
const key = [Uint8Array.of(0x02, 0x12, 0x34, 0x56), Uint8Array.of(0, 0, 0, 7)];
const password = Uint8Array.of(0x02, 0x56, 0x34, 0x12);

describe('the order', () => {
  const request = relayRequest({
    address,
    order: 'trip',
    authority: { password: key[0] as Uint8Array, operator: key[1] as Uint8Array },
    until: [26, 6, 21, 12, 34, 56],
  });

  test('is level, password, operator, order and deadline, low bytes first', () => {
    expect(toHex(request.data)).toBe('02563412' + '07000000' + '1a00' + '563412210626');
    const sent = toHex(encodeRequest(request));
    expect(sent).toMatch(/^fefefefe6861010000000068 ?1c10/);
    expect(sent).toMatch(/16$/);
  });

  test('is taken by an empty answer of that meter alone', () => {
    const answer = (frame: Partial<Frame>) =>
      judgeAnswer(
        request,
        encodeFrame({ address, control: 0x9c, data: new Uint8Array(), ...frame }),
      );
    expect(answer({})).toMatchObject({ kind: 'complete', value: { kind: 'data' } });
    expect(answer({ control: 0xdc, data: Uint8Array.of(4) })).toMatchObject({
      value: { kind: 'refused', errorWord: 4 },
    });
    expect(answer({ address: '000000000162' })).toMatchObject({ kind: 'malformed' });
  });
});

/** A meter, and what it was asked for. `obeys`: when an order reaches the relay. */
async function meter({ obeys = 'at once' }: { obeys?: 'at once' | 'late' | 'never' } = {}) {
  const relay = { password, open: false };
  const asked: number[] = [];
  const play = (frame: Frame): Frame | undefined => {
    asked.push(frame.control);
    const settings = { address, blocks: [], mantissaOf: () => 0, relay };
    const shown = { ...relay };
    const answer = answerFrame(frame, settings);
    if (frame.control === 0x1c && obeys !== 'at once') relay.open = shown.open;
    if (frame.control === 0x1c && obeys === 'late') setTimeout(() => (relay.open = true), 5);
    return answer;
  };
  const slave = (): ByteSlave => {
    let send: (bytes: Uint8Array) => Promise<void> = async () => undefined;
    return {
      attach: (channel) => {
        send = channel.write;
      },
      receive: (bytes) => {
        const search = findFrame(bytes);
        const answer = search.kind === 'frame' ? play(search.frame) : undefined;
        if (answer !== undefined) void send(encodeFrame(answer));
      },
      close: () => undefined,
    };
  };
  const server = await serveBytes({ kind: 'rtu-tcp', host: '127.0.0.1', port: 0 }, slave);
  onTestFinished(() => server.close());
  const lines: string[] = [];
  const parts = {
    print: (line: string) => lines.push(line),
    wait: () => new Promise<void>((resolve) => setTimeout(resolve, 5)),
    nowMs: () => Date.UTC(2026, 5, 21, 12),
  };
  const port = 'port' in server.transport ? server.transport.port : 0;
  const run = (options: Omit<ControlOptions, 'rtu-tcp'>) =>
    control({ 'rtu-tcp': `127.0.0.1:${port}`, address, ...options }, parts);
  return { relay, asked, lines, run };
}

const consent = { yes: true, confirm: address, key };

describe('the command', () => {
  test('only says what it would do', async () => {
    const { run, relay, asked, lines } = await meter();
    expect(await run({ relay: 'open', key, confirm: address })).toBe(3);
    expect(lines).toEqual([
      'the meter says: its relay is closed',
      `would open the relay of meter ${address}, which cuts off all behind it; ` +
        `give --key-file, --confirm ${address} and --yes to do it`,
    ]);
    expect(asked).toEqual([0x11]);
    expect(relay.open).toBe(false);
  });

  test('opens and closes, and tells what the meter says', async () => {
    const { run, relay, lines } = await meter();
    expect(await run({ relay: 'open', ...consent })).toBe(0);
    expect(relay.open).toBe(true);
    expect(lines.at(-1)).toBe('the meter says: its relay is open: nothing flows');
    expect(await run({ relay: 'close', ...consent })).toBe(0);
    expect(lines.at(-1)).toBe('the meter says: its relay is closed');
  });

  test('waits for a relay that is slow', async () => {
    const { run, lines } = await meter({ obeys: 'late' });
    expect(await run({ relay: 'open', ...consent })).toBe(0);
    expect(lines.at(-1)).toBe('the meter says: its relay is open: nothing flows');
  });

  test('does not believe an order that the relay did not follow, and sends it once', async () => {
    const { run, asked, lines } = await meter({ obeys: 'never' });
    const refused = run({ relay: 'open', ...consent });
    await expect(refused).rejects.toMatchObject({ code: 'control-refused' });
    expect(lines.at(-1)).toBe('the meter says: its relay is closed');
    expect(asked.filter((control) => control === 0x1c)).toHaveLength(1);
  });

  test('says that the password is wrong', async () => {
    const { run, relay } = await meter();
    const wrong = [Uint8Array.of(2, 0, 0, 0), Uint8Array.of(0, 0, 0, 7)];
    await expect(run({ relay: 'open', ...consent, key: wrong })).rejects.toThrow('wrong password');
    expect(relay.open).toBe(false);
  });

  test.each([
    [{ relay: 'trip' }, 'open or close'],
    [{ address: undefined }, '12 digits'],
    [{ address: 'aaaaaaaaaaaa', confirm: 'aaaaaaaaaaaa' }, '12 digits'],
    [{ confirm: undefined }, '--confirm'],
    [{ confirm: '000000000162' }, '--confirm'],
    [{ key: undefined }, '--key-file'],
    [{ key: key.slice(0, 1) }, 'two lines of 8 digits'],
    [{ release: true }, 'give one of'],
  ])('%j is refused before anything is asked', async (options, text) => {
    const { run, asked } = await meter();
    const refused = run({ relay: 'open', ...consent, ...options });
    await expect(refused).rejects.toThrow(text);
    expect(asked).toEqual([]);
  });

  test('Modbus TCP does not carry it', async () => {
    const parts = { print: () => undefined, wait: async () => undefined, nowMs: () => 0 };
    const refused = control({ tcp: '127.0.0.1:1', relay: 'open', address, ...consent }, parts);
    await expect(refused).rejects.toMatchObject({ code: 'usage' });
  });
});

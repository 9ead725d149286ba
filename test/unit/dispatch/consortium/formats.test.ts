// SPDX-License-Identifier: Apache-2.0
// What goes between the engine and the ledger, in bytes: frames in any pieces, transactions that
// are read again as they were, and a genesis that is of one main log only.

import { describe, expect, test } from 'vitest';
import { assert } from '../../../../base/assert.ts';
import { concat } from '../../../../base/bytes.ts';
import { limits } from '../../../../base/limits.ts';
import { nodeSuite } from '../../../../base/node-suite.ts';
import {
  decodeTransaction,
  encodeTransaction,
} from '../../../../dispatch/ledger/transaction-codec.ts';
import { FrameReader, frameOf } from '../../../../dispatch/ordering/consortium/abci-frame.ts';
import {
  decodeBlockTransaction,
  encodeVouch,
} from '../../../../dispatch/ordering/consortium/block-transaction.ts';
import { readEngineGenesis } from '../../../../dispatch/ordering/consortium/engine-genesis.ts';
import { makeChain } from '../fake-chain.ts';
import { mainLog as anotherLog, enrolmentOf } from '../fake-main-log.ts';
import { engineGenesis, mainLog } from './network.ts';

describe('frames', () => {
  const messages = [0, 1, 127, 128, 300, 70_000].map((length) => new Uint8Array(length).fill(7));
  const stream = concat(...messages.map(frameOf));

  test.each([1, 3, 1_000, 80_000])('in pieces of %i bytes', (piece) => {
    const reader = new FrameReader();
    const read: Uint8Array[] = [];
    for (let at = 0; at < stream.length; at += piece) {
      const pushed = reader.push(stream.slice(at, at + piece));
      assert(pushed.ok, 'the stream is sound');
      read.push(...pushed.value);
    }
    expect(read).toEqual(messages);
  });

  test('too long an announcement is refused before anything is gathered', () => {
    const tooLong = frameOf(new Uint8Array(limits.abciMessageBytesMax + 1)).subarray(0, 5);
    expect(new FrameReader().push(tooLong)).toMatchObject({ ok: false, code: 'frame' });
    const endless = new Uint8Array(5).fill(0xff);
    expect(new FrameReader().push(endless)).toMatchObject({ ok: false, code: 'frame' });
  });
});

describe('transactions', () => {
  const chain = makeChain(anotherLog, { seed: 5 });
  const enrol = encodeTransaction({ kind: 'enrol', ...enrolmentOf(chain) });

  test('are read as they were written, and written as they were read', () => {
    const read = decodeTransaction(enrol);
    assert(read.ok, 'what was written can be read');
    expect(read.value).toEqual({ kind: 'enrol', ...enrolmentOf(chain) });
    expect(encodeTransaction(read.value)).toEqual(enrol);
  });

  test.each([
    ['nothing', new Uint8Array()],
    ['a byte more', concat(enrol, Uint8Array.of(0))],
    ['an unknown kind', Uint8Array.of(0x81, 0x61, 0x78)],
    ['an anchor that is none', Uint8Array.of(0x82, 0x66, ...Buffer.from('anchor'), 0x41, 0)],
  ])('%s is refused', (_, bytes) => {
    expect(decodeTransaction(bytes)).toMatchObject({ ok: false, code: 'malformed' });
  });

  test('a block is asked for by its height', () => {
    expect(decodeBlockTransaction(encodeVouch(12))).toEqual({
      ok: true,
      value: { kind: 'vouch', height: 12 },
    });
  });
});

describe('the engine’s genesis', () => {
  test('names a validator for each key of the main log', () => {
    const { validators } = readEngineGenesis(nodeSuite, engineGenesis, mainLog);
    expect(validators.map(({ key }) => key)).toEqual([0, 1, 2, 3]);
  });

  test.each([
    ['of another main log', engineGenesis, anotherLog],
    [
      'with another validator',
      engineGenesis.replace(/"address": ".."?/, '"address": "00'),
      mainLog,
    ],
    ['that is no JSON', '{', mainLog],
    ['without a time', '{"validators": [], "app_state": {}}', mainLog],
  ])('%s is refused', (_, text, log) => {
    expect(() => readEngineGenesis(nodeSuite, text, log)).toThrowError(/genesis/);
  });
});

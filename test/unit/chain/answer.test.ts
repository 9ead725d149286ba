// SPDX-License-Identifier: Apache-2.0
// Answers of the centre: only a key of the main log gives them, for one chain, and a broker can
// change nothing.

import { describe, expect, test } from 'vitest';
import { type CborValue, encode } from '../../../base/cbor.ts';
import { sign1 } from '../../../base/cose.ts';
import { limits } from '../../../base/limits.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import type { Signer } from '../../../base/suite.ts';
import { type Answer, openAnswer, signAnswer } from '../../../sidechain/chain/answer.ts';
import { chainAad, mediaType } from '../../../sidechain/chain/entry.ts';
import { everyFlip } from '../base/flip.ts';
import { chainId, gateway, mainGenesis, mainLogSigner, stranger } from './fixture.ts';

const { mainLog } = mainGenesis;
const known = { chainId, mainLog };
const otherChain = new Uint8Array(32).fill(1);
const messageHash = new Uint8Array(32).fill(2);

const answers: readonly Answer[] = [
  { kind: 'receipt', message: Uint8Array.of(1, 2) },
  { kind: 'stale', message: Uint8Array.of(3) },
  { kind: 'base', size: 17 },
  { kind: 'refused', what: 'anchor', code: 'policy', detail: 'too few', messageHash },
  { kind: 'refused', what: 'summary', code: 'unanchored', detail: '', messageHash },
  { kind: 'noted', messageHash },
  { kind: 'refused', what: 'event', code: 'evidence', detail: '', messageHash },
  { kind: 'stored', height: 5, indexes: [0, 3] },
  { kind: 'stored', height: 0, indexes: [] },
];

function statement(payload: Uint8Array, changed: object = {}, signer: Signer = mainLogSigner) {
  const externalAad = chainAad(chainId);
  return sign1({ type: mediaType('answer'), payload, externalAad, ...changed }, signer);
}

test.each(answers)('$kind is read as it was signed', (answer) => {
  const opened = openAnswer(suite, signAnswer(answer, chainId, mainLogSigner), known);
  expect(opened).toEqual({ ok: true, value: answer });
});

test.each(answers)('$kind with any bit flipped is refused', (answer) => {
  const signed = signAnswer(answer, chainId, mainLogSigner);
  const passed = [...everyFlip(signed)].filter((flipped) => openAnswer(suite, flipped, known).ok);
  expect(passed).toEqual([]);
});

describe('signatures', () => {
  const answer: Answer = { kind: 'base', size: 0 };

  test.each<[string, Signer]>([
    ['a gateway', gateway],
    ['a stranger', stranger],
    ['a gateway under the log’s key id', { ...gateway, keyId: mainLogSigner.keyId }],
  ])('by %s are refused', (_, signer) => {
    expect(openAnswer(suite, signAnswer(answer, chainId, signer), known).ok).toBe(false);
  });

  test('for another chain are refused: an answer cannot be replayed to it', () => {
    const signed = signAnswer(answer, otherChain, mainLogSigner);
    expect(openAnswer(suite, signed, known)).toMatchObject({
      ok: false,
      detail: 'its signature does not verify',
    });
    expect(openAnswer(suite, signed, { ...known, chainId: otherChain }).ok).toBe(true);
  });

  test('of another main log are refused', () => {
    const other = { ...mainLog, keys: [{ publicKey: stranger.publicKey, name: 'other' }] };
    const signed = signAnswer(answer, chainId, mainLogSigner);
    expect(openAnswer(suite, signed, { chainId, mainLog: other }).ok).toBe(false);
  });

  test('under another type are no answers', () => {
    const posing = statement(encode(['base', 0]), { type: mediaType('main-genesis') });
    expect(openAnswer(suite, posing, known)).toMatchObject({ detail: 'no answer' });
  });
});

describe('forms that are refused, although signed', () => {
  test.each<[string, CborValue]>([
    ['nothing', []],
    ['no list', 'base'],
    ['an unknown kind', ['granted', 1]],
    ['a size missing', ['base']],
    ['a negative size', ['base', -1]],
    ['a value too many', ['base', 1, 1]],
    ['a message that is text', ['receipt', 'x']],
    ['an unknown subject', ['refused', 'command', 'a', 'b', messageHash]],
    ['a short hash', ['refused', 'anchor', 'a', 'b', messageHash.slice(1)]],
    ['a detail that is too long', ['refused', 'anchor', 'a', 'b'.repeat(513), messageHash]],
    ['an index that is negative', ['stored', 1, [-1]]],
    ['more indexes than a message has', ['stored', 1, Array(limits.messageOutputsMax + 1).fill(0)]],
  ])('%s', (_, payload) => {
    const opened = openAnswer(suite, statement(encode(payload)), known);
    expect(opened).toMatchObject({ ok: false, code: 'answer' });
  });

  test('claims, a detached payload, bytes after the end, too many bytes', () => {
    const payload = encode(['base', 1]);
    const claims = { issuer: 'a', subject: 'b' };
    expect(openAnswer(suite, statement(payload), known).ok).toBe(true);
    expect(openAnswer(suite, statement(payload, { claims }), known).ok).toBe(false);
    expect(openAnswer(suite, statement(payload, { detached: true }), known).ok).toBe(false);
    expect(openAnswer(suite, Uint8Array.of(...statement(payload), 0), known).ok).toBe(false);
    const long = new Uint8Array(limits.messageBytesMax + 1);
    expect(openAnswer(suite, long, known)).toMatchObject({ ok: false });
  });
});

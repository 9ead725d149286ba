// SPDX-License-Identifier: Apache-2.0
// Signed notes and verifier keys against the examples of C2SP signed-note and of Go's sumdb/note, and against
// notes that are malformed, too long, or written in a second form.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvariantError } from '../../../base/assert.ts';
import { fromHex, toBase64, toHex, utf8 } from '../../../base/bytes.ts';
import { limits } from '../../../base/limits.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import {
  formatNote,
  isKeyName,
  isLineOf,
  keyHash,
  noteVerifierText,
  parseNote,
  parseVerifierText,
} from '../../../base/note.ts';

const seed = 32;
const strict = { strict: true };
const lenient = { strict: false };

/** Source: C2SP signed-note, "Verifier keys", "Example". */
const c2spKey = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k';
const c2spNote = `This is an example message.

— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=
`;

/** Source: golang.org/x/mod/sumdb/note, example_test.go. */
const goKey = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const goNote = `If you think cryptography is the answer to your problem,
then you don't know what your problem is.

— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
`;

const signature = toBase64(new Uint8Array(68).fill(7));
const line = `— a ${signature}\n`;

describe('C2SP signed-note: published examples', () => {
  test.each([
    [c2spKey, c2spNote],
    [goKey, goNote],
  ])('%s', (vkey, text) => {
    const key = parseVerifierText(suite, vkey);
    const note = parseNote(text, strict);
    if (!key.ok || !note.ok) throw new Error('refused');
    expect(noteVerifierText(suite, key.value)).toBe(vkey);
    const { body, lines } = note.value;
    const [only] = lines as [(typeof lines)[number]];
    expect(lines).toHaveLength(1);
    expect(isLineOf(suite, only, key.value)).toBe(true);
    expect(suite.verify(key.value.publicKey, utf8(body), only.signature)).toBe(true);
    expect(formatNote(body, lines)).toBe(text);
  });

  test('the text ends at the last blank line', () => {
    const text = `Ognuno sta solo sul cuor della terra\n\ned è subito sera.\n\n${line}`;
    const note = parseNote(text, strict);
    expect(note.ok && note.value.body).toBe(text.slice(0, -line.length - 1));
  });
});

describe('C2SP signed-note: reading', () => {
  test('what is written is read back, strictly', () => {
    const body = fc
      .string({ unit: 'grapheme' })
      .map((text) => `${text.replace(/\p{Cc}/gu, '\n')}\n`);
    const lines = fc.uniqueArray(
      fc.record({
        name: fc.string({ unit: 'grapheme' }).filter(isKeyName),
        keyHash: fc.uint8Array({ minLength: 4, maxLength: 4 }),
        signature: fc.uint8Array({ minLength: 1, maxLength: 80 }),
      }),
      { minLength: 1, maxLength: 20, selector: ({ name }) => name },
    );
    fc.assert(
      fc.property(body, lines, (body, lines) => {
        const text = formatNote(body, lines);
        expect(parseNote(text, strict)).toEqual({ ok: true, value: { body, lines } });
        expect(parseNote(text, lenient)).toEqual({ ok: true, value: { body, lines } });
      }),
      { seed, numRuns: 200 },
    );
  });

  test('any text at all is read or refused, and what is read strictly has one form', () => {
    const pieces = fc.constantFrom('\n', '\n\n', '— ', 'a', ' ', '+', '=', signature, line, '\0');
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
        const text = parts.join('');
        const note = parseNote(text, strict);
        if (note.ok) expect(formatNote(note.value.body, note.value.lines)).toBe(text);
        else expect(note.code).toBe('note');
      }),
      { seed, numRuns: 1000 },
    );
  });

  test.each([
    ['no blank line', `text\n${line}`],
    ['no text', `\n${line}`],
    ['no signature', 'text\n\n'],
    ['no last newline', `text\n\n${line.slice(0, -1)}`],
    ['a control character in the text', `te\txt\n\n${line}`],
    ['a carriage return', `text\r\n\n${line}`],
    ['NUL in a name', `text\n\n— a\0 ${signature}\n`],
    ['half of a surrogate pair', `te\ud800xt\n\n${line}`],
    ['a blank line after the signatures', `text\n\n${line}\n`],
    ['only lines that are none', 'text\n\nnot a signature\n'],
    ['nothing', ''],
  ])('refuses %s', (_, text) => {
    for (const options of [strict, lenient]) {
      expect(parseNote(text, options)).toMatchObject({ ok: false, code: 'note' });
    }
  });

  test.each([
    ['a hyphen for the dash', `- a ${signature}`],
    ['no name', `— ${signature}`],
    ['an empty name', `—  ${signature}`],
    ['a plus in the name', `— a+b ${signature}`],
    ['a no-break space in the name', `— a\u00a0b ${signature}`],
    ['a fourth word', `— a ${signature} b`],
    ['a last space', `— a ${signature} `],
    ['base64 with stray bits', `— a ${toBase64(new Uint8Array(67)).replace('A=', 'B=')}`],
    ['base64 without padding', `— a ${toBase64(new Uint8Array(67)).replaceAll('=', '')}`],
    ['base64url', `— a ${toBase64(new Uint8Array(66).fill(255)).replaceAll('/', '_')}`],
    ['a key hash alone', `— a ${toBase64(new Uint8Array(4))}`],
  ])('passes over a line with %s, but not strictly', (_, written) => {
    const text = `text\n\n— b ${signature}\n${written}\n`;
    expect(parseNote(text, strict)).toMatchObject({ detail: 'a line that is no signature' });
    const note = parseNote(text, lenient);
    expect(note.ok && note.value.lines.map(({ name }) => name)).toEqual(['b']);
  });

  test('one key has one line where it is strict', () => {
    const twice = `text\n\n${line}${line}`;
    expect(parseNote(twice, strict)).toMatchObject({ detail: 'two signatures of one key' });
    expect(parseNote(twice, lenient)).toMatchObject({ ok: true });
    const sameName = `text\n\n${line}— a ${toBase64(new Uint8Array(68).fill(8))}\n`;
    expect(parseNote(sameName, strict)).toMatchObject({ ok: true });
  });

  test('signatures and bytes are bounded', () => {
    const linesOf = (count: number) =>
      Array.from({ length: count }, (_, i) => `— a${i} ${signature}\n`).join('');
    const countMax = limits.noteSignaturesMax;
    expect(parseNote(`text\n\n${linesOf(countMax)}`, strict)).toMatchObject({ ok: true });
    for (const options of [strict, lenient]) {
      const many = parseNote(`text\n\n${linesOf(countMax + 1)}`, options);
      expect(many).toMatchObject({ detail: `more than ${countMax} signatures` });
    }
    const room = limits.noteBytesMax - utf8(`\n\n${line}`).length;
    expect(parseNote(`${'a'.repeat(room)}\n\n${line}`, strict)).toMatchObject({ ok: true });
    const long = parseNote(`${'a'.repeat(room - 1)}ä\n\n${line}`, strict);
    expect(long).toMatchObject({ detail: `longer than ${limits.noteBytesMax} bytes` });
  });
});

describe('C2SP signed-note: writing', () => {
  const good = { name: 'a', keyHash: new Uint8Array(4), signature: Uint8Array.of(1) };
  test.each([
    ['a body without its newline', 'text', [good]],
    ['a control character', 'te\0xt\n', [good]],
    ['no line', 'text\n', []],
    ['a name with a space', 'text\n', [{ ...good, name: 'a b' }]],
    ['a key hash of 3 bytes', 'text\n', [{ ...good, keyHash: new Uint8Array(3) }]],
    ['no signature', 'text\n', [{ ...good, signature: new Uint8Array() }]],
  ])('never %s', (_, body, lines) => {
    expect(() => formatNote(body, lines)).toThrow(InvariantError);
  });
});

describe('C2SP signed-note: key names and verifier keys', () => {
  test('names are not empty, without white space and plus', () => {
    expect(['a', 'example.com/log', 'ключ', '€'].every(isKeyName)).toBe(true);
    const bad = ['', ' ', 'a b', 'a+b', 'a\n', '\u0085', 'a\u3000', 'a\u2028b', 'a\0', 'a\ud800'];
    expect(bad.filter(isKeyName)).toEqual([]);
  });

  test('the key hash binds name, type and key', () => {
    const key = new Uint8Array(32);
    expect(toHex(keyHash(suite, 'a', 1, key))).toBe(
      toHex(suite.sha256(fromHex(`610a01${'00'.repeat(32)}`) as Uint8Array).slice(0, 4)),
    );
    expect(keyHash(suite, 'a', 4, key)).not.toEqual(keyHash(suite, 'a', 1, key));
    expect(keyHash(suite, 'b', 1, key)).not.toEqual(keyHash(suite, 'a', 1, key));
  });

  test('no altered character of a verifier key passes', () => {
    for (let i = 0; i < c2spKey.length; i++) {
      for (const other of ['A', '0', '+', ' ', 'é', '']) {
        if (c2spKey[i] === other) continue;
        const altered = c2spKey.slice(0, i) + other + c2spKey.slice(i + 1);
        expect(parseVerifierText(suite, altered).ok).toBe(false);
      }
    }
  });

  test.each(['', '+', '++', 'a+00000000+', 'a+530D903A+AekyeRrm', `${c2spKey}\n`, ` ${c2spKey}`])(
    'refuses %j',
    (text) => {
      expect(parseVerifierText(suite, text)).toMatchObject({ ok: false, code: 'verifier-text' });
    },
  );
});

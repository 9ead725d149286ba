// SPDX-License-Identifier: Apache-2.0
// Signed notes and verifier keys (C2SP signed-note): a text that ends in a newline, a blank line,
// one line per signature. Reading a note verifies nothing: a line says whose it claims to be, and
// checkpoint.ts and cosignature.ts check those of keys that are known. A strict note has one form
// only: no bit can be changed.

import { assert } from './assert.ts';
import { concat, equal, fromBase64, fromHex, toBase64, toHex, utf8 } from './bytes.ts';
import { accept, type Result, refuse } from './errors.ts';
import { limits } from './limits.ts';
import type { Suite } from './suite.ts';

export type SignatureLine = {
  readonly name: string;
  /** 4 bytes: `keyHash`. */
  readonly keyHash: Uint8Array;
  /** As the type of the key defines it; at least one byte. */
  readonly signature: Uint8Array;
};

export type Note = {
  /** What is signed, with its last newline. */
  readonly body: string;
  readonly lines: readonly SignatureLine[];
};

/** A public key as C2SP writes it: under a name, for one type of signature. */
export type NoteKey = {
  readonly name: string;
  /** One byte; C2SP signed-note assigns them. */
  readonly type: number;
  readonly publicKey: Uint8Array;
};

const keyHashBytes = 4;
const publicKeyBytes = 32;
const newline = 0x0a;
/** Of one UTF-16 unit. */
const utf8BytesMax = 3;
const linePrefix = '\u2014 ';

/** Not empty, no white space, no plus. */
export function isKeyName(name: string): boolean {
  return name !== '' && isNoteText(name) && !/[\p{White_Space}+]/u.test(name);
}

/** First 4 bytes of SHA-256(name ‖ newline ‖ type ‖ public key). */
export function keyHash(
  suite: Suite,
  name: string,
  type: number,
  publicKey: Uint8Array,
): Uint8Array {
  assert(Number.isInteger(type) && type >= 0 && type <= 255, 'a signature type is one byte');
  const hashed = concat(utf8(`${name}\n`), Uint8Array.of(type), publicKey);
  return suite.sha256(hashed).slice(0, keyHashBytes);
}

/** True where the line claims to be of this very key. */
export function isLineOf(suite: Suite, line: SignatureLine, key: NoteKey): boolean {
  const { name, type, publicKey } = key;
  return line.name === name && equal(line.keyHash, keyHash(suite, name, type, publicKey));
}

/** @throws InvariantError for a body without its last newline, no line, or a name that no key may have. */
export function formatNote(body: string, lines: readonly SignatureLine[]): string {
  assert(body.endsWith('\n') && isNoteText(body), 'the body of a note is text with a last newline');
  assert(lines.length > 0, 'a note is signed');
  return `${body}\n${lines.map(formatLine).join('')}`;
}

function formatLine({ name, keyHash, signature }: SignatureLine): string {
  assert(isKeyName(name), 'a signature line has a name without spaces');
  assert(
    keyHash.length === keyHashBytes && signature.length > 0,
    'a line holds hash and signature',
  );
  return `${linePrefix}${name} ${toBase64(concat(keyHash, signature))}\n`;
}

/**
 * Reads a note. Lenient, as notes of others are read: lines below the text that are no signature
 * lines are passed over (they can only add, never alter). Strict, as in proof bundles: the note is
 * exactly what `formatNote` writes, and no key has two lines.
 */
export function parseNote(
  text: string,
  options: { readonly strict: boolean },
): Result<Note, 'note'> {
  // attacker-controlled
  const mayBeLonger = text.length * utf8BytesMax > limits.noteBytesMax;
  if (mayBeLonger && utf8(text).length > limits.noteBytesMax) {
    return refuse('note', `longer than ${limits.noteBytesMax} bytes`);
  }
  if (!isNoteText(text)) return refuse('note', 'a control character, or half of a surrogate pair');
  const blank = text.lastIndexOf('\n\n');
  if (blank === -1) return refuse('note', 'no blank line between text and signatures');
  const body = text.slice(0, blank + 1);
  const signed = text.slice(blank + 2);
  if (!signed.endsWith('\n')) return refuse('note', 'the last line does not end');

  const written = signed.slice(0, -1).split('\n', limits.noteSignaturesMax + 1);
  if (written.length > limits.noteSignaturesMax) {
    return refuse('note', `more than ${limits.noteSignaturesMax} signatures`);
  }
  const lines = written.map(parseLine).filter((line) => line !== undefined);
  if (lines.length === 0) return refuse('note', 'no signature line');
  if (options.strict) {
    if (lines.length < written.length) return refuse('note', 'a line that is no signature');
    if (lines.some(isRepeated)) return refuse('note', 'two signatures of one key');
  }
  return accept({ body, lines });
}

/** Whether a line before this one is of the same key. They are few. */
function isRepeated(
  { name, keyHash }: SignatureLine,
  place: number,
  lines: readonly SignatureLine[],
): boolean {
  for (let i = 0; i < place; i++) {
    const before = lines[i] as SignatureLine;
    if (before.name === name && equal(before.keyHash, keyHash)) return true;
  }
  return false;
}

function parseLine(line: string): SignatureLine | undefined {
  const space = line.indexOf(' ', linePrefix.length);
  if (space === -1 || !line.startsWith(linePrefix)) return undefined;
  const name = line.slice(linePrefix.length, space);
  if (!isKeyName(name)) return undefined;
  const bytes = fromBase64(line.slice(space + 1));
  if (bytes === undefined || bytes.length <= keyHashBytes) return undefined;
  return { name, keyHash: bytes.slice(0, keyHashBytes), signature: bytes.subarray(keyHashBytes) };
}

/** Text that has a UTF-8 form and holds no control character but the newline. */
function isNoteText(text: string): boolean {
  if (!text.isWellFormed()) return false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 && code !== newline) return false;
  }
  return true;
}

/** `<name>+<key hash, hex>+<base64 of type ‖ key>`: how a key is given to people and to other tools. */
export function noteVerifierText(suite: Suite, { name, type, publicKey }: NoteKey): string {
  assert(isKeyName(name), 'a key has a name without spaces');
  assert(publicKey.length === publicKeyBytes, 'an Ed25519 key has 32 bytes');
  const hash = toHex(keyHash(suite, name, type, publicKey));
  return `${name}+${hash}+${toBase64(concat(Uint8Array.of(type), publicKey))}`;
}

/** The way back; `type` is whatever the text says, the key 32 bytes and not checked to be a point. */
export function parseVerifierText(suite: Suite, text: string): Result<NoteKey, 'verifier-text'> {
  const [, name, hex, base64] = /^([^+]*)\+([0-9a-f]{8})\+(.*)$/su.exec(text) ?? [];
  const hash = fromHex(hex ?? '');
  const key = fromBase64(base64 ?? '');
  if (name === undefined || hash === undefined || key === undefined || !isKeyName(name)) {
    return refuse('verifier-text', 'not of the form <name>+<8 hex digits>+<base64>');
  }
  const [type] = key;
  const publicKey = key.slice(1);
  if (type === undefined || publicKey.length !== publicKeyBytes) {
    return refuse('verifier-text', 'not a type and the 32 bytes of an Ed25519 key');
  }
  if (!equal(hash, keyHash(suite, name, type, publicKey))) {
    return refuse(
      'verifier-text',
      'the hash is not that of name, type and key: a character is wrong',
    );
  }
  return accept({ name, type, publicKey });
}

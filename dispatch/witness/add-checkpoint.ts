// SPDX-License-Identifier: Apache-2.0
// What a log asks of a witness (C2SP tlog-witness): to co-sign a checkpoint, with the proof that it extends
// the one the witness has co-signed before; and the lines that come back. Text in, values out.

import { fromBase64, fromUtf8, toBase64, utf8 } from '../../base/bytes.ts';
import { accept, type Result, refuse } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import { formatNote, parseNote, type SignatureLine } from '../../base/note.ts';

export type AddCheckpoint = {
  /** Size that the witness is thought to have co-signed last; 0 for none. */
  readonly from: number;
  readonly consistency: readonly Uint8Array[];
  /** The checkpoint as a signed note. */
  readonly note: string;
};

/** Content type of the answer to a wrong `from`: the size that the witness has, and a newline. */
export const sizeType = 'text/x.tlog.size';

export function formatAddCheckpoint({ from, consistency, note }: AddCheckpoint): string {
  return `old ${from}\n${consistency.map((hash) => `${toBase64(hash)}\n`).join('')}\n${note}`;
}

/** Bytes are attacker-controlled. */
export function parseAddCheckpoint(body: Uint8Array): Result<AddCheckpoint, 'add-checkpoint'> {
  const no = (detail: string) => refuse('add-checkpoint', detail);
  if (body.length > limits.witnessBodyBytesMax) return no('too long');
  const text = fromUtf8(body);
  const end = text?.indexOf('\n\n') ?? -1;
  if (text === undefined || end === -1) return no('no empty line before the checkpoint');
  const [first = '', ...hashes] = text.slice(0, end).split('\n');
  const from = /^old (0|[1-9]\d{0,14})$/.exec(first)?.[1];
  if (from === undefined) return no('the first line is not `old <size>`');
  if (hashes.length >= limits.proofHashesMax) return no('more hashes than a proof has');
  const consistency = hashes.map((line) => fromBase64(line));
  if (consistency.some((hash) => hash?.length !== 32))
    return no('a hash is not 32 bytes of base64');
  if (from === '0' && hashes.length > 0) return no('a proof from nothing is empty');
  const note = text.slice(end + 2);
  return accept({ from: Number(from), consistency: consistency as Uint8Array[], note });
}

/** The answer of a witness: signature lines as they stand in a note. */
export function formatLines(lines: readonly SignatureLine[]): string {
  return formatNote('-\n', lines).slice('-\n\n'.length);
}

/** Lines that are none are passed over. Bytes are attacker-controlled. */
export function parseLines(answer: Uint8Array): readonly SignatureLine[] {
  const text = fromUtf8(answer);
  if (text === undefined || answer.length > limits.witnessAnswerBytesMax) return [];
  const parsed = parseNote(`-\n\n${text}`, { strict: false });
  return parsed.ok ? parsed.value.lines : [];
}

/** The size in a 409. Bytes are attacker-controlled. */
export function parseSize(answer: Uint8Array): number | undefined {
  const digits = /^(0|[1-9]\d{0,14})\n$/.exec(fromUtf8(answer) ?? '')?.[1];
  return digits === undefined ? undefined : Number(digits);
}

export function formatSize(size: number): Uint8Array {
  return utf8(`${size}\n`);
}

// SPDX-License-Identifier: Apache-2.0
// The mark of a ledger that was brought back from a copy. An older copy must not sign: at sizes that
// were signed before it would sign a second history. Nobody here can know how old the copy is, but
// the gateways do, for they hold receipts. So while the mark is there the centre takes nothing and
// listens, until everybody has had time to speak.

import { rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { utf8 } from '../base/bytes.ts';
import { TielineError } from '../base/errors.ts';
import { parseConfig } from '../host/config.ts';
import { writeFileDurably } from '../host/files.ts';

export type RestoredMark = { readonly size: number; readonly listenMs: number };

const schema = {
  type: 'object',
  additionalProperties: false,
  required: ['size', 'listenMs'],
  properties: {
    size: { type: 'integer', minimum: 1 },
    listenMs: { type: 'integer', minimum: 0 },
  },
};

/** undefined where the ledger was not brought back. @throws TielineError `config`, `file` */
export async function readMark(path: string): Promise<RestoredMark | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw new TielineError('file', `cannot read ${path}`, { cause });
  }
  return parseConfig<RestoredMark>({ text, file: path, schema });
}

export function writeMark(path: string, mark: RestoredMark): Promise<void> {
  return writeFileDurably(path, utf8(`${JSON.stringify(mark)}\n`));
}

export function removeMark(path: string): void {
  rmSync(path, { force: true });
}

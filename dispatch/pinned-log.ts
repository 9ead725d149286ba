// SPDX-License-Identifier: Apache-2.0
// The public file of a centre's main log, as sidechains pin it, read from the centre's directory.

import { readFile } from 'node:fs/promises';
import { messageOf, TielineError } from '../base/errors.ts';
import type { MainLog } from '../sidechain/chain/main-log.ts';
import { parseMainLogFile } from '../sidechain/chain/main-log-file.ts';
import { dispatchFiles } from './files.ts';

/** @throws TielineError `main-log` */
export async function readPinnedLog(dir: string): Promise<MainLog> {
  const { mainLog: path } = dispatchFiles(dir);
  const hint = 'name the configuration that `tieline dispatch init` made';
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new TielineError('main-log', `cannot read ${path}: ${messageOf(cause)}`, { hint, cause });
  }
  const parsed = parseMainLogFile(text);
  if (parsed.ok) return parsed.value;
  throw new TielineError('main-log', `${path}: ${parsed.detail}`, { hint });
}

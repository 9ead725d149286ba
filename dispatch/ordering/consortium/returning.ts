// SPDX-License-Identifier: Apache-2.0
// A node that comes back from a copy. Since the copy was made its engine may have voted, and what it
// voted for lies on a disk that is gone: with the older `priv_validator_state.json` it would vote
// anew on the same blocks, and differently. So it first takes part without its key: it fetches all
// that the others decided, and gets its key back for blocks on which it cannot have voted.

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { utf8 } from '../../../base/bytes.ts';
import { limits } from '../../../base/limits.ts';
import {
  createFileDurably,
  readSecretFile,
  replaceFileDurably,
  writeFileDurably,
} from '../../../host/files.ts';
import { newEngineKey, validatorFiles, validatorKeyText } from './engine-home.ts';

export function isReturning(home: string): boolean {
  return existsSync(validatorFiles(home).waitingKey);
}

/** Takes the key away, before the engine is ever started. @throws TielineError `file`, `file-*` */
export async function holdBackKey(home: string): Promise<void> {
  const { key, waitingKey } = validatorFiles(home);
  await createFileDurably(waitingKey, await readSecretFile(key));
  await writeFileDurably(key, validatorKeyText(newEngineKey()));
}

/**
 * Gives the key back. `decided`: a height that the others had decided after the last vote of this
 * node; undefined: the copy itself holds the last vote.
 */
export async function giveKeyBack(home: string, decided: number | undefined): Promise<void> {
  const { key, waitingKey, state } = validatorFiles(home);
  if (decided !== undefined) {
    const height = Math.max(await votedHeight(state), decided + limits.returningHeights);
    // As if it had voted in every round of that height.
    const last = { height: String(height), round: roundMax, step: stepPrecommit };
    await writeFileDurably(state, utf8(`${JSON.stringify(last, null, 2)}\n`));
  }
  await replaceFileDurably(key, waitingKey);
}

async function votedHeight(state: string): Promise<number> {
  const { height } = JSON.parse(await readFile(state, 'utf8')) as { readonly height?: unknown };
  const read = Number(height);
  return Number.isSafeInteger(read) ? read : 0;
}

const roundMax = 2_147_483_647;
const stepPrecommit = 3;

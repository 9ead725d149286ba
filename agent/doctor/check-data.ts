// SPDX-License-Identifier: Apache-2.0
// The data directory: whether it is there, is ours, holds key and chain, and has room.

import { constants } from 'node:fs';
import { access, statfs } from 'node:fs/promises';
import { toHex } from '../../base/bytes.ts';
import { messageOf, TielineError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import { readKeyFile } from '../../host/key-file.ts';
import { chainPath } from '../../sidechain/store/chain-file.ts';
import { dataFiles } from '../data-files.ts';
import type { Finding } from './finding.ts';

export async function checkData(dataDir: string): Promise<readonly Finding[]> {
  try {
    await access(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const what = `${dataDir} cannot be written: ${messageOf(error)}`;
    const advice = `run \`tieline init\` if this gateway was never made; else give it to the user \
that runs the gateway: sudo chown -R tieline: '${dataDir}'`;
    return [{ area: 'data', state: 'bad', what, advice }];
  }
  return [await checkKey(dataDir), await checkChain(dataDir), await checkRoom(dataDir)];
}

async function checkKey(dataDir: string): Promise<Finding> {
  const path = dataFiles(dataDir).key;
  try {
    const { keyId } = await readKeyFile(path);
    return { area: 'data', state: 'good', what: `the key of gateway ${toHex(keyId)} is here` };
  } catch (error) {
    const hint = error instanceof TielineError ? error.hint : undefined;
    const advice = hint ?? 'run `tieline init`; a lost key means a new member of the chain';
    return { area: 'data', state: 'bad', what: messageOf(error), advice };
  }
}

async function checkChain(dataDir: string): Promise<Finding> {
  const path = chainPath(dataDir);
  try {
    await access(path, constants.R_OK | constants.W_OK);
    return { area: 'data', state: 'good', what: `the chain is in ${path}` };
  } catch (error) {
    const advice = 'run `tieline init`; never copy a chain.db from elsewhere: it would sign twice';
    return { area: 'data', state: 'bad', what: messageOf(error), advice };
  }
}

async function checkRoom(dataDir: string): Promise<Finding> {
  const { bavail, blocks, bsize } = await statfs(dataDir);
  const freeBytes = bavail * bsize;
  const share = Math.floor((bavail / Math.max(blocks, 1)) * 100);
  const what = `${Math.floor(freeBytes / 1e6)} MB are free (${share} %)`;
  if (freeBytes >= limits.diskFreeGoodBytes) return { area: 'disk', state: 'good', what };
  const advice = `make room on this disk, or keep less: \`journalctl --vacuum-size=50M\`, \`apt clean\``;
  const state = freeBytes < limits.diskFreeLeastBytes ? 'bad' : 'attention';
  return { area: 'disk', state, what, advice };
}

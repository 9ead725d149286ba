// SPDX-License-Identifier: Apache-2.0
// The next key of a main log: made where it will be used, offered under its own signature, and taken up in a
// proposal. It signs nothing until the organisations have passed that.

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { equal, toHex } from '../base/bytes.ts';
import { messageOf, TielineError } from '../base/errors.ts';
import { nodeSuite as suite } from '../base/node-suite.ts';
import { wallClockMs } from '../host/clock.ts';
import { createFileDurably } from '../host/files.ts';
import { loadOrCreateSigner, readKeyFile } from '../host/key-file.ts';
import { openLogKeyOffer, signLogKeyOffer } from '../sidechain/chain/log-key-offer.ts';
import type { LogKeysChange } from '../sidechain/chain/log-keys-change.ts';
import { generationOf, type MainLog } from '../sidechain/chain/main-log.ts';
import { dispatchFiles } from './files.ts';
import { readPinnedLog } from './pinned-log.ts';

export type OfferedKey = {
  readonly organisation: string;
  readonly generation: number;
  /** 64 hex digits. */
  readonly publicKey: string;
  /** Where it lies, and where the offer does. */
  readonly keyPath: string;
  readonly path: string;
};

/**
 * Makes `main-log-next.key` where there is none, and writes its offer.
 * @throws TielineError `key-file`, `main-log`, `wrong-key`, `file-exists`
 */
export async function offerKey(dataDir: string, path: string): Promise<OfferedKey> {
  const files = dispatchFiles(dataDir);
  const mainLog = await readPinnedLog(dataDir);
  const own = await readKeyFile(files.logKey);
  const keeper = mainLog.keys.find(({ publicKey }) => equal(publicKey, own.publicKey));
  if (keeper === undefined) {
    throw new TielineError('wrong-key', `${files.logKey} is not a key of ${mainLog.origin}`, {
      hint: 'offer from the directory of the centre that keeps the log',
    });
  }
  if (existsSync(path)) {
    throw new TielineError('file-exists', `${path} is there already`, {
      hint: 'name another file with --out, or take up the offer that is there',
    });
  }
  const next = await loadOrCreateSigner(files.nextLogKey);
  const generation = generationOf(mainLog) + 1;
  const organisation = keeper.name;
  const content = { name: organisation, generation, timeMs: wallClockMs() };
  const offer = signLogKeyOffer(content, mainLog.id, next);
  await createFileDurably(path, offer, { mode: 0o644 });
  const publicKey = toHex(next.publicKey);
  return { organisation, generation, publicKey, keyPath: files.nextLogKey, path };
}

/** Files by commas; undefined where there are none. @throws TielineError `offer` */
export async function offersIn(
  paths: string | undefined,
): Promise<readonly Uint8Array[] | undefined> {
  return paths === undefined ? undefined : Promise.all(paths.split(',').map(readOffer));
}

async function readOffer(path: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (cause) {
    throw new TielineError('offer', `cannot read ${path}: ${messageOf(cause)}`, { cause });
  }
}

/** @throws TielineError `offer`: one that does not hold is not proposed. */
export function logKeysChange(of: {
  readonly mainLog: MainLog;
  readonly offers: readonly Uint8Array[];
  /** By default more than two thirds of the keys. */
  readonly threshold: number | undefined;
}): LogKeysChange {
  const { mainLog, offers } = of;
  for (const bytes of offers) {
    const offer = openLogKeyOffer(suite, bytes, mainLog.id);
    if (offer.ok) continue;
    throw new TielineError('offer', offer.detail, {
      hint: '`tieline dispatch offer-key` makes offers, where the key will be used',
    });
  }
  const threshold = of.threshold ?? Math.floor((2 * offers.length) / 3) + 1;
  return { kind: 'log-keys', generation: generationOf(mainLog) + 1, threshold, offers };
}

// SPDX-License-Identifier: Apache-2.0
// A mirror as a program: its files, the centre that it asks, and how often.

import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fromUtf8 } from '../../base/bytes.ts';
import { messageOf, TielineError } from '../../base/errors.ts';
import { nodeSuite } from '../../base/node-suite.ts';
import { wallClockMs } from '../../host/clock.ts';
import { readSecretFile } from '../../host/files.ts';
import { type Database, openDatabase } from '../../host/sqlite.ts';
import type { MainLog } from '../../sidechain/chain/main-log.ts';
import { parseMainLogFile } from '../../sidechain/chain/main-log-file.ts';
import { askOver, CentreClient } from './centre-client.ts';
import { Mirror, type MirrorPass } from './mirror.ts';
import { mirrorMigrations } from './mirror-schema.ts';
import { MirrorStore } from './mirror-store.ts';
import { type MirrorVerdict, verifyMirror } from './verify-mirror.ts';

export type RunMirrorOptions = {
  readonly url: string;
  readonly mainLogPath: string;
  readonly directory: string;
  readonly tokenPath: string | undefined;
  readonly caPath: string | undefined;
  readonly expectsAll: boolean;
  /** Anchors and messages that each pass looks at again. */
  readonly audits: number;
  /** Between two passes; undefined: one, and then the end. */
  readonly intervalMs: number | undefined;
  readonly ending: AbortSignal;
  readonly onPass: (pass: MirrorPass) => void;
  /** Of a pass that could not be made, where there will be another. */
  readonly onFailure: (error: TielineError) => void;
};

/**
 * @returns whether something differs.
 * @throws TielineError `main-log`, `mirror-other`, `database-*`; `api-*` where there is one pass alone.
 */
export async function runMirror(options: RunMirrorOptions): Promise<boolean> {
  const { url, tokenPath, caPath, expectsAll, intervalMs, ending, onPass, onFailure } = options;
  const mainLog = await readMainLog(options.mainLogPath);
  const token =
    tokenPath === undefined ? undefined : fromUtf8(await readSecretFile(tokenPath))?.trim();
  const ca = caPath === undefined ? undefined : await readBytes(caPath, 'check the path');
  const sleep = (ms: number) => pause(ms, ending);
  const client = new CentreClient(askOver({ url: checkedUrl(url), token, ca }), sleep);
  await mkdir(options.directory, { recursive: true, mode: 0o700 });
  const database = await openMirror(options.directory, 'create');
  try {
    const mirror = await Mirror.open({
      suite: nodeSuite,
      database,
      mainLog,
      client,
      nowMs: wallClockMs,
      expectsAll,
      audits: options.audits,
    });
    let differs = false;
    while (!ending.aborted) {
      try {
        const pass = await mirror.pass();
        differs = pass.open.length > 0;
        onPass(pass);
      } catch (error) {
        const again = error instanceof TielineError && error.retry === 'transient';
        if (intervalMs === undefined || !again) throw error;
        onFailure(error);
      }
      if (intervalMs === undefined) break;
      await sleep(intervalMs);
    }
    return differs;
  } finally {
    await database.close();
  }
}

/** @throws TielineError `database-*`, `main-log` */
export async function verifyMirrorFiles(options: {
  readonly directory: string;
  readonly mainLogPath: string;
}): Promise<MirrorVerdict> {
  const mainLog = await readMainLog(options.mainLogPath);
  const database = await openMirror(options.directory, 'read-only');
  try {
    return await verifyMirror(nodeSuite, new MirrorStore(database), mainLog);
  } finally {
    await database.close();
  }
}

function openMirror(directory: string, mode: 'create' | 'read-only'): Promise<Database> {
  const path = join(directory, 'mirror.sqlite');
  const isThere = existsSync(path);
  const migrations = mirrorMigrations;
  return openDatabase({
    path,
    mode: mode === 'create' && isThere ? 'existing' : mode,
    migrations,
  });
}

async function readMainLog(path: string): Promise<MainLog> {
  const parsed = parseMainLogFile(fromUtf8(await readBytes(path, mainLogHint)) ?? '');
  if (parsed.ok) return parsed.value;
  throw new TielineError('main-log', `${path}: ${parsed.detail}`, {
    hint: mainLogHint,
  });
}

const mainLogHint = '`tieline dispatch init` writes main-log.json; its operator hands it out';

async function readBytes(path: string, hint: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (cause) {
    throw new TielineError('file', `cannot read ${path}: ${messageOf(cause)}`, { hint, cause });
  }
}

/** A token in the clear is everybody's: refused but on this machine. */
function checkedUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new TielineError('usage', `--api is written as https://host:port, not \`${text}\``);
  }
  return url.origin;
}

function pause(ms: number, ending: AbortSignal): Promise<void> {
  if (ending.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      ending.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    ending.addEventListener('abort', done, { once: true });
  });
}

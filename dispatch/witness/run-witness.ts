// SPDX-License-Identifier: Apache-2.0
// The program of a witness: its key, its state, its port. Whoever runs one needs nothing of a centre but the
// public file of its main log.

import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fromUtf8 } from '../../base/bytes.ts';
import { logKeyType } from '../../base/checkpoint.ts';
import { cosignerKeyType } from '../../base/cosignature.ts';
import { messageOf, TielineError } from '../../base/errors.ts';
import { nodeSuite as suite } from '../../base/node-suite.ts';
import { isKeyName, noteVerifierText, parseVerifierText } from '../../base/note.ts';
import { systemClock } from '../../host/clock.ts';
import { startHttp } from '../../host/http.ts';
import { loadOrCreateSigner } from '../../host/key-file.ts';
import type { Log } from '../../host/log.ts';
import { openDatabase } from '../../host/sqlite.ts';
import { parseMainLogFile } from '../../sidechain/chain/main-log-file.ts';
import { Witness, type WitnessedLog } from './witness.ts';
import { witnessRoutes } from './witness-routes.ts';
import { WitnessStore, witnessMigrations } from './witness-store.ts';

export type RunningWitness = {
  /** What a log is given to know the lines of this witness by: C2SP verifier key. */
  readonly verifierKey: string;
  readonly url: string;
  readonly close: () => Promise<void>;
};

/** @throws TielineError `witness-name`, `main-log`, `verifier-key`, `key-file`, `database-*`, `listen` */
export async function runWitness(options: {
  /** Made where it is missing; holds the key and what was co-signed. */
  readonly dir: string;
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly logs: readonly WitnessedLog[];
  readonly log: Log;
}): Promise<RunningWitness> {
  const { dir, name, host, port, logs, log } = options;
  if (!isKeyName(name)) {
    throw new TielineError('witness-name', `a witness cannot be called \`${name}\``, {
      hint: 'like a host and a path, without spaces: watch.example/tieline',
    });
  }
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const keyPath = join(dir, 'witness.key');
  const path = join(dir, 'witness.sqlite');
  const mode = existsSync(path) ? 'existing' : 'create';
  if (mode === 'create' && existsSync(keyPath)) {
    throw new TielineError('witness-state', `${path} is missing, and the key has been in use`, {
      hint: 'restore it; or delete the key as well and give the logs the new one',
    });
  }
  // The state comes first: a key without what it has signed would sign it once more.
  const database = await openDatabase({ path, mode, migrations: witnessMigrations });
  try {
    const signer = await loadOrCreateSigner(keyPath);
    const { publicKey } = signer;
    const { nowMs, monotonicMs } = await systemClock();
    const store = new WitnessStore(database);
    const witness = new Witness({ suite, name, signer, logs, store, nowMs });
    const http = await startHttp({ host, port, routes: witnessRoutes(witness, monotonicMs), log });
    return {
      verifierKey: noteVerifierText(suite, { name, type: cosignerKeyType, publicKey }),
      url: http.url,
      close: async () => {
        await http.close();
        await database.close();
      },
    };
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** A log by its public file. @throws TielineError `main-log` */
export async function readWitnessedLog(path: string): Promise<WitnessedLog> {
  const text = await readFile(path).catch((cause: unknown) => {
    throw new TielineError('main-log', `cannot read ${path}: ${messageOf(cause)}`, { cause });
  });
  const read = parseMainLogFile(fromUtf8(new Uint8Array(text)) ?? '');
  if (!read.ok) throw new TielineError('main-log', `${path} describes no log: ${read.detail}`);
  const { origin, keys, threshold } = read.value;
  return { origin, threshold, keys: keys.map(({ publicKey }) => publicKey) };
}

/** Any log, by its C2SP verifier key, the name of which is its origin. @throws TielineError `verifier-key` */
export function logByVerifierKey(text: string): WitnessedLog {
  const parsed = parseVerifierText(suite, text);
  if (!parsed.ok) throw new TielineError('verifier-key', `${text}: ${parsed.detail}`);
  const { name: origin, type, publicKey } = parsed.value;
  if (type !== logKeyType) throw new TielineError('verifier-key', `${text} is not a log's key`);
  return { origin, keys: [publicKey], threshold: 1 };
}

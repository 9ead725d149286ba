// SPDX-License-Identifier: Apache-2.0
// The keys of a main log that lie in the directory of its centre: the one that signs, and the next one,
// which takes over when an act says so. It signs as whichever counts now. Files follow after the ledger:
// whatever a crash leaves half done, the next start finds the right key by the ledger alone.

import { existsSync } from 'node:fs';
import { readFile, rename } from 'node:fs/promises';
import { equal, utf8 } from '../base/bytes.ts';
import { messageOf } from '../base/errors.ts';
import type { Signer } from '../base/suite.ts';
import { writeFileDurably } from '../host/files.ts';
import { readKeyFile } from '../host/key-file.ts';
import type { Log } from '../host/log.ts';
import { newestKeys } from '../sidechain/chain/key-periods.ts';
import { generationOf, type LogKey } from '../sidechain/chain/main-log.ts';
import { formatKeyPeriods } from '../sidechain/chain/main-log-file.ts';
import type { KeyPeriods } from '../sidechain/chain/retired-key.ts';
import type { dispatchFiles } from './files.ts';

/** What an ordering needs of it, beside its being a signer. */
export type Keyring = {
  /** Whether one of these keys is here, now. */
  readonly holds: (keys: readonly LogKey[]) => Promise<boolean>;
  /** Signs from here on by the newest of these keys, where it is here. */
  readonly use: (periods: KeyPeriods) => Promise<void>;
};

type Files = Pick<
  ReturnType<typeof dispatchFiles>,
  'logKey' | 'nextLogKey' | 'retiredLogKey' | 'mainLog'
>;

export class LogKeyring implements Signer, Keyring {
  readonly #files: Files;
  readonly #log: Log;
  #current: Signer;

  private constructor(files: Files, log: Log, current: Signer) {
    this.#files = files;
    this.#log = log;
    this.#current = current;
  }

  /** @throws TielineError as `readKeyFile` does */
  static async open(files: Files, log: Log): Promise<LogKeyring> {
    const { logKey, nextLogKey } = files;
    // The old one was put aside, and the next one not yet in its place.
    const path = existsSync(logKey) || !existsSync(nextLogKey) ? logKey : nextLogKey;
    return new LogKeyring(files, log, await readKeyFile(path));
  }

  get publicKey(): Uint8Array {
    return this.#current.publicKey;
  }

  get keyId(): Uint8Array {
    return this.#current.keyId;
  }

  sign(message: Uint8Array): Uint8Array {
    return this.#current.sign(message);
  }

  async holds(keys: readonly LogKey[]): Promise<boolean> {
    return (await this.#found(keys)) !== undefined;
  }

  async use(periods: KeyPeriods): Promise<void> {
    const mainLog = newestKeys(periods);
    const found = await this.#found(mainLog.keys);
    if (found === undefined) return;
    if (found !== this.#current) {
      this.#log.info('log-key', { key: found.keyId, generation: generationOf(mainLog) });
    }
    this.#current = found;
    try {
      await this.#settle(periods);
    } catch (error) {
      // The next start does it.
      this.#log.warn('log-key-files', { reason: messageOf(error) });
    }
  }

  async #found(keys: readonly LogKey[]): Promise<Signer | undefined> {
    const isOne = ({ publicKey }: Signer) => keys.some((key) => equal(key.publicKey, publicKey));
    if (isOne(this.#current)) return this.#current;
    const { nextLogKey } = this.#files;
    const next = existsSync(nextLogKey) ? await readKeyFile(nextLogKey) : undefined;
    return next !== undefined && isOne(next) ? next : undefined;
  }

  /** The key that signs has the name of the one that signs, and the public file tells of it. */
  async #settle(periods: KeyPeriods): Promise<void> {
    const { logKey, nextLogKey, retiredLogKey, mainLog } = this.#files;
    if (existsSync(nextLogKey)) {
      const next = await readKeyFile(nextLogKey);
      if (equal(next.publicKey, this.#current.publicKey)) {
        if (existsSync(logKey)) await rename(logKey, retiredLogKey);
        await rename(nextLogKey, logKey);
      }
    }
    const text = formatKeyPeriods(periods);
    const isTold = existsSync(mainLog) && (await readFile(mainLog, 'utf8')) === text;
    if (periods.length > 1 && !isTold) {
      await writeFileDurably(mainLog, utf8(text), { mode: 0o644 });
    }
  }
}

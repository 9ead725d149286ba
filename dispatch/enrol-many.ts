// SPDX-License-Identifier: Apache-2.0
// Enrols many sidechains, as when a district is equipped: one list, some at once, and each by itself, so
// that one bad file keeps no other back. What is enrolled already stays so: after an interruption the
// same list is given again.

import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fromUtf8 } from '../base/bytes.ts';
import { messageOf, TielineError } from '../base/errors.ts';
import { isName } from '../base/label.ts';
import { limits } from '../base/limits.ts';
import type { Signer } from '../base/suite.ts';
import type { ApiPlace } from './api-client.ts';
import { type Enrolled, enrolChain } from './enrol.ts';

export type Wanted = { readonly genesisPath: string; readonly name: string | undefined };

export type EnrolProgress = { readonly done: number; readonly of: number; readonly failed: number };

export type EnrolReport = {
  readonly enrolled: number;
  /** Were enrolled before. */
  readonly before: number;
  readonly failed: readonly {
    readonly file: string;
    readonly code: string;
    readonly detail: string;
  }[];
  /** Not come to, for it was ended before. */
  readonly left: number;
};

/**
 * A list has one chain a line: the file of its genesis, as seen from the list, and after a comma, if it
 * shall be called otherwise than its first member, its name. Empty lines and those with # are nobody's.
 * @throws TielineError `enrol-list`
 */
export async function readEnrolList(path: string): Promise<readonly Wanted[]> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new TielineError('enrol-list', `cannot read ${path}: ${messageOf(cause)}`, { cause });
  });
  const text = fromUtf8(new Uint8Array(bytes));
  if (text === undefined) throw new TielineError('enrol-list', `${path} is no text in UTF-8`);
  const folder = dirname(path);
  const wanted = text.split(/\r?\n/).flatMap((line, i) => {
    if (line.trim() === '' || line.trimStart().startsWith('#')) return [];
    const [file = '', ...rest] = line.split(',');
    const name = rest.length === 0 ? undefined : rest.join(',').trim();
    if (file.trim() !== '' && (name === undefined || isName(name))) {
      return [{ genesisPath: resolve(folder, file.trim()), name }];
    }
    throw new TielineError('enrol-list', `${path}:${i + 1} is not FILE or FILE,NAME: ${line}`, {
      hint: 'a name is something printable of 1 to 64 characters',
    });
  });
  return requireSome(wanted, path);
}

/** All files `*.cbor` in a directory. @throws TielineError `enrol-list` */
export async function readEnrolDirectory(path: string): Promise<readonly Wanted[]> {
  const names = await readdir(path).catch((cause: unknown) => {
    throw new TielineError('enrol-list', `cannot read ${path}: ${messageOf(cause)}`, { cause });
  });
  const wanted = names
    .filter((name) => name.endsWith('.cbor'))
    .sort()
    .map((name) => ({ genesisPath: join(path, name), name: undefined }));
  return requireSome(wanted, path);
}

function requireSome(wanted: readonly Wanted[], path: string): readonly Wanted[] {
  if (wanted.length === 0 || wanted.length > limits.chainsMax) {
    const many = `${wanted.length} chains; 1 to ${limits.chainsMax} can be enrolled at once`;
    throw new TielineError('enrol-list', `${path} names ${many}`);
  }
  return wanted;
}

/**
 * One that fails is reported, and the others go on; a centre that is away or does not keep up is waited
 * for, and ends it all only after a while.
 * @throws TielineError `api-unreachable`, `centre-undecided` (transient): the same again goes on.
 */
export async function enrolMany(
  wanted: readonly Wanted[],
  given: {
    readonly place: ApiPlace;
    readonly signer: Signer;
    readonly onProgress: (progress: EnrolProgress) => void;
    readonly ending: AbortSignal;
    readonly pauseMs?: number;
  },
): Promise<EnrolReport> {
  const { place, signer, onProgress, ending, pauseMs = limits.enrolPauseMs } = given;
  let [enrolled, before, next] = [0, 0, 0];
  const failed: EnrolReport['failed'][number][] = [];
  const stopped = new AbortController();
  const work = async (): Promise<void> => {
    while (next < wanted.length && !ending.aborted && !stopped.signal.aborted) {
      const { genesisPath, name } = wanted[next++] as Wanted;
      try {
        const one = await patiently({ pauseMs, ending }, () =>
          enrolChain({ ...place, genesisPath, signer, name }),
        );
        if (one === undefined) return;
        if (one.isNew) enrolled++;
        else before++;
      } catch (error) {
        if (!(error instanceof TielineError) || error.retry !== 'permanent') throw error;
        failed.push({ file: genesisPath, code: error.code, detail: error.message });
      }
      const done = enrolled + before + failed.length;
      onProgress({ done, of: wanted.length, failed: failed.length });
    }
  };
  const workers = Array.from({ length: Math.min(limits.enrolTogether, wanted.length) }, () =>
    work().catch((error: unknown) => {
      stopped.abort();
      throw error;
    }),
  );
  // All have stopped before the first failure of them is told.
  for (const result of await Promise.allSettled(workers)) {
    if (result.status === 'rejected') throw result.reason;
  }
  const left = wanted.length - enrolled - before - failed.length;
  return { enrolled, before, failed, left };
}

/** undefined where it was ended meanwhile. */
async function patiently(
  { pauseMs, ending }: { readonly pauseMs: number; readonly ending: AbortSignal },
  attempt: () => Promise<Enrolled>,
): Promise<Enrolled | undefined> {
  for (let attempts = 1; ; attempts++) {
    try {
      return await attempt();
    } catch (error) {
      const isPassing = error instanceof TielineError && error.retry === 'transient';
      if (!isPassing || attempts === limits.enrolAttemptsMax) throw error;
      await sleep(pauseMs, undefined, { signal: ending }).catch(() => {});
      if (ending.aborted) return undefined;
    }
  }
}

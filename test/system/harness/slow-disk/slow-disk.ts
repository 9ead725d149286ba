// SPDX-License-Identifier: Apache-2.0
// A disk that takes its time, for programs that run: every fsync of theirs waits as the profile says, which
// may be changed while they run. Needs a C compiler (deploy/dev-setup).

import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, runTool } from '../../run-tool.ts';

export type DiskProfile = {
  /** How long each fsync waits. */
  readonly eachMs: number;
  /** How long one in `stallOneIn` of them waits instead; 0 = none. */
  readonly stallMs: number;
  readonly stallOneIn: number;
};

export const quickDisk: DiskProfile = { eachMs: 0, stallMs: 0, stallOneIn: 0 };

/** A card that is worn, or full of other people's writes. */
export const slowCard: DiskProfile = { eachMs: 50, stallMs: 2_000, stallOneIn: 1_000 };

export type SlowDisk = {
  /** For the programs whose disk this is. LD_PRELOAD is a list: others may stand in it, too. */
  readonly preload: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly set: (profile: DiskProfile) => void;
  /** How often these programs made something durable, over all their lives. */
  readonly syncCount: () => number;
};

/** Compiles the library into `dir`; once for all disks there. @returns its path. */
export function compileSlowDisk(dir: string): string {
  const library = join(dir, 'slow-disk.so');
  const source = join(root, 'test/system/harness/slow-disk/slow-disk.c');
  const flags = ['-shared', '-fPIC', '-O1', '-Wall', '-Werror'];
  const { exitCode, stderr } = runTool('gcc', [...flags, '-o', library, source, '-ldl']);
  if (exitCode !== 0) throw new Error(`gcc: ${stderr}`);
  return library;
}

/** @param file where the profile stands while it is in force; beside it a new one is made. */
export function slowDisk(library: string, file: string): SlowDisk {
  const set = ({ eachMs, stallMs, stallOneIn }: DiskProfile): void => {
    writeFileSync(`${file}.new`, `${eachMs} ${stallMs} ${stallOneIn}\n`);
    renameSync(`${file}.new`, file);
  };
  set(quickDisk);
  const count = `${file}.count`;
  return {
    preload: library,
    environment: { SLOW_DISK_FILE: file, SLOW_DISK_COUNT: count },
    set,
    syncCount: () => Number(readFileSync(count).readBigUInt64LE()),
  };
}

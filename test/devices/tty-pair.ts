// SPDX-License-Identifier: Apache-2.0
// Two ttys that are joined, made by socat: what is written to one is read from the other. A pseudo-
// terminal has no baud rate and no parity errors; all else is as on a serial adapter.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type TtyPair = {
  /** Paths. */
  readonly master: string;
  readonly slave: string;
  /** Pulls the plug: both ttys vanish. */
  readonly unplug: () => Promise<void>;
  /** Both are there again, under the same names. */
  readonly plug: () => Promise<void>;
  readonly close: () => Promise<void>;
};

export async function makeTtyPair(): Promise<TtyPair> {
  const folder = await mkdtemp(join(tmpdir(), 'tieline-tty-'));
  const master = join(folder, 'master');
  const slave = join(folder, 'slave');
  let socat: ChildProcess | undefined;
  const plug = async () => {
    socat = await startSocat(master, slave);
  };
  const unplug = async () => {
    if (socat !== undefined && socat.exitCode === null) {
      const gone = once(socat, 'exit');
      socat.kill();
      await gone;
    }
    socat = undefined;
  };
  await plug();
  const close = async () => {
    await unplug();
    await rm(folder, { recursive: true, force: true });
  };
  return { master, slave, plug, unplug, close };
}

async function startSocat(master: string, slave: string): Promise<ChildProcess> {
  const ends = [master, slave].map((link) => `pty,raw,echo=0,link=${link}`);
  const socat = spawn('socat', ends, { stdio: 'ignore' });
  const failed = once(socat, 'error').then(([error]) => {
    throw new Error(`socat is missing: run deploy/dev-setup (${String(error)})`);
  });
  const exited = once(socat, 'exit').then(() => {
    throw new Error('socat ended at once');
  });
  exited.catch(() => undefined);
  failed.catch(() => undefined);
  await Promise.race([failed, exited, bothThere([master, slave])]);
  return socat;
}

async function bothThere(paths: readonly string[]): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt++) {
    const found = await Promise.all(
      paths.map((path) =>
        access(path).then(
          () => true,
          () => false,
        ),
      ),
    );
    if (found.every(Boolean)) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`socat did not make ${paths.join(' and ')}`);
}

// SPDX-License-Identifier: Apache-2.0
// The engine's process: found, checked, started, watched, and ended with us. It does not outlive
// this program, nor this program it: by its design it cannot go on without the ledger, and whoever
// starts us again starts both.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { TielineError } from '../../../base/errors.ts';
import type { Log } from '../../../host/log.ts';

/** The line of releases that the ledger speaks with, and the one that is installed. */
const engineLine = '0.38.';
const engineModule = 'github.com/cometbft/cometbft/cmd/cometbft@v0.38.25';

export type EngineOptions = {
  /** A path, or a name to be found in PATH or where deploy/dev-setup puts it. */
  readonly program: string;
  readonly home: string;
  readonly appSocket: string;
  readonly rpcSocket: string;
  readonly log: Log;
  /** It ended by itself. */
  readonly onEnd: (error: TielineError) => void;
};

/** @throws TielineError `engine-missing`, `engine-version` */
export function findEngine(program: string): string {
  const found = isAbsolute(program) ? program : whereIs(program);
  if (found === undefined || !isExecutable(found)) {
    throw new TielineError('engine-missing', `the engine is not there: ${program}`, {
      hint: `deploy/engine/build builds it, with Go; or \`go install ${engineModule}\`, and name it in dispatch.yaml`,
    });
  }
  const { stdout } = spawnSync(found, ['version'], { encoding: 'utf8', timeout: 20_000 });
  const version = (stdout ?? '').trim().replace(/^v/, '');
  if (version.startsWith(engineLine)) return found;
  throw new TielineError('engine-version', `${found} is CometBFT ${version || '?'}`, {
    hint: `the ledger speaks with ${engineLine}x: \`go install ${engineModule}\``,
  });
}

function whereIs(name: string): string | undefined {
  const installed = fileURLToPath(new URL('../../../.engine', import.meta.url));
  const directories = [...(process.env.PATH ?? '').split(delimiter), installed];
  return directories.map((directory) => join(directory, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export class EngineProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  #isEnding = false;

  /** @throws TielineError `engine-missing`, `engine-version`, `engine-home` */
  constructor(options: EngineOptions) {
    const { home, appSocket, rpcSocket, log } = options;
    const program = findEngine(options.program);
    if (!existsSync(join(home, 'config', 'genesis.json'))) {
      throw new TielineError('engine-home', `${home} has no config/genesis.json`, {
        hint: 'make a node with `tieline dispatch init --organisations`, or name its directory',
      });
    }
    const args = ['start', '--home', home];
    args.push('--proxy_app', `unix://${appSocket}`, '--rpc.laddr', `unix://${rpcSocket}`);
    this.#child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const last: string[] = [];
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on('line', (line) => {
        last.push(line.slice(0, 500));
        if (last.length > lastLines) last.shift();
        log.debug('engine', { line });
      });
    }
    this.#ended = new Promise((resolve) => {
      const end = (why: string) => {
        resolve();
        if (this.#isEnding) return;
        options.onEnd(
          new TielineError('engine-ended', `the engine ended by itself (${why})`, {
            retry: 'fatal',
            hint: last.length > 0 ? `its last words: ${last.join(' | ')}` : undefined,
          }),
        );
      };
      this.#child.once('error', (error) => end(error.message));
      this.#child.once('exit', (code, signal) => end(signal ?? `exit code ${code}`));
    });
  }

  /** Asks it to end, and insists after a while. */
  async end(): Promise<void> {
    this.#isEnding = true;
    this.#child.kill('SIGTERM');
    const insisting = setTimeout(() => this.#child.kill('SIGKILL'), endingMs);
    await this.#ended;
    clearTimeout(insisting);
  }
}

const lastLines = 8;
const endingMs = 10_000;

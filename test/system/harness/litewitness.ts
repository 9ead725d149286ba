// SPDX-License-Identifier: Apache-2.0
// A witness of others (filippo.io/torchwood, litewitness), which shares no code with ours: its key in
// an ssh-agent, its state in a database of its own.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite from 'better-sqlite3';
import { freePort } from '../../demo/children.ts';
import { root, runTool } from '../run-tool.ts';
import { Restartable } from './restartable.ts';
import { until } from './until.ts';

export type Litewitness = {
  readonly url: string;
  /** The verifier key that it prints, in the form of a signed note. */
  readonly verifierKey: string;
  end(): Promise<void>;
};

/** Knows one log, by its origin and verifier key. */
export async function startLitewitness(
  dir: string,
  log: { readonly origin: string; readonly verifierKey: string },
): Promise<Litewitness> {
  const [database, socket, key] = [join(dir, 'w.db'), join(dir, 'agent.sock'), join(dir, 'key')];
  const agent = new Restartable({
    ...{ name: 'ssh-agent', file: 'ssh-agent', words: ['-D', '-a', socket] },
    isReady: () => true,
  });
  agent.launch();
  must('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
  await until('the agent', () => (add(key, socket).status === 0 ? (true as const) : undefined));
  const [, fingerprint = ''] = must('ssh-keygen', ['-l', '-f', key]).split(' ');
  const listen = `127.0.0.1:${await freePort()}`;
  const witness = new Restartable({
    name: 'litewitness',
    file: join(root, '.peers', 'litewitness'),
    words: [
      ...['-name', 'watch.example/lite', '-db', database, '-ssh-agent', socket],
      ...['-key', fingerprint, '-listen', listen],
    ],
    isReady: (line) => line.includes('vkey='),
  });
  const line = await witness.start();
  introduce(database, log);
  const verifierKey = /vkey="?([^"\s]+)/.exec(line)?.[1] ?? '';
  return {
    url: `http://${listen}`,
    verifierKey,
    end: async () => {
      await witness.kill();
      await agent.kill();
      rmSync(socket, { force: true });
    },
  };
}

/**
 * Puts the log and its key into the running witness's database, as `witnessctl add-log` and `add-key` of the
 * same source do: that tool needs a module of Sigsum's that not every Go proxy has.
 */
function introduce(
  database: string,
  log: { readonly origin: string; readonly verifierKey: string },
): void {
  const emptyTree = createHash('sha256').digest('base64');
  const open = new BetterSqlite(database, { fileMustExist: true });
  try {
    open
      .prepare('INSERT INTO log (origin, tree_size, tree_hash) VALUES (?, 0, ?)')
      .run(log.origin, emptyTree);
    open.prepare('INSERT INTO key (origin, key) VALUES (?, ?)').run(log.origin, log.verifierKey);
  } finally {
    open.close();
  }
}

function add(key: string, socket: string) {
  const env = { ...process.env, SSH_AUTH_SOCK: socket };
  return spawnSync('ssh-add', ['-q', key], { env, encoding: 'utf8' });
}

function must(command: string, words: readonly string[]): string {
  const { exitCode, stdout, stderr } = runTool(command, words);
  if (exitCode !== 0) throw new Error(`${command}: ${stderr}`);
  return stdout;
}

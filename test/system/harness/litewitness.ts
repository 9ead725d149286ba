// SPDX-License-Identifier: Apache-2.0
// A witness of others (filippo.io/torchwood, litewitness), which shares no code with ours: its key in
// an ssh-agent, its state in a database of its own.

import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
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
  const peers = join(root, '.peers');
  const control = (...words: readonly string[]) => must(join(peers, 'witnessctl'), words);
  control('add-log', '-db', database, '-origin', log.origin);
  control('add-key', '-db', database, '-origin', log.origin, '-key', log.verifierKey);
  const listen = `127.0.0.1:${await freePort()}`;
  const witness = new Restartable({
    name: 'litewitness',
    file: join(peers, 'litewitness'),
    words: [
      ...['-name', 'watch.example/lite', '-db', database, '-ssh-agent', socket],
      ...['-key', fingerprint, '-listen', listen],
    ],
    isReady: (line) => line.includes('vkey='),
  });
  const line = await witness.start();
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

function add(key: string, socket: string) {
  const env = { ...process.env, SSH_AUTH_SOCK: socket };
  return spawnSync('ssh-add', ['-q', key], { env, encoding: 'utf8' });
}

function must(command: string, words: readonly string[]): string {
  const { exitCode, stdout, stderr } = runTool(command, words);
  if (exitCode !== 0) throw new Error(`${command}: ${stderr}`);
  return stdout;
}

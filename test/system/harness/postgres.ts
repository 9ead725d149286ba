// SPDX-License-Identifier: Apache-2.0
// A PostgreSQL server of a test's own, in a temporary directory on a free port of this machine, as
// a user who is not root (initdb refuses root). It can be killed and started again.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chownSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { until } from './until.ts';

const installed = '/usr/lib/postgresql';

export const postgresPassword = 'correct horse';

export class PostgresServer {
  readonly port: number;
  readonly #directory: string;
  #process: ChildProcess | undefined;

  private constructor(port: number, directory: string) {
    this.port = port;
    this.#directory = directory;
  }

  /** Running, with the owner `tieline` of a database of the same name. */
  static async begin(): Promise<PostgresServer> {
    const directory = mkdtempSync(join(tmpdir(), 'tieline-postgres-'));
    if (isRoot) chownSync(directory, ownerIds().uid, ownerIds().gid);
    const server = new PostgresServer(await freePort(), directory);
    const passwordFile = join(directory, 'password');
    writeFileSync(passwordFile, postgresPassword);
    if (isRoot) chownSync(passwordFile, ownerIds().uid, ownerIds().gid);
    run('initdb', [
      ...['-D', server.#data, '-U', 'tieline', '-A', 'scram-sha-256'],
      ...['--pwfile', passwordFile, '-E', 'UTF8', '--locale', 'C.UTF-8', '--no-sync'],
    ]);
    await server.start();
    server.sql('CREATE DATABASE tieline', 'postgres');
    return server;
  }

  async start(): Promise<void> {
    await until('PostgreSQL', async () => {
      if (this.#process === undefined || this.#process.exitCode !== null) this.#spawn();
      return this.#answers() ? true : undefined;
    });
  }

  /** At once, as a power cut does to it: all its processes. */
  async kill(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null || child.pid === undefined) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    process.kill(child.pid, 'SIGKILL');
    await ended;
    await until('the end of its processes', () => (this.#answers() ? undefined : true));
  }

  async end(): Promise<void> {
    const child = this.#process;
    if (child?.pid !== undefined && child.exitCode === null) {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      // Fast shutdown: does not wait for clients.
      process.kill(child.pid, 'SIGINT');
      await ended;
    }
    rmSync(this.#directory, { recursive: true, force: true });
  }

  /** What psql prints, unaligned. @throws with what it says. */
  sql(text: string, database = 'tieline'): string {
    const { status, stdout, stderr } = this.#psql(text, database);
    if (status !== 0) throw new Error(`psql: ${stderr}`);
    return stdout.trim();
  }

  get #data(): string {
    return join(this.#directory, 'data');
  }

  #answers(): boolean {
    return this.#psql('SELECT 1', 'postgres').status === 0;
  }

  #psql(text: string, database: string) {
    const place = ['-h', '127.0.0.1', '-p', `${this.port}`, '-U', 'tieline', '-d', database];
    return spawnSync('psql', [...place, '-XAtqv', 'ON_ERROR_STOP=1', '-c', text], {
      encoding: 'utf8',
      env: { ...process.env, PGPASSWORD: postgresPassword, PGCONNECT_TIMEOUT: '5' },
    });
  }

  /** Another time zone than anybody's, and dates in another order: neither may matter. */
  #spawn(): void {
    const settings = {
      port: `${this.port}`,
      listen_addresses: '127.0.0.1',
      unix_socket_directories: this.#directory,
      timezone: 'Pacific/Chatham',
      datestyle: 'German',
      log_min_messages: 'fatal',
      max_connections: '50',
    };
    const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const [command, args] = asOwner('postgres', ['-D', this.#data, ...options]);
    this.#process = spawn(command, args, { stdio: 'ignore' });
  }
}

const isRoot = userInfo().uid === 0;

function ownerIds(): { readonly uid: number; readonly gid: number } {
  const [uid, gid] = ['-u', '-g'].map((which) =>
    Number(spawnSync('id', [which, 'postgres'], { encoding: 'utf8' }).stdout),
  );
  return { uid: uid ?? 0, gid: gid ?? 0 };
}

/** `setpriv` becomes the program: what is killed is the server itself. */
function asOwner(program: string, args: readonly string[]): [string, readonly string[]] {
  const path = join(binaries(), program);
  if (!isRoot) return [path, args];
  const { uid, gid } = ownerIds();
  return ['setpriv', [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', path, ...args]];
}

function run(program: string, args: readonly string[]): void {
  const [command, all] = asOwner(program, args);
  const { status, stderr, error } = spawnSync(command, all, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program}: ${error?.message ?? stderr}`);
}

function binaries(): string {
  try {
    const [newest] = readdirSync(installed).sort((a, b) => Number(b) - Number(a));
    return join(installed, newest ?? '', 'bin');
  } catch (cause) {
    throw new Error('PostgreSQL is missing: run deploy/dev-setup', { cause });
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? (address?.port ?? 0) : 0));
    });
  });
}

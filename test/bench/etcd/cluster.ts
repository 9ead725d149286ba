// SPDX-License-Identifier: Apache-2.0
// Three members of etcd, as Debian has it, with its own defaults: every put is on the disk of a
// majority before it is answered. They are loaded by main.go, through etcd's own client.

import { execFile, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Child, type Children, freePort } from '../../demo/children.ts';

export type Puts = {
  readonly perSecond: number;
  readonly failed: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
};

export type PutLoad = {
  readonly connections: number;
  readonly clients: number;
  readonly bytes: number;
  /** Puts a second; 0 = as many as there is room for. */
  readonly perSecond: number;
  readonly warmUpMs: number;
  readonly runMs: number;
};

type Member = { readonly name: string; readonly client: string; readonly peer: string };

const names = ['etcd-1', 'etcd-2', 'etcd-3'];
const setUp = 'run deploy/dev-setup, which installs what the benchmarks need';
const directory = fileURLToPath(new URL('.', import.meta.url));

export class EtcdCluster {
  readonly #children: Children;
  readonly #dir: string;
  readonly #members: readonly Member[];
  readonly #running = new Map<string, Child>();

  private constructor(children: Children, dir: string, members: readonly Member[]) {
    this.#children = children;
    this.#dir = dir;
    this.#members = members;
  }

  static async start(children: Children, dir: string): Promise<EtcdCluster> {
    await command('go', ['build', '-o', driverIn(dir), '.']);
    const members = await Promise.all(
      names.map(async (name) => ({
        name,
        client: `127.0.0.1:${await freePort()}`,
        peer: `http://127.0.0.1:${await freePort()}`,
      })),
    );
    const cluster = new EtcdCluster(children, dir, members);
    await Promise.all(members.map((member) => cluster.#start(member)));
    return cluster;
  }

  /** The leader is who is asked: a follower would pass each put on to it. */
  async put(load: PutLoad): Promise<Puts> {
    const { stdout } = await command(driverIn(this.#dir), [
      ...['-endpoints', (await this.#leader()).client],
      ...['-connections', `${load.connections}`, '-clients', `${load.clients}`],
      ...['-bytes', `${load.bytes}`, '-rate', `${load.perSecond}`],
      ...['-warm-up-ms', `${load.warmUpMs}`, '-run-ms', `${load.runMs}`],
    ]);
    return JSON.parse(stdout);
  }

  /** Kills the leader as a power cut would. @returns ms until a put is done, with it down. */
  async loseLeader(): Promise<number> {
    const leader = await this.#leader();
    const others = this.#members.filter((one) => one !== leader);
    const words = ['-probe', '-endpoints', others.map(({ client }) => client).join()];
    const probe = spawn(driverIn(this.#dir), words, { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = createInterface(probe.stdout)[Symbol.asyncIterator]();
    await lines.next();
    const running = this.#running.get(leader.name);
    const ended = running && this.#children.kill(running);
    probe.stdin.end('\n');
    const { value } = await lines.next();
    await ended;
    await this.#start(leader);
    const { afterMs } = JSON.parse(String(value)) as { readonly afterMs: number };
    return afterMs;
  }

  async #start(member: Member): Promise<void> {
    const words = wordsOf(member, this.#members, this.#dir);
    const isReady = (line: string): boolean => line.includes('ready to serve client requests');
    const child = await this.#children.program(member.name, { file: 'etcd', words }, isReady);
    this.#running.set(member.name, child);
  }

  async #leader(): Promise<Member> {
    const endpoints = this.#members.map(({ client }) => client).join();
    const words = ['--endpoints', endpoints, 'endpoint', 'status', '-w', 'json'];
    const { stdout } = await command('etcdctl', words, { ETCDCTL_API: '3' });
    const all: readonly EndpointStatus[] = JSON.parse(stdout);
    const leads = all.find(({ Status: { header, leader } }) => header.member_id === leader);
    const leader = this.#members.find(({ client }) => client === leads?.Endpoint);
    if (leader === undefined) throw new Error('etcd has no leader');
    return leader;
  }
}

type EndpointStatus = {
  readonly Endpoint: string;
  readonly Status: { readonly header: { readonly member_id: number }; readonly leader: number };
};

function driverIn(dir: string): string {
  return join(dir, 'load-etcd');
}

function wordsOf(
  { name, client, peer }: Member,
  members: readonly Member[],
  dir: string,
): readonly string[] {
  return [
    ...['--name', name, '--data-dir', join(dir, name)],
    ...['--listen-client-urls', `http://${client}`, '--advertise-client-urls', `http://${client}`],
    ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer],
    ...['--initial-cluster', members.map((one) => `${one.name}=${one.peer}`).join()],
    ...['--initial-cluster-state', 'new', '--quota-backend-bytes', `${8 * 2 ** 30}`],
  ];
}

async function command(
  file: string,
  words: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<{ readonly stdout: string }> {
  try {
    return await promisify(execFile)(file, [...words], {
      cwd: directory,
      env: { ...process.env, ...env },
    });
  } catch (cause) {
    throw new Error(`${file} failed: ${setUp}`, { cause });
  }
}

// SPDX-License-Identifier: Apache-2.0
// The demonstration's gateways: three neighbours that keep one sidechain, each with a meter of its
// own. Any of them can be killed and started again.

import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GatewayStatus } from '../../agent/status.ts';
import { type Child, type Children, freePort } from './children.ts';

/** A meter, in the words of gateway.yaml. */
export type MeterLine = { readonly name: string; readonly id: string; readonly line: string };

const names = ['substation-7', 'school', 'bakery'] as const;

export class Gateway {
  readonly name: string;
  readonly config: string;
  readonly data: string;
  readonly api: string;
  readonly #children: Children;
  #running: Child | undefined;

  constructor(children: Children, given: { name: string; dir: string; port: number }) {
    this.name = given.name;
    this.config = join(given.dir, 'gateway.yaml');
    this.data = join(given.dir, 'data');
    this.api = `http://127.0.0.1:${given.port}`;
    this.#children = children;
  }

  /** @returns the line with which it said that it runs. */
  async start(): Promise<string> {
    this.#running = await this.#children.service(this.name, 'run', '--config', this.config);
    return this.#running.ready;
  }

  /** As a power cut would. */
  async kill(): Promise<void> {
    if (this.#running !== undefined) await this.#children.kill(this.#running);
    this.#running = undefined;
  }

  /** undefined while it does not run. */
  async status(): Promise<GatewayStatus | undefined> {
    if (this.#running === undefined) return undefined;
    const response = await fetch(`${this.api}/api/v1/status`);
    return (await response.json()) as GatewayStatus;
  }
}

export type MadeGateways = {
  readonly gateways: readonly Gateway[];
  /** To be enrolled before they start. */
  readonly genesis: string;
};

/** One gateway a meter: keys first, then the genesis of all, then the others' copies of it. */
export async function makeGateways(
  children: Children,
  given: {
    readonly dir: string;
    readonly mqttUrl: string;
    readonly mainLog: string;
    readonly meters: readonly MeterLine[];
  },
): Promise<MadeGateways> {
  const made = await Promise.all(
    given.meters.map(async (meter, i) => {
      const name = names[i] ?? `gateway-${i}`;
      const dir = join(given.dir, name);
      const listen = `127.0.0.1:${await freePort()}`;
      await children.must('key', '--dir', dir, '--name', name, '--listen', listen);
      return { name, dir, meter, port: await freePort(), member: join(dir, 'member.json') };
    }),
  );
  const members = made.map(({ member }) => member).join(',');
  const [founder, ...others] = made;
  if (founder === undefined) throw new Error('a chain has a member');
  const common = ['--members', members, '--mqtt', given.mqttUrl, '--anchor-seconds', '5'];
  const init = ({ dir, port }: (typeof made)[number], ...words: readonly string[]) =>
    children.must('init', '--dir', dir, '--http-port', String(port), ...common, ...words);
  const genesis = join(founder.dir, 'genesis.cbor');
  const rules = ['--window-seconds', '10', '--grace-seconds', '2', '--policy', 'blame'];
  await init(founder, '--main-log', given.mainLog, ...rules);
  await Promise.all(others.map((other) => init(other, '--genesis', genesis)));
  await Promise.all(made.map(({ dir, meter }) => addMeter(join(dir, 'gateway.yaml'), meter)));
  return { gateways: made.map((one) => new Gateway(children, one)), genesis };
}

async function addMeter(config: string, { name, id, line }: MeterLine): Promise<void> {
  const text = await readFile(config, 'utf8');
  await writeFile(config, text.replace(/^lines: \[\]$/m, '').replace(/^meters: \[\]$/m, ''));
  const lines = `lines:\n  - name: ${name}\n    ${line}\n`;
  const meters = `meters:\n  - name: ${name}\n    meter: ${id}\n    line: ${name}\n    unit: 1\n`;
  await appendFile(config, lines + meters);
}

// SPDX-License-Identifier: Apache-2.0
// The whole network on this machine's loopback: mosquitto, meters, a dispatch node, one gateway;
// each a process that a test may kill and start again on the same ports and directories.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { GatewayStatus } from '../../../agent/status.ts';
import { freePort } from '../../demo/children.ts';
import { findProgram } from '../../demo/network.ts';
import { root } from '../run-tool.ts';
import { Program } from './program.ts';
import { type Command, type Restartable, runToEnd } from './restartable.ts';
import { until } from './until.ts';

const program = join(root, 'tieline.ts');

export type Network = {
  readonly dir: string;
  readonly broker: Restartable;
  readonly mqttUrl: string;
  readonly centre: Restartable;
  readonly gateway: Restartable;
  readonly meters: readonly Restartable[];
  readonly chainId: string;
  readonly centreDir: string;
  readonly centreApi: string;
  readonly gatewayDir: string;
  readonly gatewayConfig: string;
  readonly gatewayData: string;
  readonly gatewayApi: string;
};

export type NetworkOptions = {
  readonly meterCount?: number;
  readonly periodMs?: number;
  readonly windowSeconds?: number;
};

/** Program and words of a `tieline` command. */
export function tielineWords(...words: readonly string[]): readonly string[] {
  return [process.execPath, program, ...words];
}

/** Runs `tieline` to its end. */
export function tieline(...words: readonly string[]) {
  return runToEnd(process.execPath, [program, ...words]);
}

/** A command of `tieline` that goes on, and says `ready …` when it serves. */
export function tielineCommand(name: string, ...words: readonly string[]): Command {
  return {
    name,
    file: process.execPath,
    words: [program, ...words],
    isReady: (line) => line.startsWith('ready '),
  };
}

/** Who ends a program that was made: in a test, the test's end. */
export type Make = (command: Command) => Restartable;

const inTest: Make = (command) => new Program(command);

/**
 * Made and enrolled; broker, meters and centre run, the gateway does not yet. Gone when the test
 * has ended.
 */
export async function newNetwork(options: NetworkOptions = {}): Promise<Network> {
  const dir = await mkdtemp(join(tmpdir(), 'tieline-system-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const { broker, mqttUrl } = await newBroker(dir);
  // One after another: where one cannot start, nothing is left that starts beside it.
  const meters = await newMeters(options.meterCount ?? 2);
  const centre = await newCentre(dir, mqttUrl);
  const gateway = await freePort();
  const gatewayDir = join(dir, 'gateway');
  await must('init', '--dir', gatewayDir, '--main-log', join(centre.centreDir, 'main-log.json'), [
    ...['--mqtt', mqttUrl, '--http-port', String(gateway), '--anchor-seconds', '1'],
    ...['--window-seconds', String(options.windowSeconds ?? 5), '--grace-seconds', '1'],
  ]);
  const gatewayConfig = join(gatewayDir, 'gateway.yaml');
  await addMeters(gatewayConfig, meters, options.periodMs ?? 500);
  await must('dispatch', 'enrol', '--genesis', join(gatewayDir, 'genesis.cbor'), [
    ...['--key', join(centre.centreDir, 'dispatcher.key'), '--api', centre.centreApi],
  ]);
  const { chains } = (await getJson(`${centre.centreApi}/api/v1/chains`)) as Chains;
  return {
    dir,
    broker,
    mqttUrl,
    ...centre,
    gateway: inTest(tielineCommand('gateway', 'run', '--config', gatewayConfig)),
    meters: meters.map(({ meter }) => meter),
    chainId: chains[0]?.id ?? '',
    gatewayDir,
    gatewayConfig,
    gatewayData: join(gatewayDir, 'data'),
    gatewayApi: `http://127.0.0.1:${gateway}`,
  };
}

type Chains = { readonly chains: readonly { readonly id: string }[] };

export async function must(...words: readonly (string | readonly string[])[]): Promise<void> {
  const { code, errors } = await tieline(...words.flat());
  if (code !== 0) throw new Error(`tieline ${words.flat().join(' ')}: ${errors}`);
}

export async function newBroker(
  dir: string,
  { host = '127.0.0.1', make = inTest }: { readonly host?: string; readonly make?: Make } = {},
): Promise<{ broker: Restartable; mqttUrl: string }> {
  const file = findProgram('mosquitto');
  if (file === undefined) throw new Error('mosquitto is missing: run deploy/dev-setup');
  const port = await freePort();
  const config = join(dir, 'mosquitto.conf');
  const lines = [
    `listener ${port} ${host}`,
    'allow_anonymous true',
    'set_tcp_nodelay true',
    'user root',
  ];
  await writeFile(config, `${lines.join('\n')}\n`);
  const broker = make({
    name: 'mosquitto',
    file,
    words: ['-c', config, '-v'],
    isReady: (line) => line.includes('running'),
  });
  await broker.start();
  return { broker, mqttUrl: `mqtt://${host}:${port}` };
}

export type Meter = { readonly meter: Restartable; readonly endpoint: string };

export function newMeters(count: number): Promise<readonly Meter[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const endpoint = `127.0.0.1:${await freePort()}`;
      const words = ['--meter', 'eastron-sdm120', '--tcp', endpoint, '--seed', String(i + 1)];
      const meter = inTest(tielineCommand(`meter-${i}`, 'simulate-meter', ...words));
      await meter.start();
      return { meter, endpoint };
    }),
  );
}

export async function newCentre(dir: string, mqttUrl: string, make = inTest) {
  const centreDir = join(dir, 'centre');
  const port = String(await freePort());
  await must('dispatch', 'init', '--dir', centreDir, '--origin', 'system.example/main', [
    ...['--mqtt', mqttUrl, '--http-port', port],
  ]);
  const config = join(centreDir, 'dispatch.yaml');
  const centre = make(tielineCommand('centre', 'dispatch', '--config', config));
  await centre.start();
  return { centre, centreDir, centreApi: `http://127.0.0.1:${port}` };
}

export async function addMeters(
  config: string,
  meters: readonly Pick<Meter, 'endpoint'>[],
  periodMs: number,
) {
  if (meters.length === 0) return;
  const lines = meters.map(
    ({ endpoint }, i) => `  - name: line-${i}\n    tcp: ${endpoint}\n    timeoutMs: 300\n`,
  );
  const readers = meters.map(
    (_, i) =>
      `  - name: meter-${i}\n    meter: eastron-sdm120\n    line: line-${i}\n` +
      `    periodMs: ${periodMs}\n`,
  );
  const text = (await readFile(config, 'utf8'))
    .replace(/^lines: \[\]$/m, `lines:\n${lines.join('')}`)
    .replace(/^meters: \[\]$/m, `meters:\n${readers.join('')}`);
  await writeFile(config, text);
}

export async function getJson(url: string): Promise<unknown> {
  const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
  if (!response.ok) throw new Error(`${url} answers ${response.status}`);
  return response.json();
}

export async function gatewayStatus({ gatewayApi }: Network): Promise<GatewayStatus> {
  return (await getJson(`${gatewayApi}/api/v1/status`)) as GatewayStatus;
}

/** Waits until the gateway's status is as wanted. */
export function untilStatus(
  network: Network,
  what: string,
  isWanted: (status: GatewayStatus) => boolean,
  timeoutMs?: number,
): Promise<GatewayStatus> {
  const ask = async () => {
    const status = await gatewayStatus(network);
    return isWanted(status) ? status : undefined;
  };
  return until(what, ask, timeoutMs);
}

// SPDX-License-Identifier: Apache-2.0
// The API of a dispatch node as its users meet it: the lines of docs/api.md as they stand, other
// people's tools on its document and its metrics, streams that nobody reads, copies made while it
// runs, and its end in good order.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { getJson, type Network, newNetwork, tieline } from './harness/network.ts';
import { runToEnd } from './harness/restartable.ts';
import { until } from './harness/until.ts';
import { root, runPython, runTool } from './run-tool.ts';

type Listed = { readonly device: string; readonly obis: string; readonly from: string };

/** With at least two windows of energy, whose summaries the centre has. */
async function running(): Promise<{ network: Network; summary: Listed }> {
  const network = await newNetwork({ meterCount: 1, periodMs: 500, windowSeconds: 5 });
  await network.gateway.start();
  const path = `${network.centreApi}/api/v1/chains/${network.chainId}/summaries`;
  const summary = await until('summaries', async () => {
    const { summaries } = (await getJson(path)) as { summaries: readonly Listed[] };
    const energy = summaries.filter(({ obis }) => obis === '1-0:1.8.0*255');
    return energy.length > 1 ? energy[0] : undefined;
  });
  return { network, summary };
}

async function tokenOf({ centreDir }: Network, role: string): Promise<string> {
  const words = ['--config', join(centreDir, 'dispatch.yaml'), '--role', role, '--name', role];
  const { code, out, errors } = await tieline('dispatch', 'token', ...words);
  if (code !== 0) throw new Error(errors);
  return out.trim();
}

async function runDocumented(network: Network, summary: Listed, token: string) {
  const [, lines = ''] =
    /```sh\n([\s\S]*?)```/.exec(await readFile(join(root, 'docs/api.md'), 'utf8')) ?? [];
  const dir = join(network.dir, 'client');
  await mkdir(dir);
  const script = join(dir, 'script');
  const launcher = `tieline() { '${process.execPath}' '${join(root, 'tieline.ts')}' "$@"; }`;
  await writeFile(script, `set -euo pipefail\ncd '${dir}'\n${launcher}\n${lines}`);
  const settings = {
    API: network.centreApi,
    TOKEN: token,
    DEVICE: summary.device,
    DAY: summary.from.slice(0, 10),
  };
  const words = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  const ran = await runToEnd('env', [...words, 'bash', script]);
  expect(ran, ran.out + ran.errors).toMatchObject({ code: 0 });
  return { ...ran, dir };
}

async function lintedMetrics(url: string, headers: Record<string, string> = {}): Promise<string> {
  const metrics = await (await fetch(url, { headers })).text();
  const linted = runTool('promtool', ['check', 'metrics'], { input: metrics });
  expect(linted, linted.stdout + linted.stderr).toMatchObject({ exitCode: 0 });
  return metrics;
}

test('what the documents promise, and what others make of it', async () => {
  const { network, summary } = await running();
  const token = await tokenOf(network, 'regulator');
  const { out, dir } = await runDocumented(network, summary, token);
  expect(out).toContain('304');
  expect(out).toMatch(/total \d+\.\d+ kWh/);
  expect(out.match(/^valid$/gm)).toHaveLength(2);
  expect(out).toMatch(/^event: anchor$/m);
  expect(out).toMatch(/^event: summary$/m);
  const csv = await readFile(join(dir, 'summaries.csv'), 'utf8');
  expect(csv).toContain(`,${summary.device},1-0:1.8.0*255,`);
  expect(JSON.parse(await readFile(join(dir, 'summaries.json'), 'utf8'))).not.toEqual([]);

  const document = await (await fetch(`${network.centreApi}/api/v1/openapi.json`)).text();
  const checked = runPython('check_openapi.py', document);
  expect(checked, checked.stderr).toMatchObject({ exitCode: 0 });

  const admin = await tokenOf(network, 'admin');
  const headers = { authorization: `Bearer ${admin}` };
  const metrics = await lintedMetrics(`${network.centreApi}/metrics`, headers);
  const ofGateway = await lintedMetrics(`${network.gatewayApi}/metrics`);
  expect(ofGateway).toMatch(/^tieline_commit_seconds_count [1-9]/m);
  expect(metrics).toMatch(/^tieline_transactions_total\{kind="anchor",outcome="receipt"\} [1-9]/m);
  for (const words of [
    ['check', 'config', '--syntax-only', 'prometheus.yml'],
    ['check', 'rules', 'alerts.yml'],
    ['test', 'rules', 'alerts.test.yml'],
  ]) {
    const ran = runTool('promtool', words, { directory: 'deploy/prometheus' });
    expect(ran, ran.stdout + ran.stderr).toMatchObject({ exitCode: 0 });
  }
  const ready = await fetch(`${network.centreApi}/readyz`);
  expect([ready.status, await ready.json()]).toEqual([200, { status: 'ready' }]);
});

/** Sends a few bytes and then nothing. @returns when the other side has ended it. */
function opened(url: string, text: string): Promise<void> {
  const { port, hostname } = new URL(url);
  const socket = connect(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => {});
  socket.write(text);
  // Not read, but noticed when it ends.
  socket.pause();
  return new Promise((resolve) => {
    socket.once('close', () => resolve());
    socket.once('end', () => resolve());
    setTimeout(() => socket.resume(), 3_000);
  });
}

async function logSize({ centreApi }: Network): Promise<number> {
  const text = await (await fetch(`${centreApi}/api/v1/log`)).text();
  return Number(text.split('\n')[1]);
}

async function backUp({ centreDir, dir }: Network) {
  const copy = join(dir, 'copy.sqlite');
  const words = ['--config', join(centreDir, 'dispatch.yaml'), '--to', copy, '--json'];
  const made = await tieline('dispatch', 'backup', ...words);
  expect(made, made.errors).toMatchObject({ code: 0 });
  return { copy, size: (JSON.parse(made.out) as { size: number }).size };
}

/** In place of the ledger, of which nothing stays. The node is not running. */
async function restore({ centreDir, dir }: Network, copy: string): Promise<void> {
  for (const suffix of ['', '-wal', '-shm']) {
    await runToEnd('mv', ['-f', join(centreDir, `ledger.sqlite${suffix}`), dir]);
  }
  const words = ['--config', join(centreDir, 'dispatch.yaml'), '--from', copy];
  const restored = await tieline('dispatch', 'restore', ...words, '--listen-minutes', '1');
  expect(restored, restored.errors).toMatchObject({ code: 0 });
}

/** Of this month, by which a bill would be made. */
async function windowsOf({ centreApi }: Network, { device, from }: Listed): Promise<number> {
  const query = new URLSearchParams({ device, month: from.slice(0, 7), obis: '1-0:1.8.0*255' });
  const { registers } = (await getJson(`${centreApi}/api/v1/usage?${query}`)) as {
    registers: readonly { windows: { counted: number } }[];
  };
  return registers[0]?.windows.counted ?? 0;
}

test('it ends in good order whoever neither speaks nor reads, and goes on from a copy made then', async () => {
  const { network, summary } = await running();
  const { centreApi, centre } = network;
  const slow = opened(centreApi, 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-A: ');
  void opened(centreApi, 'GET /api/v1/events?after=0-0-0-0 HTTP/1.1\r\nHost: localhost\r\n\r\n');
  const follower = spawn('curl', ['-sN', `${centreApi}/api/v1/events`]);
  onTestFinished(() => void follower.kill());
  expect((await fetch(`${centreApi}/healthz`)).status).toBe(200);
  await slow;
  const left = once(follower, 'close');
  const ended = await centre.stop();
  expect(ended, ended.said.slice(-2_000)).toMatchObject({ code: 0 });
  await left;

  const { copy, size } = await backUp(network);
  await restore(network, copy);
  const config = join(network.centreDir, 'dispatch.yaml');
  const trusted = await tieline('dispatch', 'restore', '--config', config, '--trust-copy');
  expect(trusted, trusted.errors).toMatchObject({ code: 0 });
  await centre.start();
  await until('it is ready', async () =>
    (await fetch(`${centreApi}/readyz`)).status === 200 ? true : undefined,
  );
  const before = await windowsOf(network, summary);
  expect(before).toBeGreaterThan(1);
  await until('receipts after the move', async () =>
    (await logSize(network)) > size ? true : undefined,
  );
  await until('more to bill', async () =>
    (await windowsOf(network, summary)) > before ? true : undefined,
  );
});

test('a copy made while it runs is restored, and signs nothing where newer receipts are about', async () => {
  const { network } = await running();
  const { centre, centreDir } = network;
  const { copy, size } = await backUp(network);
  await until('receipts that the copy does not have', async () =>
    (await logSize(network)) > size ? true : undefined,
  );
  const config = join(centreDir, 'dispatch.yaml');
  const over = await tieline('dispatch', 'restore', '--config', config, '--from', copy);
  expect(over).toMatchObject({ code: 1, errors: expect.stringContaining('exists already') });

  await centre.stop();
  await restore(network, copy);
  await centre.start();
  await until('the gateway that knows better', () =>
    centre.events('ledger-older').length > 0 ? true : undefined,
  );
  expect(await logSize(network)).toBe(size);
  const ready = await fetch(`${network.centreApi}/readyz`);
  expect(ready.status).toBe(503);
  expect(JSON.stringify(await ready.json())).toContain('older than what was signed');
});

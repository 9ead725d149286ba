// SPDX-License-Identifier: Apache-2.0
// The serial ports that the configuration names: whether they are there, whether we may use them,
// whether their names will stay, and whether the adapter delays what it hears.

import { constants } from 'node:fs';
import { access, readdir, readFile, realpath, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { LineConfig } from '../meter-config.ts';
import type { Finding } from './finding.ts';

export type SerialPlaces = {
  /** Names of adapters that stay whatever socket they are in. */
  readonly byIdDir: string;
  /** Where the kernel shows its devices. */
  readonly systemDir: string;
};

const places: SerialPlaces = { byIdDir: '/dev/serial/by-id', systemDir: '/sys' };

/** Above this the silence between two frames cannot be told from the adapter's own waiting. */
const latencyGoodMs = 2;

export async function checkSerial(
  lines: readonly LineConfig[],
  where: SerialPlaces = places,
): Promise<readonly Finding[]> {
  const found: Finding[] = [];
  for (const line of lines) {
    if ('serial' in line) found.push(...(await checkPort(line.serial, line.name, where)));
  }
  return found;
}

async function checkPort(
  path: string,
  line: string,
  where: SerialPlaces,
): Promise<readonly Finding[]> {
  const names = await readdir(where.byIdDir).catch(() => []);
  const about = await stat(path).catch(() => undefined);
  if (about === undefined) {
    const there = names.map((name) => join(where.byIdDir, name));
    const known = there.length === 0 ? 'no adapter is plugged in' : `there is ${there.join(', ')}`;
    const what = `line ${line}: there is no ${path}`;
    return [{ area: 'serial', state: 'bad', what, advice: known }];
  }
  if (!about.isCharacterDevice()) {
    const what = `line ${line}: ${path} is no serial port`;
    return [{ area: 'serial', state: 'bad', what, advice: 'name a tty, as /dev/serial/by-id/…' }];
  }
  try {
    await access(path, constants.R_OK | constants.W_OK);
  } catch {
    const what = `line ${line}: ${path} may not be used by this user`;
    const advice = 'sudo usermod -aG dialout $USER, then log in again (a service: restart it)';
    return [{ area: 'serial', state: 'bad', what, advice }];
  }
  const real = await realpath(path);
  return [
    await checkName({ path, real, line }, names, where),
    ...(await checkLatency({ path, real, line }, where)),
  ];
}

type Port = { readonly path: string; readonly real: string; readonly line: string };

/** /dev/ttyUSB0 is another adapter after the next start, if there are two. */
async function checkName(
  { path, real, line }: Port,
  names: readonly string[],
  { byIdDir }: SerialPlaces,
): Promise<Finding> {
  const lasting = names.map((name) => join(byIdDir, name));
  const targets = await Promise.all(lasting.map((name) => realpath(name).catch(() => '')));
  const same = lasting[targets.indexOf(real)];
  if (same === undefined || path === same) {
    return { area: 'serial', state: 'good', what: `line ${line}: ${path} is there` };
  }
  return {
    area: 'serial',
    state: 'attention',
    what: `line ${line}: ${path} may be another adapter after the next start`,
    advice: `write \`serial: ${same}\``,
  };
}

/** FTDI adapters wait 16 ms by themselves before they hand on what they have heard. */
async function checkLatency(
  { path, real, line }: Port,
  { systemDir }: SerialPlaces,
): Promise<readonly Finding[]> {
  const file = join(systemDir, 'bus/usb-serial/devices', basename(real), 'latency_timer');
  const latencyMs = Number.parseInt(await readFile(file, 'utf8').catch(() => ''), 10);
  if (Number.isNaN(latencyMs) || latencyMs <= latencyGoodMs) return [];
  return [
    {
      area: 'serial',
      state: 'attention',
      what: `line ${line}: the adapter at ${path} waits ${latencyMs} ms before it hands on bytes`,
      advice: `echo 1 | sudo tee ${file}; for good, by a udev rule: ATTR{latency_timer}="1"`,
    },
  ];
}

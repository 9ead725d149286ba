// SPDX-License-Identifier: Apache-2.0
// The place of the soak: five gateways, each with a meter, a machine and a wire of its own, and one
// broker and one centre for all. Two of the gateways have small disks.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { foundChain, type Seat } from '../../system/harness/founding.ts';
import { newBroker, newCentre, tielineCommand } from '../../system/harness/network.ts';
import { type Command, Restartable } from '../../system/harness/restartable.ts';
import { compileSlowDisk, slowDisk } from '../../system/harness/slow-disk/slow-disk.ts';
import { order } from './command.ts';
import { faketimeLibrary } from './faketime.ts';
import { Site, type SitePlace, type Watcher } from './site.ts';
import { centreAddress, layWire, newPort } from './wire.ts';

const names = ['cellar', 'school', 'bakery', 'smithy', 'mill'];
const smallDisks = ['bakery', 'mill'];
const smallDiskBytes = 128 * 1024 * 1024;
const periodMs = 250;
// Each has a loopback of its own.
const httpPort = 8_780;
const memberPort = 7_000;
const meterPort = 5_020;

export type Town = {
  readonly dir: string;
  readonly chainId: string;
  readonly sites: readonly Site[];
  readonly broker: Restartable;
  readonly centre: Restartable;
  readonly centreDir: string;
  readonly meters: readonly Restartable[];
};

/** All run but the gateways. Processes are ended with the namespace that they are in. */
export async function buildTown(dir: string, watcher: Watcher): Promise<Town> {
  await layWire();
  const make = (command: Command) => new Restartable(command);
  const { broker, mqttUrl } = await newBroker(dir, { host: centreAddress, make });
  const centre = await newCentre(dir, mqttUrl, make);
  const library = compileSlowDisk(dir);
  const places = await Promise.all(names.map((name, i) => newPlace({ dir, name, library }, i)));
  const seats = names.map((name, i): Seat => {
    const { address } = places[i]?.port ?? { address: '' };
    const meter = { endpoint: `127.0.0.1:${meterPort}` };
    return { name, dir: join(dir, name), listen: `${address}:${memberPort}`, httpPort, meter };
  });
  const meters = await Promise.all(places.map((place, i) => startMeter(place, i)));
  const { chainId, gateways } = await foundChain(seats, { ...centre, mqttUrl }, { periodMs });
  const sites = gateways.flatMap((founded, i) => {
    const place = places[i];
    if (place === undefined) return [];
    const run = tielineCommand(founded.name, 'run', '--config', founded.config);
    const program = new Restartable(within(place, run));
    return [new Site(founded, { place, program, watcher })];
  });
  const around = { broker, centre: centre.centre, centreDir: centre.centreDir, meters };
  return { dir, chainId, sites, ...around };
}

type Wanted = { readonly dir: string; readonly name: string; readonly library: string };

async function newPlace({ dir, name, library }: Wanted, i: number): Promise<SitePlace> {
  const data = join(dir, name, 'data');
  await mkdir(data, { recursive: true, mode: 0o700 });
  const isSmall = smallDisks.includes(name);
  if (isSmall) {
    const options = `size=${smallDiskBytes},mode=700`;
    await order('mount', '-t', 'tmpfs', '-o', options, 'tmpfs', data);
  }
  const apiSocket = join(dir, `${name}.socket`);
  const clockFile = join(dir, `${name}.clock`);
  await writeFile(clockFile, '+0s\n');
  return {
    port: await newPort(i + 1, { socket: apiSocket, port: httpPort }),
    apiSocket,
    clockFile,
    disk: slowDisk(library, join(dir, `${name}.disk`)),
    isSmall,
  };
}

async function startMeter({ port }: SitePlace, i: number): Promise<Restartable> {
  const words = ['--meter', 'eastron-sdm120', '--tcp', `127.0.0.1:${meterPort}`];
  const command = tielineCommand(`meter-${i}`, 'simulate-meter', ...words, '--seed', String(i + 1));
  const meter = new Restartable(entering(port.enter, command));
  await meter.start();
  return meter;
}

/** In its network, on its disk, by its clock. */
function within({ port, disk, clockFile }: SitePlace, command: Command): Command {
  const environment = {
    LD_PRELOAD: `${disk.preload}:${faketimeLibrary()}`,
    ...disk.environment,
    FAKETIME_TIMESTAMP_FILE: clockFile,
    FAKETIME_CACHE_DURATION: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    NO_FAKE_STAT: '1',
  };
  const settings = Object.entries(environment).map(([key, value]) => `${key}=${value}`);
  return entering([...port.enter, 'env', ...settings], command);
}

function entering([file = '', ...before]: readonly string[], command: Command): Command {
  return { ...command, file, words: [...before, command.file, ...command.words] };
}

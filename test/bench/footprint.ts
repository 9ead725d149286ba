// SPDX-License-Identifier: Apache-2.0
// What a gateway takes of a small machine: three of them keep one chain, each with fifty meters that
// are read once a second. Bytes and durable writes are each gateway's own; the bytes stand beside
// those of all packs that came onto the chain meanwhile, for each gateway keeps them all.

import { toSchemaId } from '../../base/ids.ts';
import { encodePack } from '../../base/pack.ts';
import { quality } from '../../base/quality.ts';
import { findMeter } from '../../drivers/index.ts';
import { slowCard } from '../system/harness/slow-disk/slow-disk.ts';
import { atSite } from './chain/site.ts';
import { compile } from './compiled.ts';
import { type Figure, median } from './figures.ts';
import { limitCpu } from './footprint/cpu-share.ts';
import { meter, startTown } from './footprint/town.ts';
import { type Taken, watch } from './footprint/watch.ts';
import type { Effort } from './measure.ts';

type Times = { readonly warmUpMs: number; readonly runMs: number };

export async function footprint({ runs }: Effort): Promise<readonly Figure[]> {
  const thorough = runs > 3;
  const minutes = (full: number, brief: number): Times => ({
    warmUpMs: thorough ? 20_000 : 5_000,
    runMs: 60_000 * (thorough ? full : brief),
  });
  await compile();
  const usual = await taken(1_000, minutes(10, 1 / 3));
  const wide = await taken(5_000, minutes(3, 1 / 3));
  const slow = await takenSlowly(minutes(6, 1 / 3));
  return [
    ...figuresOf('1 s window', usual),
    ...figuresOf('5 s window', wide),
    ...slowFigures('slow card, quarter of a core', slow),
  ];
}

function taken(windowMs: number, { warmUpMs, runMs }: Times): Promise<readonly Taken[]> {
  return atSite(async (children, dir) => {
    const gateways = await startTown(children, dir, { windowMs });
    await new Promise((resolve) => setTimeout(resolve, warmUpMs));
    return watch(gateways, runMs);
  });
}

function takenSlowly({ warmUpMs, runMs }: Times): Promise<readonly Taken[]> {
  return atSite(async (children, dir) => {
    const gateways = await startTown(children, dir, { windowMs: 1_000 });
    const groups = await Promise.all(gateways.map(({ pid }) => limitCpu(pid, 1 / 4)));
    for (const { disk } of gateways) disk.set(slowCard);
    await new Promise((resolve) => setTimeout(resolve, warmUpMs));
    const result = await watch(gateways, runMs);
    await children.end();
    for (const remove of groups) await remove();
    return result;
  });
}

function figuresOf(name: string, all: readonly Taken[]): readonly Figure[] {
  const packBytes = all.reduce((sum, { packs }) => sum + packs, 0) * packLength();
  const figure = (
    what: string,
    unit: string,
    of: (one: Taken) => number,
    aim?: string,
  ): Figure => ({
    name: `${name}: ${what}`,
    unit,
    ...median(all.map(of)),
    ...(aim === undefined ? {} : { aim }),
  });
  return [
    figure('memory', 'MB', ({ residentMb }) => residentMb, '≤ 120'),
    figure('memory at most', 'MB', ({ residentMostMb }) => residentMostMb),
    figure('processor', '%', ({ cpuPercent }) => cpuPercent),
    figure('written for a byte of packs', '×', (one) => one.writtenBytes / packBytes, '≤ 5'),
    figure('durable writes', '1/s', ({ syncsPerSecond }) => syncsPerSecond, '≤ 4'),
    figure('polls missed', '', ({ missed }) => missed, '0'),
  ];
}

function slowFigures(name: string, all: readonly Taken[]): readonly Figure[] {
  const most = (what: string, of: (one: Taken) => number, aim?: string): Figure => ({
    name: `${name}: ${what}`,
    unit: '',
    value: Math.max(...all.map(of)),
    ...(aim === undefined ? {} : { aim }),
  });
  return [
    most('elections', ({ elections }) => elections, '0'),
    most('polls missed', ({ missed }) => missed, '0'),
    most('batches that wait at the end', ({ waiting }) => waiting, 'few'),
    most('batches that waited at most', ({ waitingMost }) => waitingMost),
    most('processor, %', ({ cpuPercent }) => cpuPercent),
  ];
}

/** Of one reading of that meter. */
function packLength(): number {
  const registers = findMeter(meter)?.registers ?? [];
  return encodePack({
    schemaId: toSchemaId(new Uint8Array(32)),
    timeMs: Date.now(),
    clock: { state: 'free-running', errorMs: null },
    mantissas: registers.map((_, i) => i * 1_000),
    qualities: registers.map(() => quality.good),
  }).length;
}

// SPDX-License-Identifier: Apache-2.0
// One dispatch node under faults: chains report all the while, everything is struck, and what it has
// in the end is held against what it promised.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LongRunOptions } from '../soak/long-run.ts';
import { finalCheck, type Verdict } from './final-check.ts';
import { machineStrikes } from './machine-strikes.ts';
import { messageStrikes } from './message-strikes.ts';
import { buildScene, type Scene } from './scene.ts';
import { strikeAll } from './strike.ts';

export type FaultsReport = Verdict & {
  readonly minutes: number;
  readonly seed: number;
  /** How often each kind has struck. */
  readonly faults: Readonly<Record<string, number>>;
};

/** @throws what kept it from coming to an end; then, too, everything is kept. */
export async function dispatchUnderFaults(options: LongRunOptions): Promise<FaultsReport> {
  const scene = await buildScene(options.dir);
  let keeps = true;
  try {
    const report = await strikeAndCheck(scene, options);
    keeps = report.problems.length > 0;
    return report;
  } finally {
    await writeFile(join(options.dir, 'node.log'), scene.node.said);
    await scene.end({ keeps });
  }
}

async function strikeAndCheck(
  scene: Scene,
  { minutes, seed, tell }: LongRunOptions,
): Promise<FaultsReport> {
  let isOver = false;
  const reporting = Promise.all(scene.honest.map((one) => one.run(() => isOver)));
  reporting.catch(() => {});
  const endMs = performance.now() + minutes * 60_000;
  const lanes = [machineStrikes, messageStrikes];
  const striking = strikeAll(scene, lanes, { seed, tell, isOver: () => performance.now() > endMs });
  // A chain that cannot go on ends it all.
  const faults = await Promise.race([striking, reporting.then(() => striking)]);
  isOver = true;
  await reporting;
  tell('all is healed; what is there is held against what was promised');
  return { minutes, seed, faults, ...(await finalCheck(scene)) };
}

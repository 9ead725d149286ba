// SPDX-License-Identifier: Apache-2.0
// Disks that stall for two seconds, the leader's and then all of them: nobody is elected, and what was
// on its way comes through.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { leaderOf, newCompany, settled, statusOf, withoutMeters } from './harness/company.ts';
import {
  compileSlowDisk,
  quickDisk,
  type SlowDisk,
  slowDisk,
} from './harness/slow-disk/slow-disk.ts';
import { until } from './harness/until.ts';
import { runTool } from './run-tool.ts';

const stalling = { eachMs: 0, stallMs: 2_000, stallOneIn: 1 };
const blocksUnderStall = 5;

test('disks that stall for 2 s cause no election', async () => {
  const disks = new Map<string, SlowDisk>();
  const company = await newCompany({
    periodMs: 500,
    environment: (dir, name) => {
      const disk = slowDisk(compileSlowDisk(dir), join(dir, `${name}-disk`));
      disks.set(name, disk);
      return { LD_PRELOAD: disk.preload, ...disk.environment };
    },
  });
  const { gateways } = company;
  await Promise.all(gateways.map(({ program }) => program.start()));
  await until('a receipt', async () => {
    const statuses = await Promise.all(gateways.map(statusOf));
    return statuses.every(({ ledger }) => ledger.receiptSize > 2) || undefined;
  });
  const leader = await leaderOf(gateways);
  const { term } = (await statusOf(leader)).ledger;

  for (const stalled of [[leader], gateways]) {
    for (const { name } of stalled) disks.get(name)?.set(stalling);
    const { height } = (await statusOf(leader)).ledger;
    await until(`${blocksUnderStall} blocks`, async () => {
      const now = (await statusOf(leader)).ledger.height;
      return now >= height + blocksUnderStall || undefined;
    });
    for (const { name } of stalled) disks.get(name)?.set(quickDisk);
    for (const one of gateways) {
      const { ledger } = await statusOf(one);
      expect(ledger).toMatchObject({ term, leader: leader.keyId });
    }
  }

  await company.centre.stop();
  for (const { program } of gateways) expect(await program.stop()).toMatchObject({ code: 0 });
  await Promise.all(gateways.map(withoutMeters));
  await Promise.all(gateways.map(({ program }) => program.start()));
  expect(await settled(gateways)).toBeGreaterThan(2 * blocksUnderStall);
});

test('the slow disk is slow', () => {
  const dir = mkdtempSync(join(tmpdir(), 'tieline-slow-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const disk = slowDisk(compileSlowDisk(dir), join(dir, 'profile'));
  disk.set({ eachMs: 0, stallMs: 300, stallOneIn: 2 });
  const script =
    'const fs = require("fs"); const file = fs.openSync(process.argv[1], "w"); for (let i = 0; i < 4; i++) fs.fsyncSync(file)';
  const settings = [`LD_PRELOAD=${disk.preload}`, `SLOW_DISK_FILE=${join(dir, 'profile')}`];
  const startMs = performance.now();
  const { exitCode, stderr } = runTool('env', [
    ...settings,
    process.execPath,
    '-e',
    script,
    join(dir, 'file'),
  ]);
  expect(performance.now() - startMs, 'two of four stalled').toBeGreaterThan(600);
  expect(exitCode, stderr).toBe(0);
});

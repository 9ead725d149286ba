// SPDX-License-Identifier: Apache-2.0
// Groups of registers with periods of their own: every register is in one, and only in one.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { loadGatewayConfig } from '../../../agent/config.ts';
import { groupsOf, type MeterConfig } from '../../../agent/meter-config.ts';
import { findMeter } from '../../../drivers/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'tieline-config-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const registers = findMeter('eastron-sdm630')?.registers ?? [];
const meter = (periods: MeterConfig['periods']): MeterConfig => ({
  name: 'main',
  meter: 'eastron-sdm630',
  line: 'bus',
  unit: 1,
  periodMs: 1_000,
  periods,
});

test('the first group that names a register has it, the rest the meter itself', () => {
  const groups = groupsOf(
    meter([
      { registers: ['1-0:1.8.0*255'], periodMs: 5_000, alarm: true },
      { registers: ['counter', '1-0:14.7.0*255'], periodMs: 60_000 },
    ]),
  );
  const obis = groups.map(({ keep }) => registers.filter(keep).map((one) => one.obis));
  expect(groups.map(({ periodMs }) => periodMs)).toEqual([5_000, 60_000, 1_000]);
  expect(groups.map(({ alarm }) => alarm)).toEqual([true, false, false]);
  expect(obis[0]).toEqual(['1-0:1.8.0*255']);
  expect(obis[1]).toEqual(['1-0:14.7.0*255', '1-0:2.8.0*255']);
  expect(obis.flat().toSorted()).toEqual(registers.map((one) => one.obis).toSorted());
});

test('without groups a meter is one group', () => {
  const [only, ...others] = groupsOf(meter([])).filter(({ keep }) => registers.some(keep));
  expect(others).toEqual([]);
  expect(registers.filter(only?.keep ?? (() => false))).toHaveLength(registers.length);
});

test('a group that names what the meter has not, or no code at all, is a problem', () => {
  const path = join(folder, 'gateway.yaml');
  writeFileSync(
    path,
    `name: here
mqtt: {url: 'mqtt://127.0.0.1:1883'}
lines: [{name: bus, serial: /dev/ttyUSB0}]
meters:
  - name: main
    meter: eastron-sdm120
    line: bus
    periods: [{registers: [counter, 1-0:52.7.0*255, energy], periodMs: 60000}]
`,
  );
  expect(() => loadGatewayConfig(path)).toThrow(/52.7.0|registers\[1\]/);
  expect(() => loadGatewayConfig(path)).toThrow(/no OBIS code \(write 1-0:1.8.0\*255, or one of/);
});

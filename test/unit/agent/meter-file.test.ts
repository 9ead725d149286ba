// SPDX-License-Identifier: Apache-2.0
// A user's own meter definition: what it becomes, and what is said of a wrong one.

import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadGatewayConfig } from '../../../agent/config.ts';
import { loadMeterFile } from '../../../agent/meter-file.ts';
import { planLines } from '../../../agent/plan/line-plan.ts';

const good = `id: acme-m1
vendor: Acme
model: M1
source: manual, revision 3
functionCode: 3
wordOrder: low-word-first
registers:
  - { measures: voltageL1, address: 0x2000, rawType: uint16, scalePowerOfTen: -1, max: 276 }
  - { measures: importEnergy, address: 0x2010, rawType: uint32, scalePowerOfTen: 1 }
`;
const directory = mkdtempSync(join(tmpdir(), 'meter-file-'));

function file(text: string, name = 'acme-m1.yaml'): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

const message = (text: string): string => {
  try {
    loadMeterFile(file(text));
    return '';
  } catch (error) {
    return (error as Error).message;
  }
};

test('a definition is as those of the catalogue', () => {
  const { registers, ...meter } = loadMeterFile(file(good));
  expect(meter).toMatchObject({ id: 'acme-m1', functionCode: 3, registersPerReadMax: 125 });
  expect(registers).toMatchObject([
    { obis: '1-0:32.7.0*255', address: 0x2000, exponent: -2, max: 27_600, count: 1 },
    { obis: '1-0:1.8.0*255', unit: 'Wh', wordOrder: 'low-word-first', scalePowerOfTen: 1 },
  ]);
  expect(registers[0]?.provenance.sources).toEqual(['manual, revision 3']);
});

describe('a problem is told with its place', () => {
  test.each([
    ['functionCode: 3', 'functionCode: 5', ':5:15: functionCode: must be one of 3, 4'],
    ['voltageL1', 'voltsL1', 'registers[0].measures: must be one of'],
    ['rawType: uint16', 'rawtype: uint16', 'did you mean rawType?'],
    ['importEnergy', 'voltageL1', 'registers[1].measures: another register measures this'],
    ['0x2010', '0x1fff', 'registers[1].address: it shares registers with voltageL1'],
    ['0x2010', '0xffff', 'registers[1].address: it ends behind the last register'],
    ['id: acme-m1', 'id: eastron-sdm630', ':1:5: id: the catalogue has this id'],
    ['source: manual, revision 3\n', '', 'source: is missing (where the facts are from'],
  ])('%s instead of %s', (right, wrong, said) => {
    expect(message(good.replace(right, wrong))).toContain(said);
  });
});

const gateway = `name: gw
mqtt: { url: mqtt://localhost }
lines:
  - { name: cabinet, tcp: 192.0.2.1:502 }
meters:
  - { name: one, meter: ./acme-m1.yaml, line: cabinet }
`;

test('a configuration names the file, relative to itself', () => {
  file(good);
  const config = loadGatewayConfig(file(gateway, 'gateway.yaml'));
  expect(config.meters[0]?.definition?.id).toBe('acme-m1');
  expect(planLines(config, new Map())[0]?.groups[0]?.requestCount).toBe(1);
});

test('a configuration with a wrong file says what is wrong in it', () => {
  file(good.replace('functionCode: 3', 'functionCode: 5'));
  const path = file(gateway, 'gateway.yaml');
  expect(() => loadGatewayConfig(path)).toThrow(/meters\[0\]\.meter: the definition is not usable/);
  expect(() => loadGatewayConfig(path)).toThrow(/functionCode: must be one of 3, 4/);
});

// SPDX-License-Identifier: Apache-2.0
// The catalogue: facts that were got wrong elsewhere, and rules that every definition keeps.

import { describe, expect, test } from 'vitest';
import { isCounter, isObis, parseObis } from '../../../base/obis.ts';
import { encodeSchema } from '../../../base/schema.ts';
import { schemaOf } from '../../../drivers/device-schema.ts';
import { findMeter, meterDefinitions } from '../../../drivers/index.ts';
import type { MeterDefinition } from '../../../drivers/meter-definition.ts';
import { modbusPack } from '../../../drivers/modbus/modbus-device.ts';
import { planReads } from '../../../drivers/read-plan.ts';

const meter = (id: string) => findMeter(id) as MeterDefinition;
const register = (id: string, obis: string) =>
  meter(id).registers.find((candidate) => candidate.obis === `1-0:${obis}*255`);
const installation = { device: 'urn:dev:ops:x-y-1', line: 'bus', unit: 1, periodMs: 1_000 };

test('ids are unique, and an unknown one finds nothing', () => {
  const ids = meterDefinitions.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(findMeter('acme-1')).toBeUndefined();
});

describe.each(meterDefinitions.map((definition) => [definition.id, definition] as const))(
  '%s',
  (_, definition) => {
    const { registers } = definition;

    test('names every value once, canonically, with a source', () => {
      expect(new Set(registers.map(({ obis }) => obis)).size).toBe(registers.length);
      for (const { obis, kind, provenance } of registers) {
        expect(isObis(obis)).toBe(true);
        expect(isCounter(parseObis(obis) as never)).toBe(kind === 'counter');
        expect(provenance.sources.length).toBeGreaterThan(0);
        expect(provenance.level).toBe(
          provenance.sources.length > 1 ? 'two-or-more-sources' : 'one-source',
        );
      }
    });

    test('no two values share a register', () => {
      const taken = registers.flatMap(({ address, count }) =>
        Array.from({ length: count }, (_, i) => address + i),
      );
      expect(new Set(taken).size).toBe(taken.length);
    });

    test('keeps at least the resolution of integers', () => {
      for (const { rawType, scalePowerOfTen, exponent } of registers) {
        if (!rawType.startsWith('float')) expect(exponent).toBeLessThanOrEqual(scalePowerOfTen);
      }
    });

    test('needs few reads, and neighbours differ in length, also the last and the first', () => {
      const reads = planReads(definition);
      expect(reads.length).toBeLessThanOrEqual(registers.length / 2);
      // What is read at once has no neighbour: there the line keeps silent for longer.
      if (reads.length === 1) return;
      const counts = reads.map(({ count }) => count);
      for (const [i, count] of counts.entries()) {
        expect(count).not.toBe(counts[(i + 1) % counts.length]);
      }
    });

    test('makes a schema that can be signed', () => {
      const schema = schemaOf(modbusPack(definition), installation);
      expect(encodeSchema(schema).length).toBeGreaterThan(0);
      expect(schema.values.map(({ obis }) => obis)).toEqual(registers.map(({ obis }) => obis));
    });
  },
);

test('Eastron SDM630: where the values stand', () => {
  expect(meter('eastron-sdm630')).toMatchObject({ functionCode: 4, registersPerReadMax: 80 });
  expect(register('eastron-sdm630', '16.7.0')).toMatchObject({ address: 52, scalePowerOfTen: 0 });
  expect(register('eastron-sdm630', '1.8.0')).toMatchObject({ address: 72, scalePowerOfTen: 3 });
  expect(schemaOf(modbusPack(meter('eastron-sdm630')), installation)).toMatchObject({
    request: 'modbus fc=4 52+24 0+18',
    definition: 'eastron-sdm630',
    values: expect.arrayContaining([
      expect.objectContaining({ obis: '1-0:1.8.0*255', register: 'input 0x0048 float32' }),
    ]),
  });
});

test('Chint DTSU666: tenths of the unit; energy where its own firmware has it, in kWh', () => {
  expect(register('chint-dtsu666', '16.7.0')).toMatchObject({
    address: 0x2012,
    scalePowerOfTen: -1,
  });
  expect(register('chint-dtsu666', '1.8.0')).toMatchObject({ address: 0x101e, scalePowerOfTen: 3 });
});

test('Carlo Gavazzi EM24-DIN: the total, not the partial counter that can be reset', () => {
  expect(register('carlo-gavazzi-em24-din', '1.8.0')?.address).toBe(0x3e);
  expect(register('carlo-gavazzi-em24-din', '16.7.0')?.wordOrder).toBe('low-word-first');
});

test('Acrel ADL400, secondary side: no energy, for its total is import and export together', () => {
  expect(meter('acrel-adl400-secondary').registers.some(({ kind }) => kind === 'counter')).toBe(
    false,
  );
});

test('ABB B23: the highest value of a type is none', () => {
  expect(register('abb-b23', '52.7.0')?.unavailable).toBe('highest');
});

test('no map of a firmware is listed that only a user described', () => {
  expect(findMeter('chint-dtsu666-sungrow')).toBeUndefined();
});

test('Chint DDSU666: power is in kW', () => {
  expect(register('chint-ddsu666', '16.7.0')).toMatchObject({
    address: 0x2004,
    scalePowerOfTen: 3,
  });
  expect(register('chint-ddsu666', '131.7.0')).toMatchObject({ scalePowerOfTen: 3 });
});

test('Acrel ADL400: the total is 0x081A, 0x0818 is phase L3; 8E1; energy ticks in 0.1 kWh', () => {
  expect(register('acrel-adl400-primary', '16.7.0')?.address).toBe(0x081a);
  expect(register('acrel-adl400-primary', '76.7.0')?.address).toBe(0x0818);
  expect(meter('acrel-adl400-primary').serial).toMatchObject({ parity: 'even', dataBits: 8 });
  expect(register('acrel-adl400-primary', '1.8.0')).toMatchObject({
    rawType: 'uint32',
    scalePowerOfTen: 2,
    exponent: 2,
  });
});

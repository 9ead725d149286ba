// SPDX-License-Identifier: Apache-2.0
// A SunSpec device as a device: it is asked once what it is, then read by plans that fetch each
// value together with its scale factor. What it was found to be is checked again after every
// silence: behind it may be another device by then, or another firmware.

import { limits } from '../../base/limits.ts';
import type { Device, Found, Reading } from '../device.ts';
import { qualityOf } from '../fault-quality.ts';
import { type AskOptions, type Faulty, faulty, type LineFault } from '../line.ts';
import { exchangesOfReads, type ModbusPlace, readerOf, readsOf } from '../modbus/modbus-device.ts';
import type { Keep } from '../narrowed.ts';
import type { SelfDescribedMeter } from '../self-described-meter.ts';
import { acBlocks, valuesOf, type Words } from './ac-blocks.ts';
import { type Ask, type Discovery, discover, type FoundModel } from './discovery.ts';
import { identityOf } from './identity.ts';
import { readWords } from './read-words.ts';
import { hasRecords, recordReads, SignedRecords } from './signed-records.ts';
import { readSunspecValue, type SunspecValue } from './sunspec-value.ts';

const functionCode = 3;

export const sunspec: SelfDescribedMeter = {
  id: 'sunspec',
  vendor: 'any',
  model: 'SunSpec inverter, storage or meter',
  serial: null,
  find: findSunspec,
  notes: [
    'What an inverter gives counts as export, its power as negative: all is seen from the grid.',
    "A meter's own sign of power is kept: makers differ in what they call positive.",
    'An inverter is channel 0 of the OBIS codes, meters behind it are 1 and up, in their order.',
  ],
};

/** Asks the device what it has. Never rejects. */
async function findSunspec(place: ModbusPlace, keep: Keep): Promise<Found> {
  const ask = askOf(place, {});
  const found = await discover(ask);
  if (!found.ok) return found;
  const blocks = acBlocks(found);
  if (blocks.length === 0) return faulty(nothingMeasured(found));
  const values: SunspecValue[] = [];
  for (const block of blocks) {
    const words = await readModel(ask, block.model);
    if (!words.ok) return words;
    values.push(...valuesOf(block, words.words));
  }
  const identity = await identityOf(ask, found.models);
  const valuesMax = hasRecords(found.models) ? limits.recordedValuesMax : limits.packValuesMax;
  const kept = values.filter(({ value }) => keep(value)).slice(0, valuesMax);
  const models = blocks.map(({ model }) => model);
  // Of several groups of values, that with the first carries the records.
  const [first] = values;
  const hasFirst = first !== undefined && keep(first.value);
  const signing = hasFirst ? found.models : [];
  const device = deviceOf(
    { values: kept, models, identity, records: new SignedRecords(signing) },
    place,
  );
  const exchangesPerMinute = exchangesOfReads(recordReads(signing));
  return { ok: true, device: { ...device, exchangesPerMinute } };
}

type Parts = {
  readonly values: readonly SunspecValue[];
  readonly models: readonly FoundModel[];
  readonly identity: string | undefined;
  readonly records: SignedRecords;
};

function deviceOf({ values, models, identity, records }: Parts, place: ModbusPlace): Device {
  const definition = {
    id: sunspec.id,
    functionCode,
    registersPerReadMax: limits.modbusRegistersMax,
    registers: values,
  } as const;
  const read = readerOf(definition, readSunspecValue, place);
  let isSure = true;
  return {
    definition: sunspec.id,
    ...(identity === undefined ? {} : { identity }),
    ...readsOf(definition),
    values: values.map(({ value }) => value),
    read: async (options = {}) => {
      const changed = isSure ? undefined : await changeOf(askOf(place, options), models);
      const reading = changed === undefined ? await read(options) : nothing(values, changed);
      isSure = reading.faults.length === 0;
      if (!isSure) return reading;
      const record = await records.next(askOf(place, options));
      return record === undefined ? reading : { ...reading, record };
    },
  };
}

function askOf({ line, unit }: ModbusPlace, options: AskOptions): Ask {
  return (address, count) =>
    line.registers.request({ unit, functionCode, address, count }, options);
}

function readModel(
  ask: Ask,
  { address, length }: FoundModel,
): Promise<Faulty | { readonly ok: true; readonly words: Words }> {
  return readWords(ask, { address, count: 2 + length });
}

/** Why what is there is not what was found. */
async function changeOf(ask: Ask, models: readonly FoundModel[]): Promise<LineFault | undefined> {
  for (const { id, address, length } of models) {
    const answer = await ask(address, 2);
    if (!answer.ok) return answer.fault;
    if (answer.registers[0] !== id || answer.registers[1] !== length) {
      return {
        kind: 'malformed',
        detail: `SunSpec model ${id} does not stand at ${address} any more`,
        hint: 'the device was changed: start again, so that it is asked what it has',
      };
    }
  }
  return undefined;
}

function nothing(values: readonly unknown[], fault: LineFault): Reading {
  const value = { mantissa: null, quality: qualityOf(fault) } as const;
  return { values: values.map(() => value), faults: [fault] };
}

function nothingMeasured({ models }: Discovery): LineFault {
  const ids = models.map(({ id }) => id).join(', ');
  return {
    kind: 'malformed',
    detail: `the device has no SunSpec model of AC values; it has ${ids || 'none at all'}`,
  };
}

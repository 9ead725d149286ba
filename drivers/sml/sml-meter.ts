// SPDX-License-Identifier: Apache-2.0
// A meter that pushes SML as a device. What it holds, its first file tells.

import type { DeviceValue, Found } from '../device.ts';
import type { Keep } from '../narrowed.ts';
import { meaningOf } from '../obis-meaning.ts';
import { mantissaAt } from '../printed-value.ts';
import { type BytePlace, type ProtocolMeter, serialDefaults } from '../protocol-meter.ts';
import { findPushDevice, type PushMeter } from '../push-device.ts';
import { SmlFileStream } from './file-stream.ts';
import { identityText, type SmlReadings } from './readings.ts';

// Meters send every one to four seconds.
const silenceMsMax = 12_000;

export const smlPush: ProtocolMeter = {
  id: 'sml',
  protocol: 'sml',
  vendor: 'SML',
  model: 'meters that push SML (eHZ, mME)',
  serial: serialDefaults.sml,
  obis: undefined,
  exchanges: () => [],
  find: findSml,
  notes: [
    'Many meters send power and decimals of energy only after their PIN was entered with a torch.',
    'The status word is what the maker says it is: it is kept, and not interpreted.',
    'The public key of the meter stands in the schema as it was sent; signatures are not checked.',
  ],
};

function findSml({ line }: BytePlace, keep: Keep): Promise<Found> {
  const settings = { line, decoder: new SmlFileStream(), silenceMsMax, silenceHint };
  return findPushDevice(smlMeter, settings, keep);
}

const statusCode = '1-0:96.5.0*255';
const noBounds = { min: null, max: null, maxStepPerSecond: null };

const statusValue: DeviceValue = {
  name: 'status word',
  obis: statusCode,
  unit: '/',
  exponent: 0,
  register: 'status of the first counter',
  class: 'local',
  kind: 'instantaneous',
  ...noBounds,
};

const smlMeter: PushMeter<SmlReadings> = {
  definition: smlPush.id,
  request: identityText,
  values: ({ values, statusWord }) => [
    ...[...values].map(([obis, { unit, exponent }]): DeviceValue => {
      const meaning = meaningOf(obis, unit);
      const min = meaning.kind === 'counter' ? 0 : null;
      return { ...meaning, obis, unit, exponent, register: obis, ...noBounds, min };
    }),
    ...(statusWord === undefined || values.has(statusCode) ? [] : [statusValue]),
  ],
  read: ({ values, statusWord }, { obis, unit, exponent }) => {
    const value = values.get(obis);
    if (value?.unit === unit) return { mantissa: mantissaAt(value, exponent) ?? null };
    if (obis !== statusCode || statusWord === undefined) return undefined;
    return { mantissa: mantissaAt({ mantissa: statusWord, exponent: 0 }, exponent) ?? null };
  },
};

const silenceHint =
  'is the optical head the right way round, with its magnet on the meter; does the meter speak by itself ' +
  'at 9600 8N1';

// SPDX-License-Identifier: Apache-2.0
// A smart meter's P1 port as a device. What it holds, the first telegram tells.

import { quality } from '../../base/quality.ts';
import type { DeviceValue, Found } from '../device.ts';
import { faulty } from '../line.ts';
import type { Keep } from '../narrowed.ts';
import { meaningOf } from '../obis-meaning.ts';
import { mantissaAt } from '../printed-value.ts';
import { type BytePlace, type ProtocolMeter, serialDefaults } from '../protocol-meter.ts';
import { findPushDevice, type PushMeter } from '../push-device.ts';
import { OpenStream } from './open-stream.ts';
import { SealedStream, sealedKeysOf } from './sealed-stream.ts';
import type { Telegram } from './telegram.ts';

// DSMR 2.2 and 3.0 send every 10 s.
const silenceMsMax = 12_000;
// Meters behind the P1 port are read every hour, newer ones every five minutes.
const staleMs = 2 * 3_600_000;

export const dsmrP1: ProtocolMeter = {
  id: 'dsmr-p1',
  protocol: 'p1',
  vendor: 'DSMR / P1',
  model: 'smart meters with a P1 port',
  serial: serialDefaults.p1,
  obis: undefined,
  exchanges: () => [],
  find: findP1,
  notes: [
    'DSMR 2.2 and 3.0 send at 9600 7E1 and without a checksum: their values are marked unchecked.',
    'The signal of the port is inverted, and pin 2 has to have 5 V.',
    'A value of a meter behind the port that is older than two hours is marked stale.',
    'Luxembourg and Austria encrypt: the key file holds 32 hex digits, and on a second line the ' +
      'authentication key where the operator gives one; that of Luxembourg is the same everywhere, and known.',
  ],
};

async function findP1({ line, key }: BytePlace, keep: Keep): Promise<Found> {
  const keys = key === undefined ? undefined : sealedKeysOf(key);
  if (key !== undefined && keys === undefined) return faulty(badKey);
  const decoder = keys === undefined ? new OpenStream() : new SealedStream(keys);
  return findPushDevice(p1Meter, { line, decoder, silenceMsMax, silenceHint }, keep);
}

const p1Meter: PushMeter<Telegram> = {
  definition: dsmrP1.id,
  request: ({ identification }) => `p1 ${printable(identification)}`,
  values: ({ values }) =>
    [...values].map(([obis, { unit, exponent }]): DeviceValue => {
      const meaning = meaningOf(obis, unit);
      const min = meaning.kind === 'counter' ? 0 : null;
      const place = { register: obis, min, max: null, maxStepPerSecond: null };
      return { ...meaning, obis, unit, exponent, ...place };
    }),
  read: ({ values, checked }, { obis, unit, exponent }) => {
    const value = values.get(obis);
    if (value === undefined || value.unit !== unit) return undefined;
    const mantissa = mantissaAt(value, exponent) ?? null;
    if (!checked) return { mantissa, quality: quality.unchecked };
    const stale = value.ageMs !== undefined && value.ageMs > staleMs;
    return stale && isBehind(obis) ? { mantissa, quality: quality.stale } : { mantissa };
  },
};

/** Of a meter on the M-Bus of this one, not of a maximum that is meant to be of another time. */
function isBehind(obis: string): boolean {
  return /^0-\d+:24\./.test(obis);
}

function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 100);
}

const badKey = {
  kind: 'malformed',
  detail: 'the key is none of AES-128',
  hint: 'the key file holds 32 hex digits, and on a second line those of the authentication key',
} as const;

const silenceHint =
  'is the port switched on (pin 2 at 5 V) and its signal inverted; does it speak at 115200 8N1, or, ' +
  'before version 4, at 9600 7E1; is it encrypted, and needs a key, or needs none';

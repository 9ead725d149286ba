// SPDX-License-Identifier: Apache-2.0
// A meter of IEC 62056-21 as a device: each reading is a talk of sign-on, change of speed and readout.
// What it holds, the first readout tells.

import { limits } from '../../base/limits.ts';
import { quality } from '../../base/quality.ts';
import type { ByteAnswer, ByteLine, Talk } from '../bus/byte-line.ts';
import { monotonicMs } from '../bus/monotonic.ts';
import type { Device, DeviceValue, Found, ReadValue } from '../device.ts';
import { qualityOf } from '../fault-quality.ts';
import { type AskOptions, anybody, type Faulty, faulty, peerOf } from '../line.ts';
import type { Keep } from '../narrowed.ts';
import { meaningOf } from '../obis-meaning.ts';
import { mantissaAt, type PrintedValue } from '../printed-value.ts';
import {
  addressFault,
  type BytePlace,
  type ProtocolMeter,
  serialDefaults,
} from '../protocol-meter.ts';
import {
  type Identification,
  type Introduction,
  isDeviceAddress,
  judgeIntroduction,
  judgeReadout,
  type Readout,
  readoutRequest,
  signOn,
} from './readout.ts';

// A meter may take 1.5 s to begin, and as long between two characters (section 6.2.5).
const timeoutMs = 2_500;
// After a readout a meter goes back to 300 baud, and hears nothing meanwhile.
const restMs = 500;
// The readout by which it was found is its first reading, if that is wanted at once: another takes as long.
const freshMs = 2_000;
// Meters of mode A are old and say little.
const introductionBytesMax = 2_048;

export const iec6205621: ProtocolMeter = {
  id: 'iec62056-21',
  protocol: 'iec62056-21',
  vendor: 'IEC 62056-21',
  model: 'meters of modes A and C',
  serial: serialDefaults['iec62056-21'],
  obis: undefined,
  exchanges: () => undefined,
  find: findIec62056,
  notes: [
    'Begins at 300 7E1; a meter of mode C names a higher speed, which is used on a tty. A serial server ' +
      'keeps its own speed: then all of it is read at that one.',
    'A readout takes seconds to minutes: read it every 15 minutes, say.',
    'Values of earlier billing periods are stepped over.',
  ],
};

type Heard = {
  readonly identification: Identification;
  readonly readout: Readout;
  readonly afterFault: boolean;
};

async function findIec62056({ line, address = '' }: BytePlace, keep: Keep): Promise<Found> {
  if (!isDeviceAddress(address)) return addressFault(address, 'up to 32 letters and digits');
  const first = await readOut(line, address);
  if (!('readout' in first)) return first;
  const values = [...first.readout.values].map(packValue);
  if (values.length === 0) return faulty(nothingMeasured);
  return { ok: true, device: deviceOf({ line, address, first, values: values.filter(keep) }) };
}

function deviceOf(found: {
  readonly line: ByteLine;
  readonly address: string;
  readonly first: Heard;
  readonly values: readonly DeviceValue[];
}): Device {
  const { line, address, first, values } = found;
  const { maker, model } = first.identification;
  const foundAtMs = monotonicMs();
  let unread: Heard | undefined = first;
  return {
    definition: iec6205621.id,
    request: `iec62056-21 /?${address}! ${maker} ${model.replace(/[^\x20-\x7e]/g, '?')}`.trim(),
    exchanges: [],
    values,
    read: async (options) => {
      const isFresh = monotonicMs() - foundAtMs <= freshMs;
      const heard = (isFresh ? unread : undefined) ?? (await readOut(line, address, options));
      unread = undefined;
      if (!('readout' in heard)) {
        const missing: ReadValue = { mantissa: null, quality: qualityOf(heard.fault) };
        return { values: values.map(() => missing), faults: [heard.fault] };
      }
      return { values: values.map((value) => readValue(heard, value)), faults: [] };
    },
  };
}

function readOut(line: ByteLine, address: string, options?: AskOptions): Promise<Heard | Faulty> {
  return line.converse((talk) => converse(talk, address), options);
}

async function converse(talk: Talk, address: string): Promise<Heard | Faulty> {
  const peer = address === '' ? anybody : peerOf(0, address);
  const introduced: ByteAnswer<Introduction> = await talk.exchange({
    peer,
    send: signOn(address),
    silenceMs: restMs,
    judge: judgeIntroduction,
    bytesMax: introductionBytesMax,
    timeoutMs,
  });
  if (!introduced.ok) return introduced;
  const { afterFault } = introduced;
  const { identification, readout } = introduced.value;
  if (readout !== undefined) return { identification, readout, afterFault };
  const failed = await changeSpeed(talk, identification);
  if (failed !== undefined) return failed;
  const answer = await talk.exchange({
    peer,
    send: undefined,
    judge: judgeReadout,
    bytesMax: limits.telegramBytesMax,
    timeoutMs,
  });
  return answer.ok ? { identification, readout: answer.value, afterFault } : answer;
}

/** The acknowledgement names the speed at which the meter then speaks. */
async function changeSpeed(talk: Talk, { mode }: Identification): Promise<Faulty | undefined> {
  const slow = readoutRequest(startBaudRate);
  if (mode.kind === 'A' || !talk.canChangeSpeed || mode.baudRate === startBaudRate) {
    return talk.tell(slow);
  }
  return (await talk.tell(readoutRequest(mode.baudRate))) ?? talk.setBaudRate(mode.baudRate);
}

const startBaudRate = 300;

function packValue([obis, { unit, exponent }]: readonly [string, PrintedValue]): DeviceValue {
  const meaning = meaningOf(obis, unit);
  const min = meaning.kind === 'counter' ? 0 : null;
  const place = { register: obis, min, max: null, maxStepPerSecond: null };
  return { ...meaning, obis, unit, exponent, ...place };
}

function readValue(
  { readout, afterFault }: Heard,
  { obis, unit, exponent }: DeviceValue,
): ReadValue {
  const value = readout.values.get(obis);
  if (value === undefined || value.unit !== unit) {
    return { mantissa: null, quality: quality.notRead };
  }
  const mantissa = mantissaAt(value, exponent);
  if (mantissa === undefined) return { mantissa: null, quality: quality.notRepresentable };
  return { mantissa, quality: afterFault ? quality.afterBusError : quality.good };
}

const nothingMeasured = {
  kind: 'malformed',
  detail: 'the meter answers, and names no value of a unit that is known',
} as const;

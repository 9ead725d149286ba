// SPDX-License-Identifier: Apache-2.0
// A device that speaks by itself, made of the first message that is heard of it: what it holds then is
// what its packs hold.

import { type QualityCode, quality } from '../base/quality.ts';
import type { Device, DeviceValue, Found, Reading, ReadValue } from './device.ts';
import { qualityOf } from './fault-quality.ts';
import { faulty } from './line.ts';
import type { Keep } from './narrowed.ts';
import { PushReceiver, type PushSettings } from './push-receiver.ts';

export type PushMeter<T> = {
  readonly definition: string;
  /** What the message holds, in the protocol's words, for the schema. */
  readonly request: (first: T) => string;
  readonly values: (first: T) => readonly DeviceValue[];
  /** undefined where the message does not hold it. */
  readonly read: (message: T, value: DeviceValue) => PushedValue | undefined;
};

/** A mantissa at the value's exponent; null where it has no place there. */
export type PushedValue = { readonly mantissa: number | null; readonly quality?: QualityCode };

/** Waits for a message. Whoever uses the device has the line for as long as the line is open. */
export async function findPushDevice<T>(
  meter: PushMeter<T>,
  settings: PushSettings<T>,
  keep: Keep,
): Promise<Found> {
  const receiver = new PushReceiver(settings);
  const first = await receiver.next();
  const values = first.ok ? meter.values(first.value).filter(keep) : [];
  if (values.length === 0) receiver.stop();
  if (!first.ok) return first;
  if (meter.values(first.value).length === 0) return faulty(nothingMeasured);
  return { ok: true, device: pushDevice(meter, { receiver, values, first: first.value }) };
}

function pushDevice<T>(
  meter: PushMeter<T>,
  heard: {
    readonly receiver: PushReceiver<T>;
    readonly values: readonly DeviceValue[];
    readonly first: T;
  },
): Device {
  const { receiver, values, first } = heard;
  return {
    definition: meter.definition,
    request: meter.request(first),
    exchanges: [],
    values,
    read: async (): Promise<Reading> => {
      const answer = await receiver.next();
      if (answer.ok) {
        const { value: message, afterFault } = answer;
        const read = values.map((value) => readValue(meter.read(message, value), afterFault));
        return { values: read, faults: [] };
      }
      const missing: ReadValue = { mantissa: null, quality: qualityOf(answer.fault) };
      return { values: values.map(() => missing), faults: [answer.fault] };
    },
  };
}

function readValue(pushed: PushedValue | undefined, afterFault: boolean): ReadValue {
  if (pushed === undefined) return { mantissa: null, quality: quality.notRead };
  if (pushed.mantissa === null) return { mantissa: null, quality: quality.notRepresentable };
  const usual = afterFault ? quality.afterBusError : quality.good;
  return { mantissa: pushed.mantissa, quality: pushed.quality ?? usual };
}

const nothingMeasured = {
  kind: 'malformed',
  detail: 'the device speaks, and names no value of a unit that is known',
} as const;

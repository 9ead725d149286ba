// SPDX-License-Identifier: Apache-2.0
// A device of which only some values are kept: for a group of registers with a period of its own.

import type { Device, DeviceValue } from './device.ts';

export type Keep = (value: Pick<DeviceValue, 'obis' | 'kind' | 'class'>) => boolean;

/** It still asks for all of them, where the device does not know how to ask for less. */
export function narrowed(device: Device, keep: Keep): Device {
  if (device.values.every(keep)) return device;
  const places = device.values.flatMap((value, i) => (keep(value) ? [i] : []));
  const kept = <T>(all: readonly T[]) => places.flatMap((i) => all.slice(i, i + 1));
  return {
    ...device,
    values: kept(device.values),
    read: async (options) => {
      const reading = await device.read(options);
      return { ...reading, values: kept(reading.values) };
    },
  };
}

// SPDX-License-Identifier: Apache-2.0
// Looks for a device until it is found: one that has to say first what it measures may be switched
// off, at night as all inverters are.

import type { Device, Found } from '../drivers/device.ts';
import type { LineFault } from '../drivers/line.ts';
import type { Log } from '../host/log.ts';

const pauseMs = 10_000;

export type SearchParts = {
  /** For the log. */
  readonly name: string;
  readonly find: () => Promise<Found>;
  readonly onFound: (device: Device) => void;
  readonly log: Log;
};

export type DeviceSearch = {
  /** Why it was not found so far; undefined once it is, or before the first try is over. */
  readonly fault: () => LineFault | undefined;
  readonly stop: () => void;
};

export function searchDevice({ name, find, onFound, log }: SearchParts): DeviceSearch {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let fault: LineFault | undefined;
  const look = async (): Promise<void> => {
    const found = await find();
    if (stopped) return;
    if (found.ok) {
      fault = undefined;
      onFound(found.device);
      return;
    }
    if (fault === undefined) {
      const { detail, hint } = found.fault;
      log.warn('meter-not-found', { device: name, fault: detail, hint });
    }
    fault = found.fault;
    timer = setTimeout(() => void look(), pauseMs);
  };
  void look();
  return {
    fault: () => fault,
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

// SPDX-License-Identifier: Apache-2.0
// Looks for a device until it is found: one that has to say first what it measures may be switched
// off, at night as all inverters are.

import type { Device, Found } from '../drivers/device.ts';
import type { Log } from '../host/log.ts';

const pauseMs = 10_000;

export type SearchParts = {
  /** For the log. */
  readonly name: string;
  readonly find: () => Promise<Found>;
  readonly onFound: (device: Device) => void;
  readonly log: Log;
};

/** Returns how to stop. */
export function searchDevice({ name, find, onFound, log }: SearchParts): () => void {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let said = false;
  const look = async (): Promise<void> => {
    const found = await find();
    if (stopped) return;
    if (found.ok) {
      onFound(found.device);
      return;
    }
    if (!said) log.warn('meter-not-found', { device: name, fault: found.fault.detail });
    said = true;
    timer = setTimeout(() => void look(), pauseMs);
  };
  void look();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}

// SPDX-License-Identifier: Apache-2.0
// The reading before: a counter's delta and the plausibility of a step need the last reading of a
// register from whatever window it was in.

import { lastOf } from './accumulator.ts';
import type { Book } from './book.ts';
import type { Device } from './device.ts';
import type { Layout } from './layout.ts';
import type { Before } from './screening.ts';
import type { WindowRecord } from './window-record.ts';

/** Times are ms since the start of the window that asks, so negative; `layout` says whose it is. */
export type Earlier = Before & { readonly layout: Layout };

/** The last reading of the register before this window; undefined if there never was one. */
export function earlierReading(
  book: Book,
  at: {
    readonly name: string;
    readonly device: Device;
    readonly number: number;
    readonly obis: string;
    readonly windowMs: number;
  },
): Earlier | undefined {
  const { name, device, number, obis, windowMs } = at;
  for (const other of device.windows.toReversed()) {
    if (other >= number) continue;
    const window = book.window(name, other);
    const found = window && latestIn(window, obis);
    if (found !== undefined) return shifted(found, (other - number) * windowMs);
  }
  const carried = device.carried.get(obis);
  if (carried === undefined) return undefined;
  const { layout, reading } = carried;
  return shifted({ layout, last: reading, suspect: undefined }, -number * windowMs);
}

/** The last reading of the register in a window, whichever schema it came by; before `beforeMs`
 * if given. */
export function latestIn(
  window: WindowRecord,
  obis: string,
  beforeMs: number = Number.POSITIVE_INFINITY,
): Earlier | undefined {
  let latest: Earlier | undefined;
  for (const { layout, registers } of window.parts) {
    const register = registers[layout.byObis.get(obis) ?? -1];
    const last = register && lastOf(register);
    if (register === undefined || last === undefined || last.atMs >= beforeMs) continue;
    if (latest !== undefined && latest.last.atMs >= last.atMs) continue;
    latest = { layout, last, suspect: register.suspect };
  }
  return latest;
}

function shifted({ layout, last, suspect }: Earlier, byMs: number): Earlier {
  return {
    layout,
    last: { ...last, atMs: last.atMs + byMs },
    suspect: suspect && { ...suspect, atMs: suspect.atMs + byMs },
  };
}

// SPDX-License-Identifier: Apache-2.0
// How far windows are closed, and which closed ones were filled up since.

/** Closed up to and with this device (in order of names) in this window, and all windows before.
 * The device '' stands for none. */
export type Cursor = { readonly number: number; readonly device: string };

/** A closed window that was filled up. `tail`: a counter's last reading in it changed, so that
 * the next one counts from there. */
export type Late = { readonly number: number; readonly device: string; readonly tail: boolean };

type Place = { readonly number: number; readonly device: string };

export function isClosed(cursor: Cursor, { number, device }: Place): boolean {
  return number < cursor.number || (number === cursor.number && device <= cursor.device);
}

/** Each window once, in order of window, then device. */
export function withLate(all: readonly Late[], late: Late): readonly Late[] {
  const place = all.findIndex((other) => !isBefore(other, late));
  const found = all[place];
  if (found === undefined) return [...all, late];
  if (isBefore(late, found)) return all.toSpliced(place, 0, late);
  return late.tail && !found.tail ? all.with(place, late) : all;
}

function isBefore(a: Place, b: Place): boolean {
  return a.number < b.number || (a.number === b.number && a.device < b.device);
}

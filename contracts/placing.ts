// SPDX-License-Identifier: Apache-2.0
// Puts each pack into the window of its own time. Nothing here closes a window: only the block's
// time does, so a pack with a time far ahead moves nothing and leaves nothing in state but a
// count.

import { assert } from '../base/assert.ts';
import { limits } from '../base/limits.ts';
import type { Pack } from '../base/pack.ts';
import type { QualityCode } from '../base/quality.ts';
import { type Accumulator, lastOf, noReadings } from './accumulator.ts';
import type { Book } from './book.ts';
import { isClosed, withLate } from './closed.ts';
import { type Device, isBackInForce, withSchema, withWindow } from './device.ts';
import { earlierReading, latestIn } from './history.ts';
import { goesOn, type Layout } from './layout.ts';
import { covers, toleranceOf, withTime } from './runs.ts';
import { type Before, withArrival } from './screening.ts';
import { type Windows, windowAt } from './window.ts';
import { emptyWindow, newPart, partOf, type WindowRecord, withPart } from './window-record.ts';

type Place = {
  readonly name: string;
  readonly device: Device;
  readonly number: number;
  readonly window: WindowRecord;
};

export function placePack(
  book: Book,
  pack: Pack,
  at: { readonly blockTimeMs: number; readonly windows: Windows },
): void {
  const layout = book.layout(pack.schemaId);
  if (layout.registers.length === 0) return;
  const name = layout.schema.device;
  const known = book.device(name);
  const { cursor } = book;
  // The schema that the pack names has been seen, so its device and the cursor exist.
  if (known === undefined || cursor === undefined) return;
  const number = windowAt(pack.timeMs, at.windows);
  const early = pack.timeMs > at.blockTimeMs + limits.summaryAheadMsMax;
  const late = number < cursor.number - limits.summaryWindowsKept;
  if (early || late) {
    const counts = early ? { early: known.early + 1 } : { late: known.late + 1 };
    book.putDevice(name, { ...known, ...counts });
    return;
  }
  const device = isBackInForce(known, layout, pack.timeMs)
    ? withSchema(known, layout, at.blockTimeMs)
    : known;
  const held = book.window(name, number);
  const next = held === undefined ? withWindow(device, number) : device;
  if (next !== known) book.putDevice(name, next);
  const place = { name, device: next, number, window: held ?? emptyWindow };
  const window = withPack(book, place, pack, { layout, windowMs: at.windows.windowMs });
  book.putWindow(name, number, window);
  if (isClosed(cursor, { number, device: name })) {
    const tail = tailsDiffer(place.window, window, layout);
    book.late = withLate(book.late, { number, device: name, tail });
  }
}

function withPack(
  book: Book,
  place: Place,
  pack: Pack,
  { layout, windowMs }: { readonly layout: Layout; readonly windowMs: number },
): WindowRecord {
  const atMs = pack.timeMs - place.number * windowMs;
  const part = partOf(place.window, layout) ?? newPart(layout);
  const { heard } = part;
  if (covers(heard, atMs)) {
    return withPart(place.window, { ...part, duplicates: part.duplicates + 1 });
  }
  const toleranceMs = toleranceOf(layout.schema.periodMs);
  const registers = layout.registers.map(({ packIndex, value }, i) =>
    withArrival(
      part.registers[i] as Accumulator,
      value,
      {
        mantissa: pack.mantissas[packIndex] as number | null,
        quality: pack.qualities[packIndex] as QualityCode,
        atMs,
      },
      { toleranceMs, earlier: () => comparable(book, place, { layout, index: i, atMs, windowMs }) },
    ),
  );
  return withPart(place.window, {
    layout,
    heard: withTime(heard, atMs, toleranceMs),
    duplicates: part.duplicates,
    clockUnset: part.clockUnset || pack.clock.state === 'unset',
    registers,
  });
}

/** What a register's first reading in the part is held against; nothing if that was another
 * meter's. */
function comparable(
  book: Book,
  { name, device, number, window }: Place,
  at: {
    readonly layout: Layout;
    readonly index: number;
    readonly atMs: number;
    readonly windowMs: number;
  },
): Before | undefined {
  const value = at.layout.registers[at.index]?.value;
  assert(value !== undefined, 'a part has the registers of its layout');
  const { obis } = value;
  const earlier =
    latestIn(window, obis, at.atMs) ??
    earlierReading(book, { name, device, number, obis, windowMs: at.windowMs });
  return earlier !== undefined && goesOn(earlier.layout, at.layout, obis) ? earlier : undefined;
}

/** Whether a counter's last reading changed, so that a later window's delta does. */
function tailsDiffer(before: WindowRecord, after: WindowRecord, layout: Layout): boolean {
  const old = partOf(before, layout)?.registers;
  const now = partOf(after, layout)?.registers;
  return layout.registers.some(({ value }, i) => {
    if (value.kind !== 'counter') return false;
    const [oldRegister, nowRegister] = [old?.[i] ?? noReadings, now?.[i] ?? noReadings];
    return lastOf(oldRegister)?.atMs !== lastOf(nowRegister)?.atMs;
  });
}

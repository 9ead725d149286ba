// SPDX-License-Identifier: Apache-2.0
// What the end of a block does: it puts out closed windows that were filled up since, then closes
// those that are due, in order of window and device. A block puts out a bounded number; the next
// one goes on from there.

import { assert } from '../base/assert.ts';
import { limits } from '../base/limits.ts';
import { lastOf } from './accumulator.ts';
import type { Book } from './book.ts';
import { isClosed, type Late, withLate } from './closed.ts';
import { type Carried, type Device, withWindow } from './device.ts';
import { encodeSkipped, encodeUnplaced } from './notices.ts';
import { summariesOf } from './publishing.ts';
import { encodeSummary } from './summary.ts';
import { firstNotDue, type Windows } from './window.ts';
import { emptyWindow, type WindowRecord } from './window-record.ts';

export function endBlock(book: Book, blockTimeMs: number, windows: Windows): readonly Uint8Array[] {
  const outputs: Uint8Array[] = [];
  const end = firstNotDue(blockTimeMs, windows);
  if (book.cursor === undefined) return outputs;
  leap(book, { end, windows, outputs });
  revise(book, { windows, outputs });
  // Closing lets go of old windows: not before what was filled up in them is out.
  if (book.late.length === 0) closeDue(book, { end, windows, outputs });
  return outputs;
}

type Ending = { readonly windows: Windows; readonly outputs: Uint8Array[] };

/** After a very long silence, or where a clock was set at last, only so many windows are made up
 * for. Those before that hold readings are put out all the same. */
function leap(book: Book, { end, windows, outputs }: Ending & { readonly end: number }): void {
  const { cursor } = book;
  const number = end - limits.summaryCatchUpWindowsMax;
  if (cursor === undefined || cursor.number >= number) return;
  for (const name of book.deviceNames) {
    for (const held of book.device(name)?.windows ?? []) {
      if (held >= number || book.window(name, held)?.published !== 0) continue;
      book.late = withLate(book.late, { number: held, device: name, tail: false });
    }
  }
  const { windowMs } = windows;
  outputs.push(encodeSkipped({ fromMs: cursor.number * windowMs, toMs: number * windowMs }));
  book.cursor = { number, device: '' };
}

function revise(book: Book, { windows, outputs }: Ending): void {
  let waiting = book.late;
  if (waiting.length === 0) return;
  while (outputs.length < limits.summaryOutputsPerBlockMax) {
    const [late, ...rest] = waiting;
    if (late === undefined) break;
    waiting = late.tail ? following(book, late).reduce(withLate, rest) : rest;
    outputs.push(...publish(book, { name: late.device, number: late.number, windows }));
  }
  book.late = waiting;
}

/** The closed windows whose counters count on from this one's: the next one with readings, and
 * further ones as long as it lacks a reading of some counter. */
function following(book: Book, { number, device: name }: Late): readonly Late[] {
  const { cursor } = book;
  assert(cursor !== undefined, 'a window was closed');
  const waiting = countersIn(book, name, number);
  const found: Late[] = [];
  for (const next of book.device(name)?.windows ?? []) {
    if (next <= number) continue;
    if (waiting.size === 0 || !isClosed(cursor, { number: next, device: name })) break;
    const counters = countersIn(book, name, next);
    if (![...counters].some((obis) => waiting.has(obis))) continue;
    found.push({ number: next, device: name, tail: false });
    for (const obis of counters) waiting.delete(obis);
  }
  return found;
}

/** OBIS codes of the counters with readings in this window. */
function countersIn(book: Book, name: string, number: number): Set<string> {
  const counters = new Set<string>();
  for (const { layout, registers } of book.window(name, number)?.parts ?? []) {
    layout.registers.forEach(({ value }, i) => {
      if (value.kind === 'counter' && registers[i]?.count !== 0) counters.add(value.obis);
    });
  }
  return counters;
}

function closeDue(book: Book, { end, windows, outputs }: Ending & { readonly end: number }): void {
  const { cursor } = book;
  assert(cursor !== undefined, 'there are devices');
  const names = book.deviceNames;
  let { number } = cursor;
  let closed = names.filter((name) => name <= cursor.device).length;
  while (number < end && outputs.length < limits.summaryOutputsPerBlockMax) {
    const name = names[closed];
    if (name === undefined) {
      number += 1;
      closed = 0;
    } else {
      outputs.push(...closeWindow(book, { name, number, windows }));
      closed += 1;
    }
  }
  const device = names[closed - 1] ?? '';
  if (number !== cursor.number || device !== cursor.device) book.cursor = { number, device };
}

function closeWindow(
  book: Book,
  at: { readonly name: string; readonly number: number; readonly windows: Windows },
): readonly Uint8Array[] {
  const outputs = publish(book, at);
  const device = deviceOf(book, at.name);
  const { late, early } = device;
  const { windowMs } = at.windows;
  if (late + early > 0) {
    const untilMs = (at.number + 1) * windowMs;
    outputs.push(encodeUnplaced({ device: at.name, untilMs, late, early }));
  }
  const oldest = at.number - limits.summaryWindowsKept;
  const kept = withoutWindowsBefore(book, device, { name: at.name, oldest, windowMs });
  const next = late + early > 0 ? { ...kept, late: 0, early: 0 } : kept;
  if (next !== device) book.putDevice(at.name, next);
  return outputs;
}

/** Puts out a window's summaries and keeps it, for late packs, with the number of its next
 * revision. */
function publish(
  book: Book,
  at: { readonly name: string; readonly number: number; readonly windows: Windows },
): Uint8Array[] {
  const { name, number } = at;
  const device = deviceOf(book, name);
  const held = book.window(name, number);
  const window = held ?? emptyWindow;
  const { windowMs } = at.windows;
  const summaries = summariesOf({ book, name, device, number, window, windowMs });
  if (summaries.length === 0) return [];
  if (held === undefined) book.putDevice(name, withWindow(device, number));
  book.putWindow(name, number, { ...window, published: window.published + 1 });
  return summaries.map(encodeSummary);
}

function deviceOf(book: Book, name: string): Device {
  const device = book.device(name);
  assert(device !== undefined, 'a device in the list is in state');
  return device;
}

/** Lets go of windows that are too old for late packs; the last readings in them are carried on. */
function withoutWindowsBefore(
  book: Book,
  device: Device,
  at: { readonly name: string; readonly oldest: number; readonly windowMs: number },
): Device {
  const windows = device.windows.filter((number) => number >= at.oldest);
  if (windows.length === device.windows.length) return device;
  const carried = new Map(device.carried);
  for (const number of device.windows) {
    if (number >= at.oldest) break;
    const window = book.window(at.name, number);
    if (window !== undefined) carryOn(carried, window, number * at.windowMs);
    book.dropWindow(at.name, number);
  }
  return { ...device, windows, carried };
}

function carryOn(carried: Map<string, Carried>, window: WindowRecord, startMs: number): void {
  for (const { layout, registers } of window.parts) {
    layout.registers.forEach(({ value }, i) => {
      const register = registers[i];
      const last = register && lastOf(register);
      if (last === undefined) return;
      const reading = { ...last, atMs: last.atMs + startMs };
      const other = carried.get(value.obis);
      if (other === undefined || other.reading.atMs < reading.atMs) {
        carried.set(value.obis, { layout, reading });
      }
    });
  }
}

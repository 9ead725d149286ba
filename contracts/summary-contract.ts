// SPDX-License-Identifier: Apache-2.0
// The contract that turns raw packs into summaries: for each device and tradable register one
// output a window. It decides from its own state and the ledger's time alone; see README.md for
// the rules.

import { type LedgerEntry, type Machine, nothing } from '../base/machine.ts';
import { Book, type Layouts } from './book.ts';
import { endBlock } from './closing.ts';
import { newDevice, withSchema } from './device.ts';
import { placePack } from './placing.ts';
import { assertWindows, type Windows, windowAt } from './window.ts';

/**
 * @param windows from the genesis, which everybody signed off.
 * @throws InvariantError for a window that is no divisor of a day from 5 s.
 */
export function summaryContract(windows: Windows): Machine<LedgerEntry, Uint8Array, never> {
  assertWindows(windows);
  const layouts: Layouts = new Map();
  return {
    name: 'summary',
    version: '1',
    apply: (state, entry, { timeMs: blockTimeMs }) => {
      const book = new Book(state, layouts);
      const outputs = take(book, entry, { blockTimeMs, windows });
      book.close();
      return outputs.length === 0 ? nothing : { outputs, effects: [] };
    },
  };
}

function take(
  book: Book,
  entry: LedgerEntry,
  at: { readonly blockTimeMs: number; readonly windows: Windows },
): readonly Uint8Array[] {
  switch (entry.kind) {
    case 'schema':
      takeSchema(book, entry, at);
      return [];
    case 'batch':
      for (const pack of entry.packs) placePack(book, pack, at);
      return [];
    case 'gap':
      takeGap(book, entry);
      return [];
    case 'block-end':
      return endBlock(book, at.blockTimeMs, at.windows);
  }
}

function takeSchema(
  book: Book,
  { id, schema }: Extract<LedgerEntry, { kind: 'schema' }>,
  { blockTimeMs, windows }: { readonly blockTimeMs: number; readonly windows: Windows },
): void {
  const layout = book.addSchema(id, schema);
  if (layout.registers.length === 0) return;
  const known = book.device(schema.device);
  if (known === undefined) book.addDeviceName(schema.device);
  book.putDevice(schema.device, withSchema(known ?? newDevice(blockTimeMs), layout, blockTimeMs));
  book.cursor ??= { number: windowAt(blockTimeMs, windows), device: '' };
}

function takeGap(
  book: Book,
  { device: name, fromMs, toMs, reason }: Extract<LedgerEntry, { kind: 'gap' }>,
): void {
  const device = book.device(name);
  if (device !== undefined) book.putDevice(name, { ...device, gap: { fromMs, toMs, reason } });
}

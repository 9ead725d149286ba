// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { limits } from '../../../base/limits.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { emptyConfiguration } from '../../../sidechain/raft/configuration/configuration.ts';
import type { Entry } from '../../../sidechain/raft/entry.ts';
import { CatchUp } from '../../../sidechain/store/catch-up.ts';
import { appendStatements } from '../../../sidechain/store/log-table.ts';
import { LogWindow } from '../../../sidechain/store/log-window.ts';
import { newChain, TestDatabase } from './rig.ts';

function entriesOf(range: { from: number; to: number; term?: number; bytes?: number }): Entry[] {
  const { from, to, term = 1, bytes = 10 } = range;
  return Array.from({ length: to - from + 1 }, (_, i) => ({
    index: from + i,
    term,
    kind: 'normal' as const,
    data: new Uint8Array(bytes).fill(from + i),
  }));
}

function windowOf(base: number, entries: readonly Entry[]): LogWindow {
  return new LogWindow({
    hardState: { term: 1, vote: 0, commit: 0 },
    configuration: emptyConfiguration,
    base: { term: base === 0 ? 0 : 1, index: base },
    entries,
  });
}

test('what is before the window is not known, but the beginning of all logs', () => {
  const window = windowOf(5, entriesOf({ from: 6, to: 9 }));
  expect([0, 4, 5, 9, 10].map((index) => window.term(index))).toEqual([
    0,
    undefined,
    1,
    1,
    undefined,
  ]);
  expect(window.entries(4, 7, 1_000)).toBeUndefined();
  expect(window.entries(6, 9, 1_000)?.map(({ index }) => index)).toEqual([6, 7, 8]);
  expect([window.isAtHand(5), window.isAtHand(6), window.isAtHand(10)]).toEqual([
    false,
    true,
    true,
  ]);
  expect([window.firstIndex(), window.lastIndex(), window.snapshot(1)]).toEqual([1, 9, undefined]);
});

test('an uncommitted end is replaced by another leader’s', () => {
  const window = windowOf(5, entriesOf({ from: 6, to: 9 }));
  window.append(entriesOf({ from: 8, to: 8, term: 2 }));
  expect([window.lastIndex(), window.term(7), window.term(8)]).toEqual([8, 1, 2]);
  expect(() => window.append(entriesOf({ from: 5, to: 5 }))).toThrow('follow');
});

test('of what is applied so much is kept, and of what is not, all', () => {
  const bytes = 1024 * 1024;
  const window = windowOf(0, entriesOf({ from: 1, to: 8, bytes }));
  window.trim(2);
  expect(window.baseIndex).toBe(2);
  window.trim(8);
  expect((8 - window.baseIndex) * bytes).toBeLessThanOrEqual(limits.logWindowBytesMax / 2);
  expect(window.baseIndex).toBeLessThan(8);
});

test('pages for those far behind come from the disk, a few at a time', async () => {
  const database = new TestDatabase(await newChain());
  const entries = entriesOf({ from: 1, to: 30 });
  await database.write(appendStatements(suite, entries));
  const window = windowOf(25, entries.slice(25));
  const damaged: number[] = [];
  const onDamaged = (index: number) => damaged.push(index);
  const catchUp = new CatchUp({ database, suite, window, onDamaged });
  await catchUp.serve(
    new Map([
      [2, 1],
      [3, 11],
      [4, 5],
      [5, 26],
    ]),
  );
  expect(
    window
      .entries(11, 30, 10_000)
      ?.map(({ index }) => index)
      .at(-1),
  ).toBe(25);
  expect([window.term(0), window.term(10), window.isAtHand(1)]).toEqual([0, 1, true]);
  expect(limits.catchUpPagesMax).toBe(2);
  // The two have come to where the window begins: their pages go.
  await catchUp.serve(
    new Map([
      [2, 26],
      [3, 26],
      [4, 5],
    ]),
  );
  expect([window.term(2), window.isAtHand(1)]).toEqual([undefined, false]);
  await catchUp.serve(new Map([[4, 5]]));
  expect([window.isAtHand(5), window.isAtHand(4)]).toEqual([true, false]);
  await database.write([{ sql: "UPDATE log SET data = x'00' WHERE idx = 7" }]);
  await catchUp.serve(new Map([[6, 3]]));
  expect([window.isAtHand(6), window.isAtHand(7), damaged]).toEqual([true, false, [7]]);
  await catchUp.serve(new Map([[6, 7]]));
  expect([window.isAtHand(7), damaged]).toEqual([false, [7, 7]]);
  await database.close();
});

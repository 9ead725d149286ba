// SPDX-License-Identifier: Apache-2.0
// The log against its slow twin, an array of all entries and a mark of what is durable: whatever is
// appended, cut, written and reported in whatever order, both say the same.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { utf8 } from '../../../base/bytes.ts';
import { type Entry, entriesBytes, limitBytes } from '../../../sidechain/raft/entry.ts';
import { RaftLog } from '../../../sidechain/raft/log/raft-log.ts';
import { UnstableLog } from '../../../sidechain/raft/log/unstable-log.ts';
import { MemoryStorage } from '../../../sidechain/raft/memory-storage.ts';

const noLimit = Number.MAX_SAFE_INTEGER;

function entry(term: number, index: number): Entry {
  return { term, index, kind: 'normal', data: utf8('x'.repeat(index % 7)) };
}

/** A log of which the first few entries are durable. */
function logOf(terms: readonly number[], durableCount = terms.length): RaftLog {
  const storage = new MemoryStorage();
  const entries = terms.map((term, i) => entry(term, i + 1));
  storage.append(entries.slice(0, durableCount));
  const log = new RaftLog(storage, noLimit);
  log.append(entries.slice(durableCount));
  return log;
}

type Action =
  | { readonly kind: 'append'; readonly keep: number; readonly count: number }
  | { readonly kind: 'write' }
  | { readonly kind: 'report' }
  | { readonly kind: 'commit'; readonly share: number }
  | { readonly kind: 'compact' };

const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({
    kind: fc.constant('append' as const),
    keep: fc.nat(6),
    count: fc.integer({ min: 1, max: 4 }),
  }),
  fc.record({ kind: fc.constant('write' as const) }),
  fc.record({ kind: fc.constant('report' as const) }),
  fc.record({ kind: fc.constant('commit' as const), share: fc.nat(4) }),
  fc.record({ kind: fc.constant('compact' as const) }),
);

/** Does the same to both; each append is of a new term, like a new leader's. */
class Twins {
  readonly storage = new MemoryStorage();
  readonly log = new RaftLog(this.storage, noLimit);
  readonly all: Entry[] = [];
  readonly #written: { readonly entry: Entry; readonly term: number }[] = [];
  #term = 0;
  #committed = 0;

  do(one: Action): void {
    switch (one.kind) {
      case 'append': {
        this.#term += 1;
        const from = Math.max(this.all.length - one.keep, this.#committed);
        const news = Array.from({ length: one.count }, (_, i) => entry(this.#term, from + 1 + i));
        this.all.splice(from, this.all.length, ...news);
        this.log.append(news);
        break;
      }
      case 'write': {
        const entries = this.log.unstable.nextEntries();
        this.storage.append(entries);
        this.log.unstable.acceptInProgress();
        const last = entries.at(-1);
        if (last !== undefined) this.#written.push({ entry: last, term: this.#term });
        break;
      }
      case 'report': {
        const written = this.#written.shift();
        // The core ignores reports of an older term: there is a newer write for the same entries.
        if (written?.term === this.#term) this.log.unstable.stableTo(written.entry);
        break;
      }
      case 'commit':
        this.#committed = Math.min(this.#committed + one.share, this.all.length);
        this.log.commitTo(this.#committed);
        break;
      case 'compact': {
        const stable = Math.min(this.#committed, this.log.unstable.offset - 1);
        if (stable < this.storage.firstIndex()) break;
        this.log.appliedTo(stable, 0);
        this.storage.compact(stable);
        break;
      }
    }
  }

  check(): void {
    expect(this.log.lastIndex()).toBe(this.all.length);
    expect(this.log.committed).toBe(this.#committed);
    for (let index = this.log.firstIndex(); index <= this.all.length; index += 1) {
      expect(this.log.term(index)).toBe(this.all[index - 1]?.term);
    }
    const from = this.log.firstIndex();
    for (const bytesMax of [1, 50, noLimit]) {
      const slice = this.log.slice(from, this.all.length + 1, bytesMax);
      expect(slice).toEqual(limitBytes(this.all.slice(from - 1), bytesMax));
    }
    const isNew = ({ index }: Entry): boolean => index <= this.#committed;
    expect(this.log.nextCommitted(true)).toEqual(
      this.all.filter((one) => isNew(one) && one.index > this.log.applying),
    );
  }
}

test('the log is what was appended, however far it is written', () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 30 }), (actions) => {
      const twins = new Twins();
      for (const one of actions) {
        twins.do(one);
        twins.check();
      }
    }),
    { seed: 7, numRuns: 500 },
  );
});

test('entries are cut at a size, but never to nothing', () => {
  fc.assert(
    fc.property(fc.nat(20), fc.nat(400), (count, bytesMax) => {
      const entries = Array.from({ length: count }, (_, i) => entry(1, i + 1));
      const cut = limitBytes(entries, bytesMax);
      expect(entries.slice(0, cut.length)).toEqual(cut);
      if (cut.length > 1) expect(entriesBytes(cut)).toBeLessThanOrEqual(bytesMax);
      const more = entries.slice(0, cut.length + 1);
      if (cut.length < count) expect(entriesBytes(more)).toBeGreaterThan(bytesMax);
      if (count > 0) expect(cut.length).toBeGreaterThan(0);
    }),
    { seed: 7 },
  );
});

test('the place where logs may agree is never before the last place where they do', () => {
  const ascending = fc.array(fc.nat(2), { minLength: 1, maxLength: 12 }).map((steps) => {
    let term = 1;
    return steps.map((step) => (term += step));
  });
  fc.assert(
    fc.property(ascending, fc.integer({ min: 1, max: 14 }), fc.nat(20), (terms, index, term) => {
      const log = logOf(terms);
      const from = Math.min(index, terms.length);
      const found = log.findConflictByTerm(from, term);
      // Slowly: the last of ours, from there backwards, whose term is not above.
      const expected = terms.slice(0, from).findLastIndex((our) => our <= term) + 1;
      expect(found).toEqual({ index: expected, term: expected === 0 ? 0 : terms[expected - 1] });
    }),
    { seed: 7, numRuns: 500 },
  );
});

test('what a leader sends is taken over exactly if the logs agree before it', () => {
  const terms = fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 6 });
  const sorted = terms.map((all) => all.toSorted((a, b) => a - b));
  fc.assert(
    fc.property(sorted, sorted, fc.nat(6), (ours, theirs, start) => {
      const log = logOf(ours);
      const from = Math.min(start, theirs.length);
      const sent = theirs.slice(from).map((term, i) => entry(term, from + 1 + i));
      const previous = { term: theirs[from - 1] ?? 0, index: from };
      const agrees = from === 0 || ours[from - 1] === theirs[from - 1];
      const agreed = log.maybeAppend(previous, sent, 0);
      expect(agreed).toBe(agrees ? theirs.length : undefined);
      if (!agrees) {
        expect(log.lastIndex()).toBe(ours.length);
        return;
      }
      const conflict = theirs.findIndex((term, i) => i >= from && ours[i] !== term);
      const kept = conflict === -1 ? ours : [...ours.slice(0, from), ...theirs.slice(from)];
      expect(log.lastIndex()).toBe(kept.length);
    }),
    { seed: 7, numRuns: 1_000 },
  );
});

test('a report of another entry than the one at its place says nothing', () => {
  const unstable = new UnstableLog(1);
  unstable.truncateAndAppend(1, [entry(1, 1), entry(1, 2)]);
  unstable.acceptInProgress();
  unstable.truncateAndAppend(2, [entry(2, 2)]);
  expect(unstable.nextEntries()).toEqual([entry(2, 2)]);
  unstable.stableTo({ term: 1, index: 2 });
  expect(unstable.offset).toBe(1);
  unstable.stableTo({ term: 1, index: 1 });
  expect(unstable.offset).toBe(2);
  unstable.stableTo({ term: 1, index: 1 });
  expect(unstable.offset).toBe(2);
});

test('nothing is appended over what is committed, nor with a gap', () => {
  const log = logOf([1, 1, 2]);
  log.commitTo(2);
  expect(() => log.append([entry(3, 2)])).toThrow('committed');
  expect(() => log.append([entry(3, 5)])).toThrow('gaps');
  expect(() => log.commitTo(4)).toThrow('log ends at 3');
});

test('a compacted entry is known no more, but for the term of the last one', () => {
  const storage = new MemoryStorage();
  storage.append([entry(1, 1), entry(2, 2), entry(3, 3)]);
  storage.compact(2);
  const log = new RaftLog(storage, noLimit);
  expect([1, 2, 3, 4].map((index) => log.term(index))).toEqual([undefined, 2, 3, undefined]);
  expect(log.slice(2, 4, noLimit)).toBeUndefined();
  expect(log.entriesFrom(3, noLimit)).toHaveLength(1);
  expect(log.entriesFrom(4, noLimit)).toEqual([]);
});

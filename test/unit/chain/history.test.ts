// SPDX-License-Identifier: Apache-2.0
// One history for all: the same bodies make the same headers on every member, live or resumed; a changed bit
// changes a header, and a changed header breaks the link of the next (S0-02, S0-07).

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { equal, toHex } from '../../../base/bytes.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import {
  type BlockBody,
  type BlockEntry,
  decodeBlock,
  encodeBlock,
} from '../../../sidechain/chain/block.ts';
import { encodeHeader } from '../../../sidechain/chain/header.ts';
import { everyFlip } from '../base/flip.ts';
import { diary } from './diary.ts';
import { packAt, startMs } from './fixture.ts';
import { Group } from './group.ts';

describe('a changed bit in body k (S0-02)', () => {
  const group = new Group({ contracts: [diary] });
  group.apply([group.schema()]);
  /** Header k, were this its body. */
  const headerOf = (body: BlockBody) => group.resumed().apply(body, group.verdicts).headerBytes;

  test('is no block any more, or makes header k another', () => {
    const entries = [group.batch(1, [packAt(startMs, 10)]), { entry: Uint8Array.of(1) }];
    const body = group.body(entries);
    const honest = headerOf(body);
    const same = [...everyFlip(encodeBlock(body))].filter((flipped) => {
      const decoded = decodeBlock(flipped);
      return decoded.ok && equal(headerOf(decoded.value), honest);
    });
    expect(same.map(decodeBlock)).toEqual([]);
  });

  test('leaves it where nothing depends on it: packs of what is refused, no packs’ secret', () => {
    const refused = group.batch(9, [packAt(startMs, 10)]);
    const empty = group.batch(1, []);
    const packs = { secret: new Uint8Array(32).fill(77), packs: [] };
    const others = [refused, empty].map(({ entry }) => ({ entry, packs }));
    const honest = headerOf(group.body([refused, empty]));
    expect(toHex(headerOf(group.body(others)))).toBe(toHex(honest));
  });

  test('in header k breaks the link from header k + 1', () => {
    const chain = new Group();
    const [k, next] = [chain.apply([chain.schema()]), chain.apply([])];
    expect(next.header.previous).toEqual(suite.sha256(k.headerBytes));
    const linked = [...everyFlip(k.headerBytes)].filter((flipped) =>
      equal(next.header.previous, suite.sha256(flipped)),
    );
    expect(linked).toEqual([]);
    const recomputed = encodeHeader({ ...k.header, entryRoot: new Uint8Array(32) });
    expect(next.header.previous).not.toEqual(suite.sha256(recomputed));
  });
});

describe('members', () => {
  /** What a leader may put into blocks, as small numbers that a test run can shrink. */
  const step = fc.record({
    kind: fc.constantFrom('batch', 'gap', 'schema', 'junk', 'replay'),
    by: fc.nat({ max: 3 }),
    skip: fc.constantFrom(0, 0, 0, 0, 1),
    count: fc.nat({ max: 3 }),
  });
  const blocks = fc.array(
    fc.record({ steps: fc.array(step, { maxLength: 5 }), aheadMs: fc.nat({ max: 20_000 }) }),
    { minLength: 1, maxLength: 8 },
  );
  type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

  const group = () => new Group({ contracts: [diary] });
  const source = group();

  function entriesOf(
    steps: readonly Step[],
    sequences: number[],
    said: BlockEntry[],
  ): BlockEntry[] {
    return steps.map(({ kind, by, skip, count }) => {
      const sequence = (sequences[by] ?? 0) + 1 + skip;
      const packs = Array.from({ length: count }, (_, i) => packAt(startMs + sequence, i));
      const made = (): BlockEntry => {
        switch (kind) {
          case 'batch':
            return source.batch(sequence, packs, { by });
          case 'gap':
            return source.gap(sequence, { device: `device ${by}` }, by);
          case 'schema':
            return source.schema(count === 0 ? {} : { device: `device ${count}` }, by);
          case 'replay':
            return said[count] ?? { entry: Uint8Array.of(0) };
          default:
            return { entry: Uint8Array.of(count, by) };
        }
      };
      const entry = made();
      if ((kind === 'batch' || kind === 'gap') && skip === 0) sequences[by] = sequence;
      said.unshift(entry);
      return entry;
    });
  }

  test('that apply the same bodies have the same headers, live and resumed at any block', () => {
    fc.assert(
      fc.property(blocks, (given) => {
        const [live, again] = [group(), group()];
        const sequences: number[] = [];
        const said: BlockEntry[] = [];
        for (const { steps, aheadMs } of given) {
          const entries = entriesOf(steps, sequences, said);
          const body = live.body(entries, startMs + aheadMs);
          const resumed = live.resumed().apply(body, live.verdicts);
          const first = live.apply(entries, body.timeMs);
          const second = again.apply(entries, body.timeMs);
          expect(toHex(second.headerBytes)).toBe(toHex(first.headerBytes));
          expect(toHex(resumed.headerBytes)).toBe(toHex(first.headerBytes));
          expect(resumed).toEqual(first);
          expect(resumed.writes).toEqual(second.writes);
        }
        expect(live.resumed().statePairs()).toEqual(again.ledger.statePairs());
      }),
      { seed: 7, numRuns: 25 },
    );
  });
});

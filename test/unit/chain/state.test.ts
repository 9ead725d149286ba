// SPDX-License-Identifier: Apache-2.0
// Chain state: what a block writes, the hash over it, and that a value means the same right after
// it was written and after a restart.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toHex } from '../../../base/bytes.ts';
import { type CborValue, encode } from '../../../base/cbor.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import {
  ChainState,
  chainStateHash,
  noStateHash,
  type StateWrite,
  stateRoot,
} from '../../../sidechain/chain/state.ts';
import { cborValue } from '../base/cbor-values.ts';

const seed = 8;
const hashOf = (writes: readonly StateWrite[], previous: Uint8Array = noStateHash) =>
  toHex(chainStateHash(suite, previous, writes));

describe('what a block wrote', () => {
  test('comes in bytewise order of the keys, each with its last value', () => {
    const state = new ChainState();
    for (const key of ['b', 'é', 'a', 'aa', 'Z', '\u{1f600}', '\uffee']) state.put(key, 1);
    state.put('a', 2);
    expect(state.takeWrites()).toEqual([
      ['Z', encode(1)],
      ['a', encode(2)],
      ['aa', encode(1)],
      ['b', encode(1)],
      ['é', encode(1)],
      ['\uffee', encode(1)],
      ['\u{1f600}', encode(1)],
    ]);
    expect(state.takeWrites()).toEqual([]);
  });

  test('tells a deleted key, also one that was never there', () => {
    const state = new ChainState([['kept', encode(1)]]);
    state.delete('kept');
    state.put('new', 1);
    state.delete('new');
    expect(state.takeWrites()).toEqual([
      ['kept', null],
      ['new', null],
    ]);
    expect(state.get('kept')).toBe(undefined);
    expect(state.pairs()).toEqual([]);
  });

  test('tells a value that was written as it was: whoever writes, it counts', () => {
    const state = new ChainState([['a', encode(1)]]);
    state.put('a', 1);
    expect(state.takeWrites()).toEqual([['a', encode(1)]]);
  });
});

describe('a value', () => {
  test('that was read is not kept decoded for ever', () => {
    const keys = Array.from({ length: 2_000 }, (_, i) => `window/${i}`);
    const state = new ChainState(keys.map((key) => [key, encode([1])] as const));
    const [first = ''] = keys;
    const decoded = state.get(first);
    state.takeWrites();
    expect(state.get(first)).toBe(decoded);
    for (const key of keys) expect(state.get(key)).toEqual([1]);
    state.takeWrites();
    expect(state.get(first)).toEqual([1]);
    expect(state.get(first)).not.toBe(decoded);
  });

  test('reads after the block as after a restart: the same value, maps in the same order', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string({ maxLength: 3 }), cborValue)), (writes) => {
        const live = new ChainState();
        for (const [key, value] of writes) live.put(`k${key.toWellFormed()}`, value);
        live.takeWrites();
        const resumed = new ChainState(live.pairs());
        for (const [key] of live.pairs()) {
          expect(orderOf(live.get(key))).toEqual(orderOf(resumed.get(key)));
        }
      }),
      { seed, numRuns: 200 },
    );
  });

  test('is a number again where a small bigint was written', () => {
    const state = new ChainState();
    state.put('a', 5n);
    state.takeWrites();
    expect(state.get('a')).toBe(5);
  });

  /** Spells out the order of maps, which toEqual does not look at. */
  function orderOf(value: CborValue | undefined): unknown {
    if (value instanceof Map) return ['map', ...[...value].map((pair) => pair.map(orderOf))];
    return Array.isArray(value) ? value.map(orderOf) : value;
  }
});

describe('state hash', () => {
  const writes: readonly StateWrite[] = [
    ['a', encode(1)],
    ['b', null],
    ['c', encode('x')],
  ];

  test.each<[string, readonly StateWrite[]]>([
    ['a value', writes.with(0, ['a', encode(2)])],
    ['a key', writes.with(0, ['A', encode(1)])],
    ['a deletion', writes.with(1, ['b', encode(null)])],
    ['a write less', writes.slice(1)],
    ['a write more', [...writes, ['d', encode(0)]]],
    ['the order', writes.toReversed()],
  ])('reacts to %s', (_, others) => {
    expect(hashOf(others)).not.toBe(hashOf(writes));
  });

  test('reacts to what was before', () => {
    const previous = suite.sha256(Uint8Array.of(1));
    expect(hashOf(writes, previous)).not.toBe(hashOf(writes));
  });

  test('does not depend on the order in which keys were written', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string({ unit: 'binary', maxLength: 4 }).filter((k) => k.isWellFormed())),
        fc.nat(),
        (keys, turn) => {
          const turned = [
            ...keys.slice(turn % (keys.length + 1)),
            ...keys.slice(0, turn % (keys.length + 1)),
          ];
          const hashes = [keys, turned].map((order) => {
            const state = new ChainState();
            for (const key of order) state.put(`x${key}`, keys.indexOf(key));
            const taken = hashOf(state.takeWrites());
            return { taken, root: toHex(stateRoot(suite, state.pairs())) };
          });
          expect(hashes[0]).toEqual(hashes[1]);
        },
      ),
      { seed, numRuns: 100 },
    );
  });
});

describe('the state root', () => {
  const key = fc.string({ unit: 'binary', maxLength: 2 }).filter((text) => text.isWellFormed());

  test('kept from block to block is that of all pairs', () => {
    const write = fc.tuple(key, fc.option(fc.nat(3)));
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.array(write), fc.boolean())), (blocks) => {
        const state = new ChainState([['k', encode(1)]]);
        for (const [writes, isRead] of blocks) {
          for (const [name, value] of writes) {
            if (value === null) state.delete(name);
            else state.put(name, value);
          }
          state.takeWrites();
          if (isRead) state.pairs();
          else expect(state.root(suite)).toEqual(stateRoot(suite, state.pairs()));
          expect(state.size).toBe(state.pairs().length);
        }
        expect(state.root(suite)).toEqual(stateRoot(suite, state.pairs()));
      }),
      { seed, numRuns: 300 },
    );
  });

  test('hashes again what was written, not the leaves of the rest', () => {
    let leafCount = 0;
    const counting = {
      ...suite,
      sha256: (bytes: Uint8Array) => {
        if (bytes[0] === 0) leafCount += 1;
        return suite.sha256(bytes);
      },
    };
    const pairs = Array.from({ length: 1_000 }, (_, i) => [`window/${i}`, encode(i)] as const);
    const state = new ChainState(pairs);
    state.root(counting);
    expect(leafCount).toBe(1_000);
    state.put('window/7', 'new');
    state.put('window/1000', 1);
    state.delete('window/8');
    state.takeWrites();
    state.root(counting);
    expect(leafCount).toBe(1_002);
    state.root(counting);
    expect(leafCount).toBe(1_002);
  });

  test('is not made while a block is under way', () => {
    const state = new ChainState();
    state.put('a', 1);
    expect(() => state.root(suite)).toThrow('between blocks');
  });
});

test('a machine sees its own keys and no other’s', () => {
  const state = new ChainState([['chain/policy', encode(1)]]);
  const [a, b] = [state.view('a'), state.view('b')];
  a.put('x', 1);
  expect([b.get('x'), a.get('chain/policy'), a.get('x')]).toEqual([undefined, undefined, 1]);
  a.delete('x');
  expect(state.takeWrites()).toEqual([['machine/a/x', null]]);
  expect(() => state.view('a/b')).toThrow('no name of a machine');
});

test('pairs are not read while a block is under way', () => {
  const state = new ChainState();
  state.put('a', 1);
  expect(() => state.pairs()).toThrow('between blocks');
});

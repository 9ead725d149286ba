// SPDX-License-Identifier: Apache-2.0
// Summary messages: each output is proven under the output root of a header that is proven under an anchored
// root, and any other claim is refused.

import { describe, expect, test } from 'vitest';
import { nothing } from '../../../base/machine.ts';
import { multiproof } from '../../../base/multiproof.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { encodeHeader } from '../../../sidechain/chain/header.ts';
import type { Contract } from '../../../sidechain/chain/ledger.ts';
import { outputLeaves } from '../../../sidechain/chain/prove.ts';
import {
  checkSummaryMessage,
  decodeSummaryMessage,
  encodeSummaryMessage,
  type SummaryMessage,
} from '../../../sidechain/chain/summary-message.ts';
import { everyFlip } from '../base/flip.ts';
import { Group } from './group.ts';

/** Eleven outputs in each block. */
const speaker: Contract = {
  name: 'speaker',
  version: '1',
  apply: (_, entry, { height }) =>
    entry.kind === 'block-end'
      ? {
          outputs: Array.from({ length: 11 }, (_, i) => Uint8Array.of(height, i)),
          effects: [],
        }
      : nothing,
};

const group = new Group({ contracts: [speaker] });
for (let i = 0; i < 6; i++) group.apply([]);
const size = 6;
const anchored = { chainId: group.chainId, root: group.ledger.tree.root(size) };
const height = 3;
const block = group.blocks[height];
if (block === undefined) throw new Error('the chain has this block');
const leaves = outputLeaves(suite, block.outputs);

function message(indexes: readonly number[], altered: Partial<SummaryMessage> = {}) {
  const outputs = indexes.map((index) => {
    const output = block?.outputs[index];
    if (output === undefined) throw new Error('the block has this output');
    return { index, ...output };
  });
  const header = block?.headerBytes ?? new Uint8Array();
  const headerPath = group.ledger.tree.inclusion(height, size);
  const hashes = multiproof(suite, leaves, indexes);
  const { chainId } = group;
  return { chainId, header, size, headerPath, outputs, hashes, ...altered };
}

/** Under the root that was anchored at the size that the message names, as the centre looks it up. */
const check = (given: SummaryMessage, under = anchored) => {
  if (given.size !== size) return 'unanchored';
  const checked = checkSummaryMessage(suite, given, under);
  return checked.ok ? checked.value.header.height : checked.code;
};

test.each([[[0]], [[10]], [[0, 1, 2]], [[2, 5, 9]], [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]]])(
  'the outputs %j are proven, and read as they were written',
  (indexes) => {
    const bytes = encodeSummaryMessage(message(indexes));
    const decoded = decodeSummaryMessage(bytes);
    expect(decoded).toEqual({ ok: true, value: message(indexes) });
    expect(decoded.ok && check(decoded.value)).toBe(height);
  },
);

describe('is refused', () => {
  const [first, second, third] = message([2, 5, 9]).outputs;
  if (first === undefined || second === undefined || third === undefined) throw new Error();

  test.each<[string, Partial<SummaryMessage>]>([
    ['without an output', { outputs: [], hashes: [] }],
    ['with an output twice', { outputs: [first, second, second, third] }],
    ['with outputs out of order', { outputs: [second, first, third] }],
    ['with an output left out', { outputs: [first, third] }],
    ['with an index that is not its own', { outputs: [first, { ...second, index: 6 }, third] }],
    ['with an index beyond the block', { outputs: [first, second, { ...third, index: 11 }] }],
    [
      'with an output that is not in the block',
      { outputs: [first, { ...second, bytes: Uint8Array.of(9) }, third] },
    ],
    ['with another salt', { outputs: [first, { ...second, salt: first.salt }, third] }],
    ['with a hash too few', { hashes: message([2, 5, 9]).hashes.slice(1) }],
    ['with a hash too many', { hashes: [...message([2, 5, 9]).hashes, new Uint8Array(32)] }],
    ['with hashes in another order', { hashes: message([2, 5, 9]).hashes.toReversed() }],
    ['with a header path too short', { headerPath: message([2]).headerPath.slice(1) }],
  ])('%s', (_, altered) => {
    expect(check(message([2, 5, 9], altered))).toBe('proof');
  });

  test('with another header, although it is the same block’s', () => {
    const header = encodeHeader({ ...block.header, timeMs: block.header.timeMs + 1 });
    expect(check(message([2], { header }))).toBe('proof');
    expect(check(message([2], { header: Uint8Array.of(1) }))).toBe('header');
  });

  test('with the header of another block of the chain', () => {
    const header = group.blocks[height + 1]?.headerBytes ?? new Uint8Array();
    const headerPath = group.ledger.tree.inclusion(height + 1, size);
    expect(check(message([2], { header, headerPath }))).toBe('proof');
  });

  test('of a block that the anchor does not cover', () => {
    expect(check(message([2]), { ...anchored, root: group.ledger.tree.root(2) })).toBe('proof');
  });

  test('of another chain, in its header or in what it says', () => {
    const chainId = new Uint8Array(32);
    expect(check(message([2], { chainId }))).toBe('header');
    expect(check(message([2]), { ...anchored, chainId })).toBe('header');
    const header = encodeHeader({ ...block.header, chainId });
    expect(check(message([2], { header }))).toBe('header');
  });

  test('with a size under which the path has another length', () => {
    const given = message([2], { size: 3 });
    expect(checkSummaryMessage(suite, given, anchored)).toMatchObject({ code: 'proof' });
  });

  test('with any bit flipped', () => {
    const passed = [...everyFlip(encodeSummaryMessage(message([2, 5, 9])))].filter((flipped) => {
      const decoded = decodeSummaryMessage(flipped);
      return decoded.ok && typeof check(decoded.value) === 'number';
    });
    expect(passed).toEqual([]);
  });
});

// SPDX-License-Identifier: Apache-2.0
// Manual entries: only by persons who may, each once and in the order of their numbers.

import { describe, expect, test } from 'vitest';
import { limits } from '../../../base/limits.ts';
import type { Signer } from '../../../base/suite.ts';
import { signEntry } from '../../../sidechain/chain/entry.ts';
import {
  checkManualEntry,
  decodeManualEntry,
  encodeManualEntry,
  type ManualEntry,
  signManualEntry,
} from '../../../sidechain/chain/manual-entry.ts';
import { engineer, officer, chainId as otherChainId, startMs, stranger } from './fixture.ts';
import { Group } from './group.ts';

const plain: ManualEntry = {
  sequence: 1,
  kind: 'inspection',
  subject: 'meter',
  timeMs: startMs,
  values: [['1-0:1.8.0*255', 123_456, -1, 'kWh']],
  text: 'seal intact',
  reason: 'display read, bus dead',
};

function entryOf(group: Group, changed: Partial<ManualEntry> = {}, by: Signer = engineer) {
  return { entry: signManualEntry({ ...plain, ...changed }, group.chainId, by) };
}

/** With an operator who may enter, and one person who may nothing. */
function newGroup(): Group {
  const persons = [
    { publicKey: engineer.publicKey, name: 'eve', rights: ['members'] },
    { publicKey: officer.publicKey, name: 'otto', rights: ['enter'] },
    { publicKey: stranger.publicKey, name: 'sam', rights: ['command'] },
  ];
  return new Group({ altered: { persons } });
}

describe('a manual entry', () => {
  test('counts for each person by itself, and is in the state', () => {
    const group = newGroup();
    const { height } = group.apply([entryOf(group), entryOf(group, {}, officer)]).header;
    expect(height).toBe(1);
    expect(group.reasons(entryOf(group, { sequence: 2 }, officer))).toEqual([]);
    const { manualSequences } = group.ledger.registry;
    expect(manualSequences.map(({ person, sequence }) => [person, sequence])).toEqual([
      [engineer.keyId, 1],
      [officer.keyId, 2],
    ]);
    expect(group.resumed().registry.manualSequences).toEqual(manualSequences);
    expect(group.blocks.at(-1)?.accepted).toHaveLength(1);
  });

  test('is refused once more, with a used number, and beyond the next', () => {
    const group = newGroup();
    expect(group.reasons(entryOf(group), entryOf(group))).toEqual(['duplicate']);
    const other = entryOf(group, { text: 'something else' });
    expect(group.reasons(other, entryOf(group, { sequence: 3 }))).toEqual(['replay', 'skip']);
    expect(group.reasons(entryOf(group, { sequence: 2 }), entryOf(group))).toEqual(['replay']);
  });

  test('is refused by whom may not, by whom is nobody, and by a member', () => {
    const group = newGroup();
    expect(group.reasons(entryOf(group, {}, stranger))).toEqual(['right']);
    expect(group.reasons(entryOf(group, {}, group.signer(0)))).toEqual(['unknown-signer']);
    expect(new Group().reasons(entryOf(group, {}, officer))).toEqual(['unknown-signer']);
    const membership = group.membership(
      { kind: 'revoke', keyId: group.signer(1).keyId as never },
      { by: officer },
    );
    expect(group.reasons(membership)).toEqual(['right']);
  });

  test('is refused when signed for another chain, or without its form', () => {
    const group = newGroup();
    const foreign = { entry: signManualEntry(plain, otherChainId, engineer) };
    const payload = new Uint8Array([0xa0]);
    const { chainId } = group;
    const formless = { entry: signEntry({ kind: 'manual-entry', payload, chainId }, engineer) };
    const packs = { secret: new Uint8Array(32), packs: [] };
    expect(group.reasons(foreign, formless, { ...entryOf(group), packs })).toEqual([
      'signature',
      'malformed',
      'malformed',
    ]);
    expect(group.ledger.registry.manualSequences).toEqual([]);
  });
});

describe('its form', () => {
  test('is read as it was written', () => {
    expect(decodeManualEntry(encodeManualEntry(plain))).toEqual({ ok: true, value: plain });
  });

  test.each<[string, Partial<ManualEntry>]>([
    ['the number 0', { sequence: 0 }],
    ['neither value nor text', { values: [], text: null }],
    ['another kind', { kind: 'rumour' as never }],
    ['no subject', { subject: '' }],
    ['a text that moves the cursor', { text: 'a\u001b[2J' }],
    ['a text that is too long', { text: 'a'.repeat(limits.manualTextMax + 1) }],
    ['too many values', { values: Array(limits.manualValuesMax + 1).fill(['a', 1, 0, '']) }],
    ['an exponent out of range', { values: [['a', 1, 99, '']] }],
  ])('has not %s', (_, changed) => {
    expect(checkManualEntry({ ...plain, ...changed })).toMatchObject({ ok: false });
  });

  test('has nothing behind it', () => {
    const bytes = new Uint8Array([...encodeManualEntry(plain), 0]);
    expect(decodeManualEntry(bytes)).toMatchObject({ ok: false });
  });
});

// SPDX-License-Identifier: Apache-2.0
// Receipts on a sidechain: which are taken, and every way in which a main log, a broker or a member
// could try to have another one taken.

import { beforeEach, describe, expect, test } from 'vitest';
import type { BlockEntry } from '../../../sidechain/chain/block.ts';
import {
  encodeReceiptMessage,
  type ReceiptMessage,
} from '../../../sidechain/chain/receipt-message.ts';
import { flip } from '../base/flip.ts';
import { stranger } from './fixture.ts';
import { type AnchorOptions, Group } from './group.ts';
import { MainLogTwin, type ReceiptOptions } from './main-log-twin.ts';

let group: Group;
beforeEach(() => {
  group = new Group();
  for (let i = 0; i < 5; i++) group.apply([]);
});

function entryOf(message: ReceiptMessage, by = 0): BlockEntry {
  return group.sign('receipt', encodeReceiptMessage(message), by);
}

/** Anchors the chain and asks for the receipt. */
function receipt(
  anchored: AnchorOptions = {},
  options: ReceiptOptions = {},
  altered: Partial<ReceiptMessage> = {},
): BlockEntry {
  const anchor = group.anchor(anchored);
  const index = group.mainLog.append(anchor);
  const logged = { anchor, index, chainId: group.chainId };
  return entryOf({ ...group.mainLog.message(logged, options), ...altered });
}

describe('a receipt that is taken', () => {
  test('is remembered with the size of both logs and the block that holds it', () => {
    expect(group.reasons(receipt({ size: 4 }))).toEqual([]);
    expect(group.ledger.registry.receipt).toEqual({
      size: 4,
      mainSize: 2,
      mainRoot: group.mainLog.root(2),
      height: 6,
    });
  });

  test('may be any member’s to commit, and follow upon one of the same main log', () => {
    group.apply([receipt({ size: 2 })]);
    const anchor = group.anchor({ size: 5, by: 2, from: 2 });
    const index = group.mainLog.append(anchor);
    const message = group.mainLog.message({ anchor, index }, { from: 2 });
    expect(group.reasons(entryOf(message, 3))).toEqual([]);
    expect(group.ledger.registry.receipt).toMatchObject({ size: 5, mainSize: 3 });
  });

  test('may show the size of the main log that the one before showed', () => {
    const [first, second] = [group.anchor({ size: 2 }), group.anchor({ size: 4, from: 2 })];
    const indexes = [first, second].map((anchor) => group.mainLog.append(anchor));
    const messages = [first, second].map((anchor, i) =>
      group.mainLog.message({ anchor, index: indexes[i] ?? 0 }, { from: i === 0 ? 0 : 3 }),
    );
    expect(group.reasons(...messages.map((message) => entryOf(message)))).toEqual([]);
  });
});

describe('a receipt that says nothing new is old', () => {
  test('said again, by the same member or another', () => {
    const first = receipt({ size: 4 });
    expect(group.reasons(first, first)).toEqual(['old']);
    expect(group.reasons(first)).toEqual(['old']);
  });

  test('for a smaller size, although it is true', () => {
    group.apply([receipt({ size: 5 })]);
    expect(group.reasons(receipt({ size: 3 }, { from: 2 }))).toEqual(['old']);
  });
});

describe('signers', () => {
  test('a key that the chain does not know is refused', () => {
    expect(group.reasons(receipt({}, { signers: [stranger] }))).toEqual(['receipt']);
  });

  test('a gateway cannot sign for the main log', () => {
    expect(group.reasons(receipt({}, { signers: [group.signer(0)] }))).toEqual(['receipt']);
  });

  test('a key of the main log under the key id of another is refused', () => {
    const [own] = group.mainLog.signers;
    if (own === undefined) throw new Error();
    const forged = { ...stranger, keyId: own.keyId };
    expect(group.reasons(receipt({}, { signers: [forged] }))).toEqual(['receipt']);
  });

  test('no receipt at all is refused', () => {
    expect(group.reasons(receipt({}, { signers: [] }))).toEqual(['receipt']);
  });

  test('a flipped bit in the signature is refused', () => {
    const [good = new Uint8Array()] = group.mainLog.receipts(group.mainLog.append(group.anchor()));
    const altered = receipt({}, {}, { receipts: [flip(good, 8 * good.length - 3)] });
    expect(group.reasons(altered)).toEqual(['receipt']);
  });

  describe('of a consortium of five, of whom four must sign', () => {
    beforeEach(() => {
      group = new Group({ mainLog: MainLogTwin.of({ keys: 5, threshold: 4 }) });
    });
    const chosen = (...places: number[]) =>
      places.map((place) => group.mainLog.signers[place] ?? stranger);

    test('four are enough, in any order', () => {
      expect(group.reasons(receipt({}, { signers: chosen(4, 0, 2, 1) }))).toEqual([]);
    });

    test('three are too few', () => {
      expect(group.reasons(receipt({}, { signers: chosen(0, 1, 2) }))).toEqual(['receipt']);
    });

    test('one who signs twice counts for nobody', () => {
      expect(group.reasons(receipt({}, { signers: chosen(0, 1, 2, 2) }))).toEqual(['receipt']);
      expect(group.reasons(receipt({}, { signers: chosen(0, 1, 2, 3, 3) }))).toEqual(['receipt']);
    });

    test('a stranger beside four is not overlooked', () => {
      const signers = chosen(0, 1, 2, 3, 9);
      expect(group.reasons(receipt({}, { signers }))).toEqual(['receipt']);
    });

    test('receipts of two sizes of the log are refused', () => {
      const anchor = group.anchor();
      const index = group.mainLog.append(anchor);
      const early = group.mainLog.receipts(index, { signers: chosen(0, 1) });
      group.mainLog.append(Uint8Array.of(1));
      const late = group.mainLog.receipts(index, { signers: chosen(2, 3) });
      const message = { anchor, receipts: [...early, ...late], from: 0, consistency: [] };
      expect(group.reasons(entryOf(message))).toEqual(['receipt']);
    });
  });
});

describe('what is receipted', () => {
  test('an anchor of another chain is refused', () => {
    const other = new Group({ mainLog: group.mainLog, altered: { timeMs: 1 } });
    const anchor = other.anchor();
    const index = group.mainLog.append(anchor);
    const message = group.mainLog.message({ anchor, index });
    expect(group.reasons(entryOf(message))).toEqual(['receipt']);
  });

  test('another anchor than the one that was logged is refused', () => {
    expect(group.reasons(receipt({ size: 3 }, {}, { anchor: group.anchor() }))).toEqual([
      'receipt',
    ]);
  });

  test('a receipt of another log is refused', () => {
    expect(group.reasons(receipt({}, { origin: 'main.example/other' }))).toEqual(['receipt']);
  });

  test('an anchor of more blocks than there are is refused', () => {
    const root = group.ledger.tree.root();
    expect(group.reasons(receipt({ size: 100, root }))).toEqual(['receipt']);
  });

  test('an anchor with another root than ours is refused', () => {
    expect(group.reasons(receipt({ root: new Uint8Array(32).fill(1) }))).toEqual(['receipt']);
  });

  test('an anchor that the policy does not allow is refused, although it is logged', () => {
    expect(group.reasons(receipt({ cosigners: [0] }))).toEqual(['receipt']);
    expect(group.reasons(receipt({ cosigners: [0, 3] }))).toEqual(['receipt']);
  });

  test('an anchor that is none is malformed', () => {
    expect(group.reasons(receipt({}, {}, { anchor: Uint8Array.of(0xd2, 0x80) }))).toEqual([
      'malformed',
    ]);
  });
});

describe('the main log', () => {
  beforeEach(() => {
    group.apply([receipt({ size: 2 })]);
    for (let i = 0; i < 6; i++) group.mainLog.append(Uint8Array.of(i));
  });

  test('has to be shown to extend what the chain knows of it', () => {
    expect(group.reasons(receipt({ size: 4 }, { from: 2 }))).toEqual([]);
  });

  test.each<[string, ReceiptOptions, Partial<ReceiptMessage>]>([
    ['from nothing', { from: 0 }, {}],
    ['from another size', { from: 3 }, {}],
    ['from another size than it says', { from: 2 }, { from: 3 }],
    ['without a proof', { from: 2 }, { consistency: [] }],
    ['with a hash too many', { from: 2 }, { consistency: Array(9).fill(new Uint8Array(32)) }],
  ])('%s: refused', (_, options, altered) => {
    expect(group.reasons(receipt({ size: 4 }, options, altered))).toEqual(['receipt']);
  });

  test('that was rewritten is refused, whatever it signs now', () => {
    group.mainLog.leaves[1] = new Uint8Array(32).fill(1);
    expect(group.reasons(receipt({ size: 4 }, { from: 2 }))).toEqual(['receipt']);
  });

  test('that is smaller than it was is refused', () => {
    group.apply([receipt({ size: 3 }, { from: 2 })]);
    group.mainLog.leaves.length = 4;
    const anchor = group.anchor({ size: 5 });
    const index = group.mainLog.append(anchor);
    const message = group.mainLog.message({ anchor, index });
    expect(group.reasons(entryOf({ ...message, from: 9 }))).toEqual(['receipt']);
  });

  test('cannot give a first receipt with a proof of growth', () => {
    const fresh = new Group({ mainLog: group.mainLog });
    const anchor = fresh.anchor();
    const index = fresh.mainLog.append(anchor);
    const message = fresh.mainLog.message({ anchor, index }, { from: 2 });
    const messages = [message, { ...message, from: 0 }, { ...message, consistency: [] }];
    const entries = messages.map((one) => fresh.sign('receipt', encodeReceiptMessage(one)));
    expect(fresh.reasons(...entries)).toEqual(['receipt', 'receipt', 'receipt']);
  });
});

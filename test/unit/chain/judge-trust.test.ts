// SPDX-License-Identifier: Apache-2.0
// Hand-overs of the main log's keys on a sidechain: which are taken, what counts afterwards, and every way in
// which old keys, a centre, a broker or a member could have other keys believed.

import { beforeEach, describe, expect, test } from 'vitest';
import { keyIdOf } from '../../../base/ids.ts';
import { limits } from '../../../base/limits.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { logKeysOf } from '../../../sidechain/chain/log-keys-change.ts';
import { generationOf } from '../../../sidechain/chain/main-log.ts';
import { encodeReceiptMessage } from '../../../sidechain/chain/receipt-message.ts';
import { encodeTrust, type TrustMessage } from '../../../sidechain/chain/trust.ts';
import { stranger, testSigner } from './fixture.ts';
import { Group } from './group.ts';
import { actOf, handOverTo, keysChange } from './hand-over-maker.ts';
import { MainLogTwin, type ReceiptOptions } from './main-log-twin.ts';

const next = testSigner(160);
const afterNext = testSigner(161);

let group: Group;
let log: MainLogTwin;
beforeEach(() => begin());

function begin(mainLog = MainLogTwin.of()): void {
  log = mainLog;
  group = new Group({ mainLog });
  for (let i = 0; i < 5; i++) group.apply([]);
}

function trust(message: TrustMessage, by = 0) {
  return group.sign('trust', encodeTrust(message), by);
}

/** Anchors so many blocks and brings the receipt. */
function receipt(size: number, options: ReceiptOptions = {}) {
  const anchored = group.ledger.registry.receipt?.size ?? 0;
  const anchor = group.anchor({ size, from: anchored });
  const index = log.append(anchor);
  const from = group.ledger.registry.mainHead?.size ?? 0;
  return group.sign(
    'receipt',
    encodeReceiptMessage(log.message({ anchor, index }, { from, ...options })),
  );
}

const known = () => group.ledger.registry.mainLog;

describe('a hand-over that is taken', () => {
  test('brings the new keys, keeps the old ones, and moves the head of the log that is known', () => {
    const founding = known();
    const made = handOverTo(log, [next]);
    expect(group.reasons(trust(made.trust(0)))).toEqual([]);
    const { registry } = group.ledger;
    expect(known()).toEqual({
      origin: founding.origin,
      id: founding.id,
      generation: 1,
      threshold: 1,
      keys: [{ publicKey: next.publicKey, name: 'organisation 0' }],
    });
    expect(registry.mainHead).toEqual({ size: 2, root: log.root(2) });
    expect(registry.keyPeriods).toEqual([
      { mainLog: founding, fromSize: 0 },
      { mainLog: known(), fromSize: 2 },
    ]);
    expect(registry.handOvers).toEqual([
      { handOver: made.handOver, mainLog: founding, size: 2, root: log.root(2) },
    ]);
    expect(group.resumed().registry.keyPeriods).toEqual(registry.keyPeriods);
    expect(group.resumed().registry.mainHead).toEqual(registry.mainHead);
  });

  test('may be any member’s to bring, follows upon a receipt, and upon another', () => {
    expect(group.reasons(receipt(3))).toEqual([]);
    expect(group.reasons(trust(handOverTo(log, [next]).trust(2), 3))).toEqual([]);
    const second = handOverTo(log, [afterNext], { generation: 2, by: [next] });
    expect(group.reasons(trust(second.trust(3), 1))).toEqual([]);
    expect(known().generation).toBe(2);
    expect(group.ledger.registry.keyPeriods.map(({ fromSize }) => fromSize)).toEqual([0, 3, 4]);
  });

  test('of several keys needs as many of the old ones as a receipt', () => {
    begin(MainLogTwin.of({ keys: 4, threshold: 3 }));
    const kept = log.signers.slice(0, 3);
    const made = handOverTo(log, [...kept, next], { by: log.signers.slice(1) });
    expect(group.reasons(trust(made.trust(0)))).toEqual([]);
    expect(known().threshold).toBe(3);
    expect(group.reasons(receipt(4, { signers: [...kept.slice(1), next] }))).toEqual([]);
  });
});

describe('after it', () => {
  beforeEach(() => {
    expect(group.reasons(receipt(2))).toEqual([]);
    expect(group.reasons(trust(handOverTo(log, [next]).trust(2)))).toEqual([]);
  });

  test('receipts count by the new key, from the log that ends with it on', () => {
    expect(group.reasons(receipt(4, { signers: [next] }))).toEqual([]);
    expect(group.ledger.registry.receipt).toMatchObject({ size: 4, mainSize: 4 });
  });

  test('a receipt by the old key is refused, and named so', () => {
    expect(group.reasons(receipt(4))).toEqual(['retired-key']);
    expect(group.reasons(receipt(4, { signers: [stranger] }))).toEqual(['receipt']);
    expect(group.ledger.registry.receipt?.size).toBe(2);
  });

  test('one by the old key over a log that it may have signed before does not come in either', () => {
    const anchor = group.anchor({ size: 4, from: 2 });
    const index = log.append(anchor);
    const message = log.message({ anchor, index }, { from: 2 });
    expect(group.reasons(group.sign('receipt', encodeReceiptMessage(message)))).toEqual([
      'retired-key',
    ]);
  });

  test('a receipt must extend the log that ends with it, not only the receipt before', () => {
    const [place] = [log.leaves.length - 1];
    log.leaves[place] = new Uint8Array(32).fill(1);
    expect(group.reasons(receipt(4, { signers: [next] }))).toEqual(['receipt']);
  });
});

test('before it, nobody knows the new key', () => {
  handOverTo(log, [next]);
  expect(group.reasons(receipt(4, { signers: [next] }))).toEqual(['receipt']);
});

describe('a hand-over that the old keys have not made', () => {
  test.each<[string, () => TrustMessage]>([
    ['signed by the new key alone', () => handOverTo(log, [next], { by: [next] }).trust(0)],
    ['signed by a stranger', () => handOverTo(log, [next], { by: [stranger] }).trust(0)],
    ['signed by nobody', () => handOverTo(log, [next], { by: [] }).trust(0)],
    [
      'signed over a log that goes on after the act',
      () => {
        const act = handOverTo(log, [next]);
        const index = act.size - 1;
        log.append(group.anchor());
        const receipts = log.receipts(index);
        return { handOver: { ...act.handOver, receipts }, from: 0, consistency: [] };
      },
    ],
    [
      'whose receipts are for another act',
      () => {
        const [one, other] = [handOverTo(log, [next]), handOverTo(log, [afterNext])];
        const handOver = { act: one.handOver.act, receipts: other.handOver.receipts };
        return { handOver, from: 0, consistency: [] };
      },
    ],
    [
      'that does not extend the log that is known',
      () => {
        group.apply([receipt(3)]);
        log.leaves[1] = new Uint8Array(32).fill(1);
        return handOverTo(log, [next]).trust(2);
      },
    ],
    [
      'whose proof of that is spoilt',
      () => {
        group.apply([receipt(3)]);
        return { ...handOverTo(log, [next]).trust(2), consistency: [new Uint8Array(32)] };
      },
    ],
    [
      'with a proof where none is needed',
      () => ({
        ...handOverTo(log, [next]).trust(0),
        consistency: [new Uint8Array(32)],
      }),
    ],
  ])('%s', (_, made) => {
    expect(group.reasons(trust(made()))).toEqual(['hand-over']);
    expect(generationOf(known())).toBe(0);
  });

  test('too few of the old keys', () => {
    begin(MainLogTwin.of({ keys: 4, threshold: 3 }));
    const made = handOverTo(log, [next], { by: log.signers.slice(0, 2) });
    expect(group.reasons(trust(made.trust(0)))).toEqual(['hand-over']);
  });
});

describe('an act that brings no keys that could count', () => {
  const publicKey = Uint8Array.of(1, ...new Uint8Array(31));
  const weak = { ...stranger, publicKey, keyId: keyIdOf(suite, publicKey) };

  test.each<[string, () => TrustMessage]>([
    [
      'an offer for another generation',
      () => handOverTo(log, [next], { offered: { generation: 2 } }).trust(0),
    ],
    [
      'an offer for another log',
      () => handOverTo(log, [next], { offered: { log: new Uint8Array(32) } }).trust(0),
    ],
    [
      'a key that has not offered itself',
      () => handOverTo(log, [next], { offerSigners: [stranger] }).trust(0),
    ],
    ['a key twice', () => handOverTo(log, [next, next]).trust(0)],
    ['a weak key', () => handOverTo(log, [weak]).trust(0)],
    [
      'a threshold of two thirds and no more',
      () => handOverTo(log, [next, afterNext, stranger], { threshold: 2 }).trust(0),
    ],
    [
      'a threshold that its keys cannot reach',
      () => handOverTo(log, [next], { threshold: 2 }).trust(0),
    ],
    ['two changes of keys in one', () => twoChanges()],
    ['no change of keys', () => otherAct()],
  ])('%s', (_, made) => {
    expect(group.reasons(trust(made()))).toEqual(['hand-over']);
    expect(generationOf(known())).toBe(0);
  });

  test('a weak key, even where a signature by it verified', () => {
    const change = keysChange([weak], log.mainLog.id);
    const credulous = { ...suite, verify: () => true };
    expect(logKeysOf(credulous, change, log.mainLog.id)).toMatchObject({
      ok: false,
      detail: expect.stringMatching(/the key of organisation 0/),
    });
  });

  function signed(act: Uint8Array): TrustMessage {
    const receipts = log.receipts(log.append(act));
    return { handOver: { act, receipts }, from: 0, consistency: [] };
  }

  function twoChanges(): TrustMessage {
    const changes = [next, afterNext].map((one) => keysChange([one], log.mainLog.id));
    return signed(actOf(changes, log.mainLog.id));
  }

  function otherAct(): TrustMessage {
    const removal = { kind: 'remove-organisation', name: 'nobody' };
    return signed(actOf([removal as never], log.mainLog.id));
  }
});

describe('out of its turn', () => {
  test('again it is known, by any member', () => {
    const made = handOverTo(log, [next]);
    expect(group.reasons(trust(made.trust(0)), trust(made.trust(0), 1))).toEqual(['duplicate']);
    expect(group.reasons(trust(made.trust(2)))).toEqual(['duplicate']);
  });

  test('none is skipped, even where enough keys stay over both changes', () => {
    begin(MainLogTwin.of({ keys: 4, threshold: 3 }));
    const kept = log.signers.slice(0, 3);
    const first = handOverTo(log, [...kept, next]);
    const second = handOverTo(log, [...kept, afterNext], { generation: 2, by: kept });
    expect(group.reasons(trust(second.trust(0)))).toEqual(['skip']);
    expect(group.reasons(trust(first.trust(0)))).toEqual([]);
    expect(group.reasons(trust(second.trust(2)))).toEqual([]);
  });

  test('made for an older head it is old, and its sender makes it again', () => {
    const made = handOverTo(log, [next]);
    expect(group.reasons(trust({ ...made.trust(0), from: 1 }))).toEqual(['old']);
  });

  test('a second one of the same generation by the same keys is a conflict', () => {
    const made = handOverTo(log, [next]);
    expect(group.reasons(trust(made.trust(0)))).toEqual([]);
    log.leaves.pop();
    const other = handOverTo(log, [afterNext]);
    expect(other.size).toBe(made.size);
    expect(group.reasons(trust(other.trust(0)))).toEqual(['conflict']);
    log.leaves.pop();
    const forged = handOverTo(log, [afterNext], { by: [stranger] });
    expect(group.reasons(trust(forged.trust(0)))).toEqual(['hand-over']);
    expect(known().keys[0]?.publicKey).toEqual(next.publicKey);
  });

  test('after the old keys have signed a longer log, or another of that size, it is a fork', () => {
    const made = handOverTo(log, [next]);
    log.leaves.pop();
    group.apply([receipt(2)]);
    expect(group.reasons(trust(made.trust(0)))).toEqual(['fork']);
    group.apply([receipt(4)]);
    expect(group.reasons(trust(made.trust(0)))).toEqual(['fork']);
    expect(generationOf(known())).toBe(0);
  });

  test('from before the chain, whose genesis pins a later generation, it changes nothing', () => {
    const first = handOverTo(log, [next]);
    const mainLog = {
      ...log.mainLog,
      generation: 1,
      keys: [{ publicKey: next.publicKey, name: 'organisation 0' }],
    };
    group = new Group({ mainLog: log, altered: { mainLog } });
    expect(group.reasons(trust(first.trust(0)))).toEqual(['hand-over']);
    const second = handOverTo(log, [afterNext], { generation: 2, by: [next] });
    expect(group.reasons(trust(second.trust(0)))).toEqual([]);
  });
});

test('a member that was revoked brings none, and nobody brings bytes that are none', () => {
  group.apply([group.revocation(1)]);
  expect(group.reasons(trust(handOverTo(log, [next]).trust(0), 1))).toEqual(['revoked']);
  expect(group.reasons(group.sign('trust', Uint8Array.of(1, 2)))).toEqual(['malformed']);
});

test('so many are kept, and no more', () => {
  const keys = [...log.signers, next, afterNext];
  let from = 0;
  for (let generation = 1; generation <= limits.logKeyChangesMax; generation++) {
    const [by, to] = [keys[(generation - 1) % 3], keys[generation % 3]];
    const made = handOverTo(log, [to ?? next], { generation, by: [by ?? next] });
    expect(group.reasons(trust(made.trust(from)))).toEqual([]);
    from = made.size;
  }
  expect(group.ledger.registry.handOvers).toHaveLength(limits.logKeyChangesMax);
  expect(() => handOverTo(log, [next], { generation: limits.logKeyChangesMax + 1 })).toThrow();
});

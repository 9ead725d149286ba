// SPDX-License-Identifier: Apache-2.0
// Messages in, signed answers out: receipts that a gateway can check, summaries under their
// anchors, and all that a broker or a stranger may deliver besides.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { assert } from '../../../base/assert.ts';
import { equal } from '../../../base/bytes.ts';
import { limits } from '../../../base/limits.ts';
import { nodeSuite } from '../../../base/node-suite.ts';
import { pack } from '../../../host/packing.ts';
import type { Answer } from '../../../sidechain/chain/answer.ts';
import { chainOrigin } from '../../../sidechain/chain/names.ts';
import {
  type CheckedReceipt,
  checkReceiptMessage,
  decodeReceiptMessage,
} from '../../../sidechain/chain/receipt-message.ts';
import { type FakeChain, makeChain } from './fake-chain.ts';
import { mainLog } from './fake-main-log.ts';
import { TestCentre } from './test-centre.ts';

let centre: TestCentre;
let chain: FakeChain;
let seed = 10;
let refusedBefore: Readonly<Record<string, number>>;

// One centre for all, a new chain for each test: opening three databases takes longer than a test.
beforeAll(async () => {
  centre = await TestCentre.begin();
});
beforeEach(async () => {
  chain = await enrolledChain();
  centre.nowMs += 60_000;
  refusedBefore = await centre.refused();
});
afterEach(() => {
  expect(centre.failures).toEqual([]);
});
afterAll(() => centre.end());

async function enrolledChain(): Promise<FakeChain> {
  const made = makeChain(mainLog, { seed: seed++ });
  await centre.enrol(made);
  return made;
}

/** What this test had refused, by reason. */
async function refused(): Promise<unknown> {
  const differences = Object.entries(await centre.refused()).map(
    ([code, count]) => [code, count - (refusedBefore[code] ?? 0)] as const,
  );
  return Object.fromEntries(differences.filter(([, count]) => count > 0));
}

async function rowCount(table: 'summary' | 'summary_message' | 'evidence'): Promise<unknown> {
  const sql = `SELECT count(*) AS count FROM ${table} WHERE chain_id = ?`;
  const [row] = await centre.ledger.read(sql, [chain.chainId]);
  return row?.count;
}

/** As a gateway checks it. */
function receiptIn(
  answers: readonly Answer[],
  previous?: { readonly size: number; readonly root: Uint8Array },
): CheckedReceipt {
  const [answer] = answers;
  assert(answer?.kind === 'receipt' || answer?.kind === 'stale', `not a receipt: ${answer?.kind}`);
  const message = decodeReceiptMessage(answer.message);
  assert(message.ok, 'the receipt message can be read');
  const checked = checkReceiptMessage(nodeSuite, message.value, { mainLog, previous });
  assert(checked.ok, checked.ok ? '' : checked.detail);
  return checked.value;
}

/** The root's signature in the receipt that a chain was sent last. */
function signatureTo(one: FakeChain): Uint8Array | undefined {
  const answer = centre.answersTo(one).at(-1);
  const message = answer?.kind === 'receipt' ? decodeReceiptMessage(answer.message) : undefined;
  assert(message?.ok === true, 'a receipt message was sent');
  return message.value.receipts[0]?.slice(-64);
}

describe('anchors', () => {
  test('a receipt that holds for the anchor that was sent (RFC 9942)', async () => {
    const bytes = chain.anchor();
    const receipt = receiptIn(await centre.send(chain, 'anchor', bytes));
    expect(receipt.anchor.bytes).toEqual(bytes);
    expect(receipt.size).toBe(receipt.index + 1);
  });

  test('redelivered: the same receipt, byte for byte, also after a restart', async () => {
    const bytes = chain.anchor();
    const [first] = await centre.send(chain, 'anchor', bytes);
    const other = await enrolledChain();
    await centre.send(other, 'anchor', other.anchor());
    expect(await centre.send(chain, 'anchor', bytes)).toEqual([first]);
    await centre.stop();
    await centre.start();
    expect(await centre.send(chain, 'anchor', bytes)).toEqual([first]);
  });

  test('each receipt proves that the log only grew since the one before', async () => {
    let previous: CheckedReceipt | undefined;
    const other = await enrolledChain();
    let otherSize = 0;
    for (let round = 0; round < 5; round++) {
      await centre.send(other, 'anchor', other.anchor({ from: otherSize }));
      otherSize = other.size;
      other.addBlock();
      const from = previous?.anchor.checkpoint.size ?? 0;
      const bytes = chain.anchor({ from, receiptSize: previous?.size ?? 0 });
      previous = receiptIn(await centre.send(chain, 'anchor', bytes), previous);
      chain.addBlocks(3);
    }
    expect(previous?.anchor.checkpoint.size).toBe(13);
  });

  test('an older one gets the newest receipt, as stale', async () => {
    chain.addBlocks(4);
    await centre.send(chain, 'anchor', chain.anchor());
    const answers = await centre.send(chain, 'anchor', chain.anchor({ size: 2 }));
    expect(answers[0]?.kind).toBe('stale');
    expect(receiptIn(answers).anchor.checkpoint.size).toBe(5);
  });

  test('sent from another size: `base`, and from there a receipt', async () => {
    await centre.send(chain, 'anchor', chain.anchor());
    chain.addBlocks(2);
    const answers = await centre.send(chain, 'anchor', chain.anchor({ from: 0 }));
    expect(answers).toEqual([{ kind: 'base', size: 1 }]);
    receiptIn(await centre.send(chain, 'anchor', chain.anchor({ from: 1 })));
  });

  test('a forged one is refused with its hash, named and counted', async () => {
    const bytes = chain.anchor({ cosigners: [0] });
    expect(await centre.send(chain, 'anchor', bytes)).toMatchObject([
      { kind: 'refused', what: 'anchor', code: 'policy', messageHash: nodeSuite.sha256(bytes) },
    ]);
    expect(await refused()).toEqual({ 'anchor/policy': 1 });
  });

  test('on the topic of another chain', async () => {
    const other = await enrolledChain();
    const answers = await centre.send(other, 'anchor', chain.anchor());
    expect(answers).toMatchObject([{ kind: 'refused', code: 'topic' }]);
  });

  test('when the answer is lost the next sending brings it', async () => {
    centre.connected = false;
    expect(await centre.send(chain, 'anchor', chain.anchor())).toEqual([]);
    centre.connected = true;
    receiptIn(await centre.send(chain, 'anchor', chain.anchor()));
  });

  test('of many chains at once: one write holds many, every receipt its own leaf', async () => {
    const chains = await Promise.all(Array.from({ length: 20 }, enrolledChain));
    const before = centre.ledger.writes;
    const take = (one: FakeChain) =>
      centre.centre.ingest.take(`${chainOrigin(one.chainId)}/anchor`, one.anchor());
    await Promise.all(chains.map(take));
    const receipts = chains.map((one) => receiptIn(centre.answersTo(one)));
    expect(new Set(receipts.map(({ index }) => index)).size).toBe(20);
    expect(centre.ledger.writes - before).toBeLessThan(20);
    const signatures = new Map(
      chains.map((one, i) => [receipts[i]?.size, signatureTo(one)] as const),
    );
    expect(signatures.size).toBeLessThan(20);
    for (const [i, one] of chains.entries()) {
      expect(signatureTo(one)).toEqual(signatures.get(receipts[i]?.size));
    }
  });
});

describe('summaries', () => {
  let height: number;
  beforeEach(async () => {
    height = chain.addSummaries({}, { obis: '1-0:2.8.0*255' }, { device: 'urn:dev:ops:b' });
    chain.addBlocks(2);
    await centre.send(chain, 'anchor', chain.anchor());
  });

  test('under an anchored checkpoint they are stored, redelivered or not', async () => {
    const stored = [{ kind: 'stored', height, indexes: [0, 1, 2] }];
    expect(await centre.send(chain, 'summary', chain.summaries(height))).toEqual(stored);
    expect(await centre.send(chain, 'summary', chain.summaries(height))).toEqual(stored);
    expect(await rowCount('summary')).toBe(3);
    expect(await rowCount('summary_message')).toBe(1);
  });

  test('in parts that overlap, and under another checkpoint, each is stored once', async () => {
    await centre.send(chain, 'summary', chain.summaries(height, { indexes: [0, 1] }));
    chain.addBlock();
    await centre.send(chain, 'anchor', chain.anchor({ from: 4 }));
    const later = chain.summaries(height, { indexes: [1, 2] });
    expect(await centre.send(chain, 'summary', later)).toMatchObject([{ kind: 'stored' }]);
    expect(await rowCount('summary')).toBe(3);
  });

  test('before their anchor: refused as unanchored, and taken afterwards', async () => {
    const next = chain.addSummaries({ windowStartMs: 1_767_226_500_000 });
    const early = chain.summaries(next);
    expect(await centre.send(chain, 'summary', early)).toMatchObject([
      { kind: 'refused', what: 'summary', code: 'unanchored' },
    ]);
    await centre.send(chain, 'anchor', chain.anchor({ from: 4 }));
    expect(await centre.send(chain, 'summary', early)).toMatchObject([{ kind: 'stored' }]);
  });

  test.each<[string, string, () => Uint8Array]>([
    [
      'an output that the block does not have',
      'proof',
      () => {
        const forged = chain.forkAt(1);
        forged.addSummaries({ delta: 56 });
        return forged.summaries(2, { size: 3, altered: { size: chain.size } });
      },
    ],
    [
      'a path of another size',
      'proof',
      () => chain.summaries(height, { altered: { size: 4, headerPath: [] } }),
    ],
    ['no output', 'proof', () => chain.summaries(height, { altered: { outputs: [] } })],
    [
      'the chain of another',
      'topic',
      () => chain.summaries(height, { altered: { chainId: new Uint8Array(32) } }),
    ],
    ['garbage', 'malformed', () => Uint8Array.of(1, 2, 3)],
    ['nothing', 'malformed', () => new Uint8Array()],
  ])('%s is refused as %s', async (_, code, forge) => {
    const answers = await centre.send(chain, 'summary', forge());
    expect(answers).toMatchObject([{ kind: 'refused', what: 'summary', code }]);
    expect(await refused()).toEqual({ [`summary/${code}`]: 1 });
    expect(await rowCount('summary')).toBe(0);
  });

  test('an output that is no summary of the agreed form is refused, proven or not', async () => {
    const other = chain.addBlock([Uint8Array.of(0xa1, 0x01, 0x18, 0x2a)]);
    await centre.send(chain, 'anchor', chain.anchor({ from: 4 }));
    const answers = await centre.send(chain, 'summary', chain.summaries(other));
    expect(answers).toMatchObject([{ kind: 'refused', code: 'form' }]);
  });

  test('of a chain in quarantine nothing is taken', async () => {
    await centre.send(chain, 'anchor', chain.forkAt(3).anchor());
    const answers = await centre.send(chain, 'summary', chain.summaries(height));
    expect(answers).toMatchObject([{ kind: 'refused', code: 'quarantined' }]);
    expect(await rowCount('evidence')).toBe(1);
  });
});

describe('strangers and garbage', () => {
  test('a chain that is not enrolled is told so at a bounded rate, and counted', async () => {
    const stranger = makeChain(mainLog, { seed: 9_999 });
    const sent = limits.unknownChainAnswersPerSecond + 25;
    for (let i = 0; i < sent; i++) await centre.send(stranger, 'anchor', stranger.anchor());
    const answers = centre.answersTo(stranger);
    expect(answers).toHaveLength(limits.unknownChainAnswersPerSecond);
    expect(answers[0]).toMatchObject({ kind: 'refused', code: 'unknown-chain' });
    expect(await refused()).toEqual({ 'anchor/unknown-chain': sent });
    centre.nowMs += 1_000;
    expect(await centre.send(stranger, 'summary', new Uint8Array())).toHaveLength(1);
  });

  test('nothing waits for the broker to acknowledge an answer, not even the end', async () => {
    centre.acknowledges = false;
    for (let i = 0; i < 2 * limits.chainMessagesMax; i++) {
      await centre.send(chain, 'anchor', chain.anchor());
    }
    expect(centre.answersTo(chain)).toHaveLength(2 * limits.chainMessagesMax);
    await centre.stop();
    centre.acknowledges = true;
    await centre.start();
  });

  test('a flood on one chain does not crowd out another', async () => {
    const other = await enrolledChain();
    const topic = `${chainOrigin(chain.chainId)}/anchor`;
    const flood = Array.from({ length: 3 * limits.chainMessagesMax }, () =>
      centre.centre.ingest.take(topic, Uint8Array.of(0)),
    );
    expect(await centre.send(other, 'anchor', other.anchor())).toMatchObject([{ kind: 'receipt' }]);
    await Promise.all(flood);
    expect(await refused()).toEqual({
      'anchor/malformed': limits.chainMessagesMax,
      'anchor/crowded': 2 * limits.chainMessagesMax,
    });
  });

  test.each([
    'tieline/v1//anchor',
    'tieline/v1/abc/anchor',
    'tieline/v1/+/anchor',
    'anchor',
    '',
    `${'x'.repeat(300)}/anchor`,
  ])('a message on the topic %j is counted and dropped', async (topic) => {
    await centre.centre.ingest.take(topic, chain.anchor());
    expect(centre.answersTo(chain)).toEqual([]);
    expect(await refused()).toEqual({ topic: 1 });
  });

  test('counters outlive the program', async () => {
    await centre.send(chain, 'anchor', Uint8Array.of(7));
    await centre.stop();
    await centre.start();
    await centre.send(chain, 'anchor', Uint8Array.of(7));
    expect(await refused()).toEqual({ 'anchor/malformed': 2 });
  });
});

test('what waits when it is told to end is finished and answered', async () => {
  const topic = `${chainOrigin(chain.chainId)}/anchor`;
  const taken = centre.centre.ingest.take(topic, chain.anchor());
  await centre.stop();
  await taken;
  receiptIn(centre.answersTo(chain));
  await centre.start();
});

test('a ledger is not opened with the key of another', async () => {
  await centre.stop();
  const signer = chain.signers[0];
  assert(signer !== undefined, 'a chain has a member');
  await expect(centre.start({ signer })).rejects.toMatchObject({ code: 'wrong-key' });
  await centre.start();
  expect(equal(centre.centre.ordering.mainLog.id, mainLog.id)).toBe(true);
});

describe('packed messages', () => {
  test('are taken as plain ones are, and kept as they came', async () => {
    await centre.send(chain, 'anchor', pack(chain.anchor()));
    const height = chain.addSummaries({}, { obis: '1-0:2.8.0*255' });
    receiptIn(await centre.send(chain, 'anchor', pack(chain.anchor({ from: 1 }))));
    const packed = pack(chain.summaries(height));
    expect(packed[0]).toBe(0x78);
    expect(await centre.send(chain, 'summary', packed)).toEqual([
      { kind: 'stored', height, indexes: [0, 1] },
    ]);
    const sql = 'SELECT bytes FROM summary_message WHERE chain_id = ?';
    const [row] = await centre.ledger.read(sql, [chain.chainId]);
    expect(Uint8Array.from(row?.bytes as Uint8Array)).toEqual(packed);
    expect(await centre.send(chain, 'summary', chain.summaries(height))).toEqual([
      { kind: 'stored', height, indexes: [0, 1] },
    ]);
    expect(await rowCount('summary_message')).toBe(1);
  });

  test('a refusal names the message by what was packed', async () => {
    const forged = chain.anchor({ cosigners: [0] });
    expect(await centre.send(chain, 'anchor', pack(forged))).toMatchObject([
      { kind: 'refused', code: 'policy', messageHash: nodeSuite.sha256(forged) },
    ]);
  });

  test('a stream that is cut short is refused', async () => {
    const cut = pack(chain.anchor()).subarray(0, -1);
    expect(await centre.send(chain, 'anchor', cut)).toMatchObject([
      { kind: 'refused', code: 'malformed', messageHash: nodeSuite.sha256(cut) },
    ]);
  });
});

// SPDX-License-Identifier: Apache-2.0
// Four organisations keep one log: what is decided alike, receipts that count without the engine,
// and every lie that a validator could tell, refused by name.

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { assert } from '../../../../base/assert.ts';
import { equal } from '../../../../base/bytes.ts';
import { limits } from '../../../../base/limits.ts';
import { nodeSuite } from '../../../../base/node-suite.ts';
import { parseNote } from '../../../../base/note.ts';
import { encodeTransaction } from '../../../../dispatch/ledger/transaction-codec.ts';
import { encodeVouch } from '../../../../dispatch/ordering/consortium/block-transaction.ts';
import { openAnchor } from '../../../../sidechain/chain/anchor.ts';
import { signEnrolment } from '../../../../sidechain/chain/enrolment.ts';
import {
  type CheckedReceipt,
  checkReceiptMessage,
} from '../../../../sidechain/chain/receipt-message.ts';
import { type FakeChain, makeChain, startMs } from '../fake-chain.ts';
import { addressOf, dispatcher, mainLog, TestNetwork } from './network.ts';

const suite = nodeSuite;
let network: TestNetwork;
let chain: FakeChain;

beforeEach(async () => {
  network = await TestNetwork.begin();
  chain = makeChain(mainLog, { seed: 5 });
});
afterEach(async () => {
  for (const { failures } of network.nodes) expect(failures).toEqual([]);
  await network.end();
});

function enrolment(of: FakeChain) {
  const { chainId, genesisBytes } = of;
  const said = { chainId, name: 'street', timeMs: startMs };
  return {
    kind: 'enrol',
    genesis: genesisBytes,
    enrolment: signEnrolment(said, mainLog.id, dispatcher),
  } as const;
}

function anchorOf(bytes: Uint8Array) {
  const opened = openAnchor(bytes);
  assert(opened.ok, 'the anchor of the test can be read');
  return { kind: 'anchor', anchor: opened.value } as const;
}

async function enrolled(of: FakeChain = chain): Promise<void> {
  const outcome = network.node(0).ordering.submit(enrolment(of));
  await settle();
  await network.block();
  expect(await outcome).toMatchObject({ kind: 'enrolled' });
}

/** What was submitted has reached the mempool. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
}

async function receiptOf(node: number, bytes: Uint8Array): Promise<CheckedReceipt> {
  const { ordering } = network.node(node);
  const outcome = await ordering.submit(anchorOf(bytes));
  assert(outcome.kind === 'receipt', 'the anchor was taken');
  const message = await ordering.receipt(outcome.logIndex, { from: 0 });
  const checked = checkReceiptMessage(suite, message, { mainLog, previous: undefined });
  assert(checked.ok, checked.ok ? '' : checked.detail);
  return checked.value;
}

function hashes(): readonly Uint8Array[] {
  return network.running.map(({ application }) => application.applied.appHash);
}

function allAgree(): boolean {
  const [first = new Uint8Array(), ...others] = hashes();
  return others.every((hash) => equal(hash, first));
}

describe('an anchor', () => {
  test('submitted to one node is answered by any, with receipts by more than two thirds', async () => {
    await enrolled();
    const bytes = chain.anchor();
    const receipt = receiptOf(1, bytes);
    await settle();
    await network.block({ proposer: 2 });
    // The votes for the next block bring the signatures over the root that this one left.
    await network.block({ proposer: 3 });
    const { signers, size, index } = await receipt;
    expect(signers.length).toBeGreaterThanOrEqual(3);
    expect([index, size]).toEqual([1, 2]);
    expect(await receiptOf(0, bytes)).toMatchObject({ index, size });
    expect(allAgree()).toBe(true);
  });

  test('submitted to two nodes at once is one leaf and has one outcome', async () => {
    await enrolled();
    const bytes = chain.anchor();
    const both = [0, 2].map((node) => network.node(node).ordering.submit(anchorOf(bytes)));
    await settle();
    await network.block();
    expect(await Promise.all(both)).toEqual([
      { kind: 'receipt', logIndex: 1, from: 0 },
      { kind: 'receipt', logIndex: 1, from: 0 },
    ]);
  });

  test('that another one of its chain has overtaken is answered without a further block', async () => {
    await enrolled();
    const first = network.node(0).ordering.submit(anchorOf(chain.anchor()));
    chain.addBlock();
    const second = network.node(1).ordering.submit(anchorOf(chain.anchor()));
    await settle();
    await network.block();
    expect(await first).toMatchObject({ kind: 'receipt' });
    expect(await second).toEqual({ kind: 'base', size: 1 });
  });

  test('that changes nothing goes into no block', async () => {
    await enrolled();
    const stranger = makeChain(mainLog, { seed: 6 });
    const { ordering } = network.node(0);
    const refused = await ordering.submit(anchorOf(stranger.anchor()));
    expect(refused).toMatchObject({ kind: 'refused', code: 'unknown-chain' });
    expect(ordering.status).toMatchObject({ waiting: 0 });
  });

  test('by a chain that knows a larger log: a node that is behind says so, and accuses nobody', async () => {
    await enrolled();
    const ahead = anchorOf(chain.anchor({ receiptSize: 9 }));
    await expect(network.node(0).ordering.submit(ahead)).rejects.toMatchObject({
      code: 'ordering-behind',
      retry: 'transient',
    });
  });
});

describe('a validator that lies', () => {
  beforeEach(() => enrolled());

  test.each([
    ['signs another root', (made: Uint8Array) => made.with(3, (made[3] ?? 0) ^ 1), 'vote-receipt'],
    [
      'co-signs another root',
      (made: Uint8Array) => made.with(70, (made[70] ?? 0) ^ 1),
      'vote-cosi',
    ],
    ['says nothing', () => new Uint8Array(), 'vote-length'],
  ])('%s: refused by name, and its word is not in receipts', async (_, altered, counted) => {
    const { application, lines } = network.node(0);
    const made = network.node(3).application.extension(2);
    expect(application.takes(2, addressOf(3), altered(made))).toBe(false);
    const [what] = Object.keys(application.refused);
    expect(what).toContain(counted);
    expect(what).toContain('/west');
    expect(lines.at(-1)).toMatchObject({ event: 'validator-refused', organisation: 'west' });
    expect(application.takes(2, addressOf(3), made)).toBe(true);
  });

  test('votes with the word of another', () => {
    const { application } = network.node(0);
    const word = network.node(2).application.extension(2);
    expect(application.takes(2, addressOf(3), word)).toBe(false);
    expect(application.takes(2, new Uint8Array(20), word)).toBe(false);
  });

  test('proposes what has no place in a block', async () => {
    const good = encodeTransaction(anchorOf(chain.anchor()));
    const forged = encodeTransaction(anchorOf(chain.anchor({ cosigners: [0] })));
    const proposals: readonly (readonly Uint8Array[])[] = [
      [forged],
      [good, good],
      [Uint8Array.of(1, 2, 3)],
      [encodeTransaction(enrolment(chain))],
      [encodeVouch(7)],
    ];
    for (const transactions of proposals) {
      const accepted = await network.block({ proposer: 3, transactions });
      expect(accepted).toEqual([false, false, false, false]);
    }
    expect(network.node(1).application.refused).toEqual({ 'proposal/west': 5 });
    const receipt = network.node(1).ordering.submit(anchorOf(chain.anchor()));
    await settle();
    expect(await network.block()).toEqual([true, true, true, true]);
    expect(await receipt).toMatchObject({ kind: 'receipt' });
  });
});

describe('two of four that lie', () => {
  const liars = [2, 3];

  test('bring no block about, neither theirs nor one of the others, and lose nothing', async () => {
    await enrolled();
    const heads = () => network.nodes.map(({ application }) => application.head.size);
    const before = heads();
    const forged = encodeTransaction(anchorOf(chain.anchor({ cosigners: [0] })));
    expect(await network.block({ proposer: 3, transactions: [forged], liars })).toEqual([
      ...[false, false, true, true],
    ]);
    const receipt = receiptOf(0, chain.anchor());
    await settle();
    // All would take it, but only two votes for it hold.
    expect(await network.block({ proposer: 1, liars })).toEqual([true, true, true, true]);
    expect([network.blocks.length, heads()]).toEqual([1, before]);
    expect(Object.keys(network.node(0).application.refused).sort()).toEqual([
      'proposal/west',
      'vote-receipt-signature/south',
      'vote-receipt-signature/west',
    ]);
    // One of them tells the truth again.
    await network.block({ liars: [3] });
    await network.block({ liars: [3] });
    const { signers, index } = await receipt;
    expect([signers.length, index, allAgree()]).toEqual([3, 1, true]);
  });
});

test('a quiet network: an anchor alone has its receipt with the second block', async () => {
  await enrolled();
  const { length } = network.blocks;
  const receipt = receiptOf(2, chain.anchor());
  await settle();
  await network.block({ proposer: 0 });
  // The engine makes this one by itself, to publish the hash that the first has changed.
  await network.block({ proposer: 1, transactions: [] });
  expect(await receipt).toMatchObject({ index: 1, size: 2 });
  expect(network.blocks).toHaveLength(length + 2);
});

test('a node that missed the votes asks for one block more, and has its receipt with it', async () => {
  await enrolled();
  const late = network.node(0);
  await late.kill();
  const bytes = chain.anchor();
  const taken = receiptOf(1, bytes);
  await settle();
  await network.block({ proposer: 1 });
  await network.block({ proposer: 2, transactions: [] });
  await taken;
  await late.start(network);
  await late.ordering.look();
  for (const height of [2, 3]) await network.decide(late, height);
  const receipt = receiptOf(0, bytes);
  await settle();
  expect(network.waiting).toEqual([]);
  network.nowMs += limits.vouchAskMs;
  await vi.waitFor(() => expect(network.waiting).toEqual([encodeVouch(3)]), 20_000);
  await network.block({ proposer: 3 });
  expect(await receipt).toMatchObject({ index: 1, size: 2 });
  expect(network.blocks).toHaveLength(4);
});

describe('a node that was killed', () => {
  test('between a decision and its commit has nothing of it, and plays it again to one hash', async () => {
    await enrolled();
    const waiting = network.node(1).ordering.submit(anchorOf(chain.anchor()));
    await settle();
    await network.block();
    await waiting;
    const late = network.node(3);
    const block = network.blocks[1];
    assert(block !== undefined, 'two blocks were made');
    await late.kill();
    await network.block();
    await late.start(network);
    expect(late.application.applied.height).toBe(2);
    await late.application.apply([], { height: 3, timeMs: startMs + 3_000 });
    await late.kill();
    await late.start(network);
    expect(late.application.applied.height).toBe(2);
    await network.decide(late, 3);
    expect(allAgree()).toBe(true);
  });

  test('goes on with three, shows who is there, and stops with two', async () => {
    await enrolled();
    await network.node(3).kill();
    const bytes = chain.anchor();
    const receipt = receiptOf(0, bytes);
    await settle();
    await network.block();
    await network.block();
    expect((await receipt).signers).toHaveLength(3);
    await network.node(2).kill();
    const { ordering } = network.node(0);
    await ordering.look();
    expect(ordering.status).toMatchObject({ state: 'stalled', connected: ['east'], needed: 3 });
    chain.addBlock();
    const stuck = ordering.submit(anchorOf(chain.anchor({ from: 1 })));
    await settle();
    expect(await network.block()).toEqual([true, true]);
    for (const node of [2, 3]) {
      await network.node(node).start(network);
      for (let height = network.node(node).application.applied.height; ; ) {
        if (++height > network.blocks.length) break;
        await network.decide(network.node(node), height);
      }
      await network.node(node).ordering.look();
    }
    expect(await network.block()).toEqual([true, true, true, true]);
    expect(await stuck).toMatchObject({ kind: 'receipt', logIndex: 2 });
    expect(allAgree()).toBe(true);
  });
});

test('a checkpoint carries the log line of the node and the co-signatures of enough', async () => {
  await enrolled();
  await network.block();
  const note = parseNote(await network.node(2).ordering.checkpoint(), { strict: true });
  assert(note.ok, 'the checkpoint is a signed note');
  expect(note.value.lines.length).toBeGreaterThanOrEqual(4);
  expect(note.value.body.split('\n').slice(0, 2)).toEqual(['grid.example/main', '1']);
});

// SPDX-License-Identifier: Apache-2.0
// The centre killed at every single write, before and after the disk has it: gateways ask again,
// and in the end everything is there once, no receipt that was given is ever contradicted, and the
// log has one history.

import { expect, test } from 'vitest';
import { assert } from '../../../base/assert.ts';
import { equal } from '../../../base/bytes.ts';
import { leafHash, rootOf } from '../../../base/merkle.ts';
import { nodeSuite } from '../../../base/node-suite.ts';
import type { Answer } from '../../../sidechain/chain/answer.ts';
import {
  type CheckedReceipt,
  checkReceiptMessage,
  decodeReceiptMessage,
  mainLeafHash,
} from '../../../sidechain/chain/receipt-message.ts';
import { type FakeChain, makeChain } from './fake-chain.ts';
import { mainGenesis, mainLog } from './fake-main-log.ts';
import type { Crash } from './inline-database.ts';
import { TestCentre } from './test-centre.ts';

/** A gateway: asks until it has its answer, and restarts the centre when that has died. */
class Gateway {
  readonly chain: FakeChain;
  readonly receipts: CheckedReceipt[] = [];
  readonly #centre: TestCentre;

  constructor(centre: TestCentre, chain: FakeChain) {
    this.#centre = centre;
    this.chain = chain;
  }

  async enrol(): Promise<void> {
    await this.#untilAnswered(async () => {
      await this.#centre.enrol(this.chain).catch(() => {});
      return this.#centre.ledger.isDead ? [] : ['enrolled'];
    });
  }

  async anchor(): Promise<void> {
    const previous = this.receipts.at(-1);
    const bytes = this.chain.anchor({
      from: previous?.anchor.checkpoint.size ?? 0,
      receiptSize: previous?.size ?? 0,
    });
    const [answer] = await this.#send('anchor', bytes);
    assert(answer?.kind === 'receipt', 'an anchor gets its receipt');
    const message = decodeReceiptMessage(answer.message);
    assert(message.ok, 'the receipt can be read');
    const checked = checkReceiptMessage(nodeSuite, message.value, { mainLog, previous });
    assert(checked.ok, checked.ok ? '' : checked.detail);
    expect(checked.value.anchor.bytes).toEqual(bytes);
    this.receipts.push(checked.value);
  }

  async summaries(height: number): Promise<void> {
    const [answer] = await this.#send('summary', this.chain.summaries(height));
    expect(answer).toEqual({ kind: 'stored', height, indexes: [0, 1] });
  }

  #send(kind: 'anchor' | 'summary', payload: Uint8Array): Promise<readonly Answer[]> {
    return this.#untilAnswered(() => this.#centre.send(this.chain, kind, payload));
  }

  async #untilAnswered<T>(ask: () => Promise<readonly T[]>): Promise<readonly T[]> {
    for (let attempt = 0; attempt < 3; attempt++) {
      const answers = await ask();
      if (answers.length > 0) return answers;
      expect(this.#centre.ledger.isDead).toBe(true);
      await this.#centre.kill();
      await this.#centre.start();
    }
    throw new Error('no answer although the centre runs');
  }
}

/** Two chains, anchors and summaries in turn. */
async function work(centre: TestCentre): Promise<readonly Gateway[]> {
  const gateways = [5, 6].map((seed) => new Gateway(centre, makeChain(mainLog, { seed })));
  for (const gateway of gateways) await gateway.enrol();
  for (let round = 0; round < 2; round++) {
    for (const gateway of gateways) {
      const height = gateway.chain.addSummaries({ revision: round }, { device: 'b' });
      await gateway.anchor();
      await gateway.summaries(height);
    }
  }
  return gateways;
}

async function check(centre: TestCentre, gateways: readonly Gateway[]): Promise<void> {
  const receipts = gateways.flatMap((gateway) => gateway.receipts);
  const inOrder = receipts.toSorted((a, b) => a.index - b.index);
  expect(inOrder.map(({ index }) => index)).toEqual([1, 2, 3, 4]);
  const leaves = [
    leafHash(nodeSuite, mainGenesis),
    ...inOrder.map(({ anchor }) => mainLeafHash(nodeSuite, anchor.bytes)),
  ];
  for (const { size, root } of receipts) {
    expect(equal(root, rootOf(nodeSuite, leaves.slice(0, size)))).toBe(true);
  }
  const counts = await centre.ledger.read(
    `SELECT (SELECT count(*) FROM leaf) AS leaves, (SELECT count(*) FROM anchor) AS anchors,
      (SELECT count(*) FROM summary) AS summaries,
      (SELECT count(*) FROM summary_message) AS messages`,
  );
  expect(counts).toEqual([{ leaves: 5, anchors: 4, summaries: 8, messages: 4 }]);
  for (const { chain } of gateways) {
    await centre.centre.history.upToDate();
    const rows = await centre.centre.history.query({
      chainId: chain.chainId,
      fromMs: 0,
      toMs: Number.MAX_SAFE_INTEGER,
      devices: 'all',
      obis: undefined,
      allRevisions: true,
      after: undefined,
      countMax: 100,
    });
    expect(rows).toHaveLength(4);
  }
}

const crashes = Array.from({ length: 10 }, (_, write): readonly Crash[] => [
  { write, when: 'before' },
  { write, when: 'after' },
]).flat();

test('undisturbed, the work takes as many writes as are crashed below', async () => {
  const centre = await TestCentre.begin();
  await check(centre, await work(centre));
  expect(centre.ledger.writes).toBe(10);
  await centre.end();
});

test.each(crashes)('killed $when write $write: nothing lost, nothing doubled', async (crash) => {
  const centre = await TestCentre.begin();
  await centre.kill();
  await centre.start({ crash });
  const gateways = await work(centre);
  await check(centre, gateways);
  await centre.end();
});

test('after a failed write nothing more is said, and the process is told to end', async () => {
  const centre = await TestCentre.begin();
  const chain = makeChain(mainLog, { seed: 5 });
  await centre.enrol(chain);
  await centre.kill();
  await centre.start({ crash: { write: 0, when: 'before' } });
  expect(await centre.send(chain, 'anchor', chain.anchor())).toEqual([]);
  expect(centre.failures).not.toEqual([]);
  expect(await centre.send(chain, 'anchor', chain.anchor())).toEqual([]);
  await centre.end();
});

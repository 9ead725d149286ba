// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { SummaryQueue } from '../../../../agent/uplink/summary-queue.ts';
import { assert } from '../../../../base/assert.ts';
import { limits } from '../../../../base/limits.ts';
import { nodeSuite as suite } from '../../../../base/node-suite.ts';
import { encodeSummary } from '../../../../contracts/summary.ts';
import { createLog } from '../../../../host/log.ts';
import {
  checkSummaryMessage,
  decodeSummaryMessage,
  type SummaryMessage,
} from '../../../../sidechain/chain/summary-message.ts';
import { chainId } from '../../chain/fixture.ts';
import { summaryOf } from '../../dispatch/fake-chain.ts';
import { MemoryChain } from './memory-chain.ts';

const log = createLog({ level: 'error', write: () => {} });

/** The disk that the queue keeps its place on. */
function newStore() {
  const saved: number[] = [];
  return {
    saved,
    load: async () => saved.at(-1) ?? 0,
    save: async (height: number) => {
      saved.push(height);
    },
  };
}

function open(chain: MemoryChain, store = newStore()): Promise<SummaryQueue> {
  return SummaryQueue.open(suite, { chain, store, log });
}

function summary(number: number): Uint8Array {
  return encodeSummary(summaryOf({ first: number, device: `urn:dev:ops:meter-${number}` }));
}

/** A chain whose blocks 1, 3, 5 … have a summary each, and a receipt over `size` of them. */
function chainWith(blockCount: number, size: number): MemoryChain {
  const chain = new MemoryChain(1);
  for (let height = 1; height < blockCount; height++) {
    chain.addBlock(height % 2 === 1 ? [summary(height)] : [Uint8Array.of(1)]);
  }
  cover(chain, size);
  return chain;
}

function cover(chain: MemoryChain, size: number): void {
  const mainRoot = new Uint8Array(32);
  chain.newestReceipt = { size, mainSize: 2, mainRoot, height: chain.size() };
}

type Sent = { readonly height: number; readonly message: SummaryMessage };

/** The messages that are due, each proven under the newest receipt's size. */
async function sent(queue: SummaryQueue, chain: MemoryChain, nowMs: number): Promise<Sent[]> {
  const size = chain.newestReceipt?.size ?? 0;
  return (await queue.due(nowMs)).map((bytes) => {
    expect(bytes.length).toBeLessThanOrEqual(limits.messageBytesMax);
    const decoded = decodeSummaryMessage(bytes);
    assert(decoded.ok, 'a message is well formed');
    expect(decoded.value.size).toBe(size);
    const anchored = { chainId, root: chain.root(size) };
    const checked = checkSummaryMessage(suite, decoded.value, anchored);
    assert(checked.ok, checked.ok ? '' : checked.detail);
    return { height: checked.value.header.height, message: decoded.value };
  });
}

async function stored(queue: SummaryQueue, { height, message }: Sent): Promise<void> {
  const indexes = message.outputs.map(({ index }) => index);
  await queue.answered({ kind: 'stored', height, indexes });
}

test('nothing goes up before an anchor covers it, and then all that it covers', async () => {
  const chain = chainWith(8, 0);
  chain.newestReceipt = undefined;
  const queue = await open(chain);
  expect(await sent(queue, chain, 0)).toEqual([]);
  cover(chain, 4);
  expect((await sent(queue, chain, 1)).map(({ height }) => height)).toEqual([1, 3]);
  cover(chain, 8);
  expect((await sent(queue, chain, 2)).map(({ height }) => height)).toEqual([5, 7]);
  expect(queue.waitingCount).toBe(4);
});

test('what is not answered goes again, proven under the newest receipt', async () => {
  const chain = chainWith(8, 4);
  const queue = await open(chain);
  const [first, second] = await sent(queue, chain, 0);
  assert(first !== undefined && second !== undefined, 'two blocks have summaries');
  await stored(queue, second);
  expect(await sent(queue, chain, 4_999)).toEqual([]);
  cover(chain, 8);
  const again = await sent(queue, chain, 5_000);
  expect(again.map(({ height }) => height)).toEqual([1, 5, 7]);
  queue.connected();
  expect(await sent(queue, chain, 5_001)).toHaveLength(3);
});

test('the place on disk is the height below which all are stored', async () => {
  const chain = chainWith(8, 8);
  const store = newStore();
  const queue = await open(chain, store);
  const [one, three, five, seven] = await sent(queue, chain, 0);
  assert(!!one && !!three && !!five && !!seven, 'four blocks have summaries');
  expect(store.saved).toEqual([1]);
  await stored(queue, five);
  await stored(queue, three);
  expect(store.saved).toEqual([1]);
  await stored(queue, one);
  expect(store.saved).toEqual([1, 7]);
  await stored(queue, seven);
  expect(store.saved).toEqual([1, 7, 8]);
  expect(queue).toMatchObject({ waitingCount: 0, storedCount: 4 });
});

test('killed at any time, it goes on where the disk says, and loses nothing', async () => {
  const chain = chainWith(12, 12);
  const store = newStore();
  const atCentre = new Set<number>();
  for (let life = 0; life < 20; life++) {
    const queue = await open(chain, store);
    const messages = await sent(queue, chain, 0);
    // One more answer arrives in each life, the others are lost with the process.
    for (const message of messages.slice(0, 1)) {
      atCentre.add(message.height);
      await stored(queue, message);
    }
  }
  expect([...atCentre]).toEqual([1, 3, 5, 7, 9, 11]);
  expect(store.saved.at(-1)).toBe(12);
});

test('answers that come twice, late, in part or for others change nothing', async () => {
  const chain = new MemoryChain(1);
  chain.addBlock([summary(1), Uint8Array.of(1), summary(2), summary(3)]);
  cover(chain, 2);
  const queue = await open(chain);
  const [message] = await sent(queue, chain, 0);
  assert(message !== undefined, 'a block has summaries');
  expect(message.message.outputs.map(({ index }) => index)).toEqual([0, 2, 3]);
  await queue.answered({ kind: 'stored', height: 7, indexes: [0, 2, 3] });
  await queue.answered({ kind: 'stored', height: 1, indexes: [0, 1, 9] });
  await queue.answered({ kind: 'stored', height: 1, indexes: [0] });
  await queue.answered({ kind: 'base', size: 2 });
  expect(queue).toMatchObject({ waitingCount: 1, storedCount: 1 });
  const [rest] = await sent(queue, chain, 5_000);
  expect(rest?.message.outputs.map(({ index }) => index)).toEqual([2, 3]);
  await stored(queue, message);
  await stored(queue, message);
  expect(queue).toMatchObject({ waitingCount: 0, storedCount: 3 });
});

test('only so many blocks wait at once, the next take their place in order', async () => {
  const blockCount = 10 * limits.summaryBlocksWaitingMax;
  const chain = chainWith(blockCount, blockCount);
  const store = newStore();
  const queue = await open(chain, store);
  const heights: number[] = [];
  for (let nowMs = 0; heights.length < blockCount / 2; nowMs += 1) {
    const messages = await sent(queue, chain, nowMs);
    expect(queue.waitingCount).toBeLessThanOrEqual(limits.summaryBlocksWaitingMax);
    expect(messages.length).toBeGreaterThan(0);
    for (const message of messages) {
      heights.push(message.height);
      await stored(queue, message);
    }
  }
  expect(heights).toEqual(Array.from({ length: blockCount / 2 }, (_, i) => 2 * i + 1));
  await queue.due(1_000);
  expect(store.saved.at(-1)).toBe(blockCount);
});

test('a block with more summaries than a message holds is sent in several', async () => {
  const chain = new MemoryChain(1);
  const count = limits.messageOutputsMax + 10;
  chain.addBlock(Array.from({ length: count }, (_, i) => summary(i)));
  cover(chain, 2);
  const queue = await open(chain);
  const messages = await sent(queue, chain, 0);
  expect(messages.length).toBeGreaterThan(1);
  const indexes = messages.flatMap(({ message }) => message.outputs.map(({ index }) => index));
  expect(indexes).toEqual(Array.from({ length: count }, (_, i) => i));
  for (const message of messages) await stored(queue, message);
  expect(queue).toMatchObject({ waitingCount: 0, storedCount: count });
});

describe('while another member speaks for the chain', () => {
  const patienceMs = 180_000;
  const due = (queue: SummaryQueue, nowMs: number) => queue.due(nowMs, patienceMs);

  test('it sends nothing, and its place moves with what it hears', async () => {
    const chain = chainWith(8, 8);
    const [speaker, store] = [await open(chain), newStore()];
    const queue = await open(chain, store);
    expect(await due(queue, 0)).toEqual([]);
    for (const message of await sent(speaker, chain, 0)) await stored(queue, message);
    expect(store.saved.at(-1)).toBe(8);
    expect(await queue.due(patienceMs)).toEqual([]);
  });

  test('it counts what it hears before its own copy has the blocks', async () => {
    const chain = chainWith(12, 4);
    const [speaker, store] = [await open(chain), newStore()];
    const queue = await open(chain, store);
    expect(await due(queue, 0)).toEqual([]);
    cover(chain, 12);
    for (const message of await sent(speaker, chain, 1)) await stored(queue, message);
    expect(store.saved.at(-1)).toBe(4);
    expect(await due(queue, 2)).toEqual([]);
    expect(store.saved.at(-1)).toBe(12);
    expect(queue).toMatchObject({ waitingCount: 0, storedCount: 6 });
  });

  test('it sends what it has not heard to be stored for too long, and nothing else', async () => {
    const chain = chainWith(8, 8);
    const [speaker, queue] = [await open(chain), await open(chain)];
    await due(queue, 0);
    const messages = await sent(speaker, chain, 0);
    for (const message of messages.slice(1)) await stored(queue, message);
    expect(await due(queue, patienceMs - 1)).toEqual([]);
    expect(await due(queue, patienceMs)).toHaveLength(1);
  });

  test('whoever takes over sends at once all that is not stored', async () => {
    const chain = chainWith(8, 8);
    const [speaker, queue] = [await open(chain), await open(chain)];
    await due(queue, 0);
    const [first, ...rest] = await sent(speaker, chain, 0);
    assert(first !== undefined, 'a block has summaries');
    await stored(queue, first);
    const heights = (await sent(queue, chain, 1)).map(({ height }) => height);
    expect(heights).toEqual(rest.map(({ height }) => height));
  });

  test('what it remembers of blocks to come is bounded', async () => {
    const chain = chainWith(8, 4);
    const queue = await open(chain);
    for (let height = 1_000_000; height > 4; height -= 5_000) {
      await queue.answered({ kind: 'stored', height, indexes: [0] });
    }
    cover(chain, 8);
    expect((await sent(queue, chain, 0)).map(({ height }) => height)).toEqual([1, 3, 5, 7]);
  });
});

describe('a refusal', () => {
  const refusedAs = (message: Uint8Array, what: 'anchor' | 'summary' = 'summary') =>
    ({
      kind: 'refused',
      what,
      code: 'conflict',
      detail: 'others were taken',
      messageHash: suite.sha256(message),
    }) as const;

  test('of its message is shown, and the message goes again', async () => {
    const chain = chainWith(3, 3);
    const queue = await open(chain);
    const [message = new Uint8Array()] = await queue.due(0);
    await queue.answered(refusedAs(message));
    expect(queue.refusal).toBe('conflict: others were taken');
    const [again] = await sent(queue, chain, 5_000);
    assert(again !== undefined, 'it goes again');
    await stored(queue, again);
    expect(queue).toMatchObject({ refusal: undefined, waitingCount: 0 });
  });

  test('of what others sent in its name, or of an anchor, is not its own', async () => {
    const chain = chainWith(3, 3);
    const queue = await open(chain);
    const [message = new Uint8Array()] = await queue.due(0);
    await queue.answered(refusedAs(Uint8Array.of(1)));
    await queue.answered(refusedAs(message, 'anchor'));
    expect(queue).toMatchObject({ refusal: undefined, waitingCount: 1 });
  });
});

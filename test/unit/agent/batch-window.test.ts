// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { BatchWindow } from '../../../agent/batch-window.ts';
import { assert } from '../../../base/assert.ts';
import { TielineError } from '../../../base/errors.ts';
import { toSchemaId } from '../../../base/ids.ts';
import { limits } from '../../../base/limits.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import type { Pack } from '../../../base/pack.ts';
import { createLog } from '../../../host/log.ts';
import { type Batch, decodeBatch, packRoot } from '../../../sidechain/chain/batch.ts';
import type { BlockEntry } from '../../../sidechain/chain/block.ts';
import { openEntry, verifyEntry } from '../../../sidechain/chain/entry.ts';
import { decodeGap, type Gap } from '../../../sidechain/chain/gap.ts';
import { fitsIntoBlock } from '../../../sidechain/chain/pool.ts';
import type { Applied } from '../../../sidechain/store/submissions.ts';
import { chainId, gateway, schemaId, startMs } from '../chain/fixture.ts';

const silenceMs = 60_000;

/** Takes entries, or not; each must be signed, numbered without gaps, and small enough. */
class Sink {
  readonly chainId = chainId;
  readonly batches: (Batch & { readonly packCountSent: number })[] = [];
  readonly gaps: Gap[] = [];
  readonly secrets: Uint8Array[] = [];
  isFull = false;
  isFilling = false;
  /** How the chain judges what it takes. */
  judge: (kind: string) => Applied = () => ({ kind: 'accepted', height: 1 });
  #sequence = 0;

  nextSequence = () => this.#sequence + 1;
  isOutboxFilling = () => this.isFilling;

  submit = async (given: BlockEntry): Promise<Applied> => {
    expect(fitsIntoBlock(given)).toBe(true);
    const entry = openEntry(suite, given.entry);
    assert(entry.ok, 'an entry is well formed');
    const { publicKey } = gateway;
    expect(verifyEntry(suite, entry.value, { publicKey, chainId })).toBe(true);
    if (this.isFull) throw new TielineError('outbox-full', 'full', { retry: 'transient' });
    const { kind, payload } = entry.value;
    const stated = kind === 'gap' ? decodeGap(payload) : decodeBatch(payload);
    assert(stated.ok, 'its payload is well formed');
    expect(stated.value.sequence).toBe(this.nextSequence());
    this.#sequence += 1;
    if (kind === 'gap') this.gaps.push(stated.value as Gap);
    else this.#take(stated.value as Batch, given);
    return this.judge(kind);
  };

  #take(batch: Batch, { packs }: BlockEntry): void {
    assert(packs !== undefined, 'a batch has its packs beside it');
    expect(batch.packRoot).toEqual(packRoot(suite, packs.secret, packs.packs));
    expect(batch.packCount).toBe(packs.packs.length);
    this.secrets.push(packs.secret);
    this.batches.push({ ...batch, packCountSent: packs.packs.length });
  }
}

function setUp(thinnedMs?: number) {
  const sink = new Sink();
  const lines: string[] = [];
  const clock = {
    elapsedMs: 0,
    nowMs: () => startMs + clock.elapsedMs,
    monotonicMs: () => clock.elapsedMs,
    state: () => ({ state: 'synchronised', errorMs: 10 }) as const,
  };
  const log = createLog({ level: 'info', human: false, write: (line) => lines.push(line) });
  let drawnCount = 0;
  const random = (length: number) => {
    drawnCount += 1;
    return new Uint8Array(length).fill(drawnCount);
  };
  const window = new BatchWindow(
    suite,
    { signer: gateway, sink, clock, log, random },
    { silenceMs, thinnedMs },
  );
  /** A second passes and the window is sealed. */
  const pass = async (ms = 1_000): Promise<void> => {
    clock.elapsedMs += ms;
    window.seal();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { sink, lines, window, clock, pass };
}

function packOf(timeMs: number, valueCount = 2): Pack {
  return {
    schemaId,
    timeMs,
    clock: { state: 'synchronised', errorMs: 10 },
    mantissas: Array.from({ length: valueCount }, (_, i) => 1_000_000_000 + i),
    qualities: Array.from({ length: valueCount }, () => 0 as const),
  };
}

test('all packs of a window are one batch', async () => {
  const { sink, window, pass } = setUp();
  for (let i = 0; i < 5; i++) window.add('a', packOf(startMs + i));
  await pass();
  expect(sink.batches).toMatchObject([{ sequence: 1, packCount: 5, timeMs: startMs + 1_000 }]);
  window.add('a', packOf(startMs + 9));
  await pass();
  expect(sink.batches).toMatchObject([{ packCount: 5 }, { sequence: 2, packCount: 1 }]);
});

test('a window without packs makes none, but one a minute, so that silence shows', async () => {
  const { sink, pass } = setUp();
  for (let second = 0; second < 59; second++) await pass();
  expect(sink.batches).toEqual([]);
  for (let second = 59; second < 180; second++) await pass();
  expect(sink.batches).toMatchObject([
    { packCount: 0, timeMs: startMs + 60_000 },
    { packCount: 0, timeMs: startMs + 120_000 },
    { packCount: 0, timeMs: startMs + 180_000 },
  ]);
});

test('each batch has a secret of its own, drawn at random: none tells the packs of another', async () => {
  const { sink, window, pass } = setUp();
  for (let second = 0; second < 3; second++) {
    window.add('a', packOf(startMs + second * 1_000));
    await pass();
  }
  expect(sink.secrets).toEqual([1, 2, 3].map((drawn) => new Uint8Array(32).fill(drawn)));
});

test('an alarm is signed at once, with what waits, and held like all else while another key is to sign', async () => {
  const { sink, window, pass } = setUp();
  window.add('a', packOf(startMs));
  expect(sink.batches).toEqual([]);
  window.add('b', packOf(startMs), { isUrgent: true });
  expect(sink.batches.map(({ packCount }) => packCount)).toEqual([2]);
  await pass();
  expect(sink.batches).toHaveLength(1);
  window.hold();
  window.add('b', packOf(startMs + 1_000), { isUrgent: true });
  expect(sink.batches).toHaveLength(1);
  expect(window.takeHeld().map(({ packs }) => packs.length)).toEqual([1]);
});

test('a storm of alarms makes some batches a second, loses nothing, and holds the next ones up no longer', async () => {
  const { sink, window, clock, pass } = setUp();
  const storm = (): void => {
    for (let i = 0; i < 50; i++) window.add('a', packOf(startMs), { isUrgent: true });
  };
  const most = limits.alarmBatchesPerSecondMax;
  storm();
  expect(sink.batches).toHaveLength(most);
  await pass(500);
  expect(sink.batches.map(({ packCount }) => packCount)).toEqual([1, 1, 1, 1, 50 - most]);
  clock.elapsedMs += 500;
  storm();
  expect(sink.batches).toHaveLength(2 * most + 1);
});

test('a burst is sealed at the bound of packs, and nothing of it is left out', async () => {
  const { sink, window, pass } = setUp();
  const count = limits.batchPacksMax + 10;
  for (let i = 0; i < count; i++) window.add('a', packOf(startMs));
  await pass();
  expect(sink.batches.map(({ packCount }) => packCount)).toEqual([limits.batchPacksMax, 10]);
});

test('packs at their largest are sealed before a block cannot hold them', async () => {
  const { sink, window, pass } = setUp();
  const count = 2_000;
  for (let i = 0; i < count; i++) window.add('a', packOf(startMs, limits.packValuesMax));
  await pass();
  expect(sink.batches.length).toBeGreaterThan(1);
  expect(sink.batches.reduce((sum, { packCount }) => sum + packCount, 0)).toBe(count);
});

test('a pack that has no form is its device’s fault, not the window’s', async () => {
  const { sink, window, pass } = setUp();
  window.add('a', packOf(startMs));
  expect(() => window.add('b', { ...packOf(startMs), qualities: [] })).toThrow();
  await pass();
  expect(sink.batches).toMatchObject([{ packCount: 1 }]);
});

describe('a full outbox', () => {
  test('costs the packs, which one signed gap a device states once there is room', async () => {
    const { sink, window, pass } = setUp();
    sink.isFull = true;
    for (let second = 0; second < 10; second++) {
      window.add('a', packOf(startMs + second * 1_000));
      if (second < 3) window.add('b', packOf(startMs + second * 1_000));
      await pass();
    }
    sink.isFull = false;
    window.add('a', packOf(startMs + 10_000));
    await pass();
    expect(sink.gaps).toMatchObject([
      { device: 'a', fromMs: startMs, toMs: startMs + 9_000, packCount: 10, sequence: 1 },
      { device: 'b', fromMs: startMs, toMs: startMs + 2_000, packCount: 3, sequence: 2 },
    ]);
    expect(sink.gaps.map(({ reason }) => reason)).toEqual(['outbox-full', 'outbox-full']);
    expect(sink.batches).toMatchObject([{ sequence: 3, packCount: 1 }]);
    window.add('a', packOf(startMs + 11_000));
    await pass();
    expect(sink.gaps).toHaveLength(2);
  });

  test('is told when it begins and when it ends, not with every batch', async () => {
    const { sink, window, pass, lines } = setUp();
    sink.isFull = true;
    for (let second = 0; second < 100; second++) {
      window.add('a', packOf(startMs));
      await pass();
    }
    sink.isFull = false;
    await pass(silenceMs);
    const events = lines.map((line) => JSON.parse(line).event);
    expect(events).toEqual(['readings-not-kept', 'readings-kept-again']);
  });
});

describe('while the outbox is filling', () => {
  const readings = async (thinnedMs: number | undefined) => {
    const { sink, window, pass } = setUp(thinnedMs);
    const read = async (from: number, to: number): Promise<void> => {
      for (let second = from; second < to; second++) {
        for (const device of ['a', 'b']) window.add(device, packOf(startMs + second * 1_000));
        await pass();
      }
    };
    await read(0, 5);
    sink.isFilling = true;
    await read(5, 35);
    sink.isFilling = false;
    await read(35, 37);
    return sink;
  };
  const packs = (sink: Sink) => sink.batches.reduce((sum, { packCount }) => sum + packCount, 0);

  test('one pack in so long is kept of each device, the others are counted in gaps', async () => {
    const sink = await readings(10_000);
    const lost = sink.gaps.reduce((sum, { packCount }) => sum + packCount, 0);
    expect(packs(sink) + lost).toBe(2 * 37);
    // The seconds 14, 24 and 34 of the thirty.
    expect(packs(sink)).toBe(2 * (5 + 3 + 2));
    expect(sink.gaps.map(({ device, reason }) => `${device} ${reason}`)).toEqual([
      ...['a thinned', 'b thinned', 'a thinned', 'b thinned', 'a thinned', 'b thinned'],
    ]);
    const [first] = sink.gaps;
    expect(first).toMatchObject({ fromMs: startMs + 5_000, toMs: startMs + 13_000 });
  });

  test('each of the groups that a device is read in has its own, however rarely it is read', async () => {
    const { sink, window, pass } = setUp(10_000);
    const slow = toSchemaId(new Uint8Array(32).fill(9));
    sink.isFilling = true;
    for (let second = 0; second < 60; second++) {
      window.add('a', packOf(startMs + second * 1_000));
      if (second % 15 === 5)
        window.add('a', { ...packOf(startMs + second * 1_000), schemaId: slow });
      await pass();
    }
    // Six of the fast group, and all four of the slow one.
    expect(packs(sink)).toBe(6 + 4);
  });

  test('an alarm is never left out', async () => {
    const { sink, window } = setUp(10_000);
    sink.isFilling = true;
    for (let second = 0; second < 5; second++) {
      window.add('a', packOf(startMs + second * 1_000), { isUrgent: second === 3 });
    }
    expect(sink.batches.map(({ packCount }) => packCount)).toEqual([2]);
  });

  test.each(['end', 'hold'] as const)('%s states what was left out', async (last) => {
    const { sink, window, pass } = setUp(60_000);
    sink.isFilling = true;
    for (let second = 0; second < 5; second++) {
      window.add('a', packOf(startMs + second * 1_000));
      await pass();
    }
    window[last]();
    await pass();
    const [fromMs, toMs] = [startMs + 1_000, startMs + 4_000];
    expect(sink.gaps).toMatchObject([{ reason: 'thinned', packCount: 4, fromMs, toMs }]);
  });

  test('all is held while another key is to sign', () => {
    const { sink, window } = setUp(60_000);
    sink.isFilling = true;
    window.hold();
    for (let second = 0; second < 5; second++) window.add('a', packOf(startMs + second * 1_000));
    expect(window.takeHeld().map((held) => held.packs.length)).toEqual([5]);
  });

  test('all is kept where nothing else is wished', async () => {
    const sink = await readings(undefined);
    expect(packs(sink)).toBe(2 * 37);
    expect(sink.gaps).toEqual([]);
  });
});

describe('what the chain refuses', () => {
  test('of readings is stated in a gap with its reason', async () => {
    const { sink, window, pass } = setUp();
    sink.judge = (kind) =>
      kind === 'gap'
        ? { kind: 'accepted', height: 2 }
        : { kind: 'refused', height: 1, reason: 'unknown-schema' };
    window.add('a', packOf(startMs));
    await pass();
    await pass(silenceMs);
    expect(sink.gaps).toMatchObject([
      { device: 'a', packCount: 1, reason: 'refused: unknown-schema' },
    ]);
  });

  test('of a gap is not said again for ever', async () => {
    const { sink, window, pass } = setUp();
    sink.judge = () => ({ kind: 'refused', height: 1, reason: 'device' });
    window.add('a', packOf(startMs));
    for (let i = 0; i < 10; i++) await pass(silenceMs);
    expect(sink.gaps).toHaveLength(1);
  });
});

describe('while another key is to sign', () => {
  const bytesOf = (held: readonly { readonly packs: readonly Uint8Array[] }[]) =>
    held.map(({ packs }) => packs.length);

  test('what is read waits, and is handed on once', async () => {
    const { sink, window, pass } = setUp();
    window.add('meter', packOf(startMs));
    window.hold();
    await pass();
    expect(sink.batches).toHaveLength(1);
    window.add('meter', packOf(startMs));
    window.add('meter', packOf(startMs));
    await pass(2 * silenceMs);
    expect(sink.batches).toHaveLength(1);
    expect(bytesOf(window.takeHeld())).toEqual([2]);
    expect(window.takeHeld()).toEqual([]);
  });

  test('what fills more than one batch waits in several', () => {
    const { sink, window } = setUp();
    window.hold();
    for (let i = 0; i < limits.batchPacksMax + 1; i++) window.add('meter', packOf(startMs));
    expect(bytesOf(window.takeHeld())).toEqual([limits.batchPacksMax, 1]);
    expect(sink.batches).toEqual([]);
  });

  test('released, it is signed by this key after all', async () => {
    const { sink, window, pass } = setUp();
    window.hold();
    for (let i = 0; i < limits.batchPacksMax + 1; i++) window.add('meter', packOf(startMs));
    window.release();
    await pass();
    expect(sink.batches.map(({ packCountSent }) => packCountSent)).toEqual([
      limits.batchPacksMax,
      1,
    ]);
    expect(window.takeHeld()).toEqual([]);
  });
});

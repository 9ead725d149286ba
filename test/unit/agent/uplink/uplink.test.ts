// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { AnchorDuty } from '../../../../agent/uplink/anchor-duty.ts';
import { MembershipQueue } from '../../../../agent/uplink/membership-queue.ts';
import { ReportQueue } from '../../../../agent/uplink/report-queue.ts';
import { RequestQueue } from '../../../../agent/uplink/request-queue.ts';
import { SummaryQueue } from '../../../../agent/uplink/summary-queue.ts';
import { TrustQueue } from '../../../../agent/uplink/trust-queue.ts';
import { Uplink } from '../../../../agent/uplink/uplink.ts';
import { TielineError } from '../../../../base/errors.ts';
import { limits } from '../../../../base/limits.ts';
import { nodeSuite as suite } from '../../../../base/node-suite.ts';
import { createLog } from '../../../../host/log.ts';
import type { MessageHandler } from '../../../../host/mqtt.ts';
import { unpack } from '../../../../host/packing.ts';
import { signAnswer } from '../../../../sidechain/chain/answer.ts';
import { chainOrigin } from '../../../../sidechain/chain/names.ts';
import { chainId, gateway, mainLogSigner, startMs, stranger } from '../../chain/fixture.ts';
import { CentreTwin } from './centre-twin.ts';
import { MemoryChain } from './memory-chain.ts';

const topic = chainOrigin(chainId);

/** A broker that delivers when the test says so. */
class Broker {
  connected = false;
  readonly problem = undefined;
  readonly published: { readonly topic: string; readonly payload: Uint8Array }[] = [];
  /** What a publication comes to. */
  acknowledge: () => Promise<void> = async () => {};
  readonly #handlers = new Map<string, MessageHandler>();
  #listener: () => void = () => {};

  publish = async (to: string, payload: Uint8Array) => {
    this.published.push({ topic: to, payload: unpack(payload) ?? payload });
    await this.acknowledge();
  };

  subscribe = (filter: string, handler: MessageHandler) => {
    this.#handlers.set(filter, handler);
  };

  onConnected = (listener: () => void) => {
    this.#listener = listener;
  };

  connect(): void {
    this.connected = true;
    this.#listener();
  }

  deliver(payload: Uint8Array): void {
    const handler = this.#handlers.get(`${topic}/receipt`);
    expect(handler?.(`${topic}/receipt`, payload), 'nothing waits for a turn').toBeUndefined();
  }

  take(kind: string): Uint8Array[] {
    const taken = this.published.filter((one) => one.topic === `${topic}/${kind}`);
    this.published.splice(0);
    return taken.map(({ payload }) => payload);
  }
}

function unasked(): never {
  throw new Error('nobody requests anything here');
}

type Setup = Awaited<ReturnType<typeof setUp>>;

async function setUp(chain = new MemoryChain(5)) {
  const lines: string[] = [];
  const log = createLog({ level: 'info', human: false, write: (line) => lines.push(line) });
  const broker = new Broker();
  const centre = new CentreTwin();
  const fatal: unknown[] = [];
  const store = { load: async () => 0, save: async () => {} };
  const uplink = new Uplink(suite, {
    chain,
    anchors: new AnchorDuty(suite, { chain, signer: gateway, log }, { intervalMs: 60_000 }),
    summaries: await SummaryQueue.open(suite, { chain, store, log }),
    reports: await ReportQueue.open(suite, {
      ...{ chainId, signer: gateway, log, nowMs: () => startMs },
      reportable: () => ({ evidence: [], withheld: undefined }),
      store: { load: async () => new Map(), save: async () => {} },
    }),
    memberships: await MembershipQueue.open(suite, {
      chain: { ...chain, membershipVersion: () => 0, provenChanges: async () => [] },
      founding: { members: [], persons: [], policy: { class: 'blame', faulty: 0 }, version: 0 },
      store,
      ...{ signer: gateway, log },
    }),
    requests: new RequestQueue(suite, {
      chain: { ...chain, requests: () => [], requestIn: unasked, commitRequest: unasked },
      answer: unasked,
      log,
    }),
    trust: new TrustQueue(suite, {
      known: () => ({ mainLog: chain.mainLog(), mainHead: chain.mainHead(), handOvers: [] }),
      commit: unasked,
      log,
    }),
    mqtt: broker,
    clock: { monotonicMs: () => Date.now() },
    log,
    onFatal: (error) => fatal.push(error),
  });
  return { chain, broker, centre, uplink, fatal, lines };
}

/** Lets all that waits for no time come to its end. */
async function settle(): Promise<void> {
  await vi.advanceTimersByTimeAsync(1);
}

/** The centre answers all anchors that were sent. @returns their number. */
async function answerAll({ broker, centre }: Setup): Promise<number> {
  const anchors = broker.take('anchor');
  for (const anchor of anchors) {
    broker.deliver(signAnswer(centre.answer(anchor), chainId, mainLogSigner));
  }
  await settle();
  return anchors.length;
}

let setup: Setup;

beforeEach(async () => {
  vi.useFakeTimers();
  setup = await setUp();
});

afterEach(async () => {
  await setup.uplink.close();
  expect(vi.getTimerCount(), 'no timer keeps the process alive').toBe(0);
  vi.useRealTimers();
});

test('nothing is sent without a broker, and the anchor as soon as there is one', async () => {
  const { broker, uplink } = setup;
  await vi.advanceTimersByTimeAsync(10 * limits.uplinkTickMs);
  expect(broker.published).toEqual([]);
  expect(uplink.status.connected).toBe(false);
  broker.connect();
  await settle();
  expect(broker.take('anchor')).toHaveLength(1);
});

test('an answer is taken, and the next anchor follows it at once', async () => {
  const { broker, chain, uplink } = setup;
  broker.connect();
  await settle();
  expect(await answerAll(setup)).toBe(1);
  expect(chain.newestReceipt).toMatchObject({ size: 1 });
  expect(broker.published).toHaveLength(1);
  expect(await answerAll(setup)).toBe(1);
  expect(uplink.status.anchor).toMatchObject({ heard: true, receiptCount: 2, sentCount: 2 });
});

describe('answers that are not the main log’s', () => {
  test('are counted, and logged less and less often', async () => {
    const { broker, uplink, lines } = setup;
    const answer = { kind: 'base', size: 3 } as const;
    for (let i = 0; i < 100; i++) {
      broker.deliver(Uint8Array.of(i));
      broker.deliver(signAnswer(answer, chainId, stranger));
      broker.deliver(signAnswer(answer, new Uint8Array(32), mainLogSigner));
    }
    await settle();
    expect(uplink.status.answersRefused).toBe(300);
    expect(lines.filter((line) => line.includes('answer-refused'))).toHaveLength(9);
  });

  test('are bounded while a turn takes its time, also the real ones', async () => {
    const { broker, chain } = setup;
    broker.connect();
    await settle();
    const [anchor = new Uint8Array()] = broker.take('anchor');
    const answer = signAnswer(setup.centre.answer(anchor), chainId, mainLogSigner);
    for (let i = 0; i < 10 * limits.uplinkAnswersWaitingMax; i++) broker.deliver(answer);
    await settle();
    expect(chain.committed).toHaveLength(1);
  });
});

test('a broker that acknowledges nothing holds up neither answers nor turns for ever', async () => {
  const { broker, chain } = setup;
  let release = (): void => {};
  broker.acknowledge = () =>
    new Promise((_, reject) => {
      release = () => reject(new TielineError('mqtt-offline', 'gone', { retry: 'transient' }));
    });
  broker.connect();
  await vi.advanceTimersByTimeAsync(100 * limits.uplinkTickMs);
  expect(broker.published, 'no second turn begins').toHaveLength(1);
  const [anchor = new Uint8Array()] = broker.take('anchor');
  broker.deliver(signAnswer(setup.centre.answer(anchor), chainId, mainLogSigner));
  broker.acknowledge = async () => {};
  release();
  await settle();
  expect(chain.newestReceipt).toMatchObject({ size: 1 });
});

test('what may pass is tried again by itself', async () => {
  const { broker, chain, fatal, uplink } = setup;
  broker.connect();
  await settle();
  chain.commitFailure = new TielineError('outbox-full', 'full', { retry: 'transient' });
  await answerAll(setup);
  expect(chain.committed).toEqual([]);
  chain.commitFailure = undefined;
  await vi.advanceTimersByTimeAsync(limits.resendMsMin);
  await answerAll(setup);
  expect(chain.committed).toHaveLength(1);
  expect(fatal).toEqual([]);
  expect(uplink.status.anchor.heard).toBe(true);
});

describe('after the end', () => {
  test.each([
    ['a rollback', new TielineError('rollback', 'an older copy', { retry: 'fatal' })],
    ['a disk that fails', new TielineError('database-io', 'the disk failed', { retry: 'fatal' })],
    ['a fault of ours', new TypeError('x is not a function')],
  ])('by %s nothing is sent any more, and it is told once', async (_, error) => {
    const { broker, chain, fatal } = setup;
    broker.connect();
    await settle();
    chain.commitFailure = error;
    await answerAll(setup);
    chain.commitFailure = undefined;
    broker.connect();
    await vi.advanceTimersByTimeAsync(10 * limits.resendMsMax);
    expect(broker.published).toEqual([]);
    expect(fatal).toEqual([error]);
  });

  test('by its owner nothing is sent, and what arrives is not taken', async () => {
    const { broker, chain, centre, uplink } = setup;
    broker.connect();
    await settle();
    const [anchor = new Uint8Array()] = broker.take('anchor');
    await uplink.close();
    broker.deliver(signAnswer(centre.answer(anchor), chainId, mainLogSigner));
    await vi.advanceTimersByTimeAsync(10 * limits.resendMsMax);
    expect(chain.committed).toEqual([]);
    expect(broker.published).toEqual([]);
  });
});

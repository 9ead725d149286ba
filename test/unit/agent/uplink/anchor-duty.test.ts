// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { AnchorDuty } from '../../../../agent/uplink/anchor-duty.ts';
import { assert } from '../../../../base/assert.ts';
import { TielineError } from '../../../../base/errors.ts';
import { limits } from '../../../../base/limits.ts';
import { nodeSuite as suite } from '../../../../base/node-suite.ts';
import { createLog } from '../../../../host/log.ts';
import { checkAnchor, openAnchor, signAnchor } from '../../../../sidechain/chain/anchor.ts';
import type { Answer } from '../../../../sidechain/chain/answer.ts';
import { chainId, gateway, mainGenesisBytes, stranger, testSigner } from '../../chain/fixture.ts';
import { MainLogTwin } from '../../chain/main-log-twin.ts';
import { CentreTwin, refusal } from './centre-twin.ts';
import { MemoryChain } from './memory-chain.ts';

const intervalMs = 60_000;
const log = createLog({ level: 'error', write: () => {} });

function dutyOn(chain: MemoryChain): AnchorDuty {
  return new AnchorDuty(suite, { chain, signer: gateway, log }, { intervalMs });
}

/** The anchor that is due, which must hold in itself. */
async function sent(duty: AnchorDuty, chain: MemoryChain, nowMs: number): Promise<Uint8Array> {
  const bytes = await duty.due(nowMs);
  assert(bytes !== undefined, 'an anchor is due');
  const opened = openAnchor(bytes);
  assert(opened.ok, 'an anchor is well formed');
  expect(checkAnchor(suite, opened.value, chain.signatories()).ok).toBe(true);
  return bytes;
}

function sizeOf(anchor: Uint8Array): number {
  const opened = openAnchor(anchor);
  assert(opened.ok, 'an anchor is well formed');
  return opened.value.checkpoint.size;
}

/** A gateway that the centre has answered for the first time, and its anchor of `blockCount`. */
async function heard(blockCount = 5) {
  const chain = new MemoryChain(blockCount);
  const centre = new CentreTwin();
  const duty = dutyOn(chain);
  await duty.answered(centre.answer(await sent(duty, chain, 0)));
  return { chain, centre, duty };
}

describe('before the centre was heard', () => {
  test('a new gateway signs the checkpoint of block 0, and nothing newer', async () => {
    const chain = new MemoryChain(40);
    const duty = dutyOn(chain);
    expect(sizeOf(await sent(duty, chain, 0))).toBe(1);
    for (let nowMs = 0; nowMs < 10 * intervalMs; nowMs += 1_000) {
      const again = await duty.due(nowMs);
      if (again !== undefined) expect(sizeOf(again)).toBe(1);
    }
    expect(chain.signedSizes).toEqual([1]);
    expect(duty.status).toMatchObject({ heard: false, waitingSize: 1 });
  });

  test('one that ran before sends the newest that it signed, and nothing newer', async () => {
    const chain = new MemoryChain(10);
    await chain.checkpoint();
    chain.addBlocks(5);
    const duty = dutyOn(chain);
    expect(sizeOf(await sent(duty, chain, 0))).toBe(10);
    expect(chain.signedSizes).toEqual([10]);
  });
});

test('what is not answered goes again after 5, 10, 20, 40 and each 60 s, the same', async () => {
  const chain = new MemoryChain(3);
  const duty = dutyOn(chain);
  const sentMs: number[] = [];
  const anchors = new Set<number>();
  for (let nowMs = 0; nowMs <= 200_000; nowMs += 1_000) {
    const anchor = await duty.due(nowMs);
    if (anchor === undefined) continue;
    sentMs.push(nowMs);
    anchors.add(sizeOf(anchor));
  }
  expect(sentMs).toEqual([0, 5_000, 15_000, 35_000, 75_000, 135_000, 195_000]);
  expect(anchors).toEqual(new Set([1]));
});

test('when the broker is there again it goes at once', async () => {
  const chain = new MemoryChain(3);
  const duty = dutyOn(chain);
  await sent(duty, chain, 0);
  expect(await duty.due(1)).toBeUndefined();
  duty.connected();
  await sent(duty, chain, 2);
});

describe('once the centre was heard', () => {
  test('an anchor covers all that is durable, once an interval, and waits for its receipt', async () => {
    const { chain, centre, duty } = await heard(5);
    expect(chain.committed).toHaveLength(1);
    const second = await sent(duty, chain, 10);
    expect(sizeOf(second)).toBe(6);
    chain.addBlocks(20);
    await duty.answered(centre.answer(second));
    expect(chain.newestReceipt).toMatchObject({ size: 6, mainSize: 3 });
    expect(await duty.due(intervalMs - 1)).toBeUndefined();
    const third = await sent(duty, chain, 10 + intervalMs);
    expect(sizeOf(third)).toBe(chain.size());
    await duty.answered(centre.answer(third));
    expect(chain.newestReceipt).toMatchObject({ size: 27, mainSize: 4 });
    expect(duty.status).toMatchObject({ heard: true, receiptCount: 3, waitingSize: undefined });
  });

  test('after an outage one anchor covers it whole', async () => {
    const { chain, centre, duty } = await heard(2);
    const lost = await sent(duty, chain, 10);
    chain.addBlocks(1_000);
    const again = await sent(duty, chain, 3_600_000);
    expect(sizeOf(again)).toBe(sizeOf(lost));
    await duty.answered(centre.answer(again));
    const all = await sent(duty, chain, 3_600_001);
    expect(sizeOf(all)).toBe(chain.size());
    await duty.answered(centre.answer(all));
    expect(centre.log.leaves).toHaveLength(4);
  });

  test('a receipt that comes twice, or after its successor, is committed once', async () => {
    const { chain, centre, duty } = await heard(5);
    const second = await sent(duty, chain, 10);
    const answer = centre.answer(second);
    await duty.answered(answer);
    await duty.answered(answer);
    await duty.answered(centre.answer(second));
    const third = await sent(duty, chain, 10 + intervalMs);
    await duty.answered(centre.answer(third));
    await duty.answered(answer);
    expect(chain.committed).toHaveLength(3);
    expect(duty.status).toMatchObject({ refusal: undefined, receiptCount: 3 });
  });

  test('a proof from another size is made when the centre asks, at once', async () => {
    const { chain, centre, duty } = await heard(5);
    // Its receipt is lost with the process, the anchor is not.
    centre.answer(await sent(duty, chain, 10));
    const older = chain.copy();
    older.newestCosigned = await chain.cosigned();
    older.addBlocks(3);
    const restarted = dutyOn(older);
    await restarted.answered({ kind: 'base', size: 3 });
    const anchor = await sent(restarted, older, 0);
    expect(openAnchor(anchor)).toMatchObject({ value: { anchor: { from: 3 } } });
    await restarted.answered({ kind: 'base', size: 6 });
    await restarted.answered(centre.answer(await sent(restarted, older, 1)));
    expect(older.newestReceipt).toMatchObject({ size: 6 });
  });

  test('a receipt that the chain cannot take now is asked for again', async () => {
    const { chain, centre, duty } = await heard(5);
    const second = await sent(duty, chain, 10);
    chain.commitFailure = new TielineError('outbox-full', 'full', { retry: 'transient' });
    await expect(duty.answered(centre.answer(second))).rejects.toMatchObject({
      code: 'outbox-full',
    });
    expect(duty.status).toMatchObject({ waitingSize: 6, receiptCount: 1 });
    chain.commitFailure = undefined;
    await duty.answered(centre.answer(await sent(duty, chain, 5_010)));
    expect(duty.status).toMatchObject({ waitingSize: undefined, receiptCount: 2 });
  });
});

test('killed before its receipt, it gets it for the same anchor', async () => {
  const { chain, centre, duty } = await heard(5);
  centre.answer(await sent(duty, chain, 10));
  chain.addBlocks(4);
  const restarted = dutyOn(chain);
  const again = await sent(restarted, chain, 0);
  expect(sizeOf(again)).toBe(6);
  await restarted.answered(centre.answer(again));
  expect(chain.newestReceipt).toMatchObject({ size: 6, mainSize: 3 });
  expect(centre.log.leaves).toHaveLength(3);
});

describe('a refusal', () => {
  test('of its anchor is shown until a receipt comes, and the anchor goes again', async () => {
    const { chain, centre, duty } = await heard(5);
    const second = await sent(duty, chain, 10);
    await duty.answered(refusal(second, 'policy'));
    expect(duty.status.refusal).toBe('policy: as the test wants');
    await duty.answered(centre.answer(await sent(duty, chain, 5_010)));
    expect(duty.status.refusal).toBeUndefined();
  });

  test('of what others sent in its name, or of a summary, is not its own', async () => {
    const { chain, duty } = await heard(5);
    await duty.answered(refusal(Uint8Array.of(1), 'malformed'));
    const second = await sent(duty, chain, 10);
    await duty.answered(refusal(Uint8Array.of(1), 'malformed'));
    await duty.answered({ ...refusal(second, 'proof'), what: 'summary' } as Answer);
    await duty.answered({ kind: 'stored', height: 1, indexes: [0] });
    expect(duty.status).toMatchObject({ refusal: undefined, waitingSize: 6 });
  });
});

describe('in company', () => {
  /** Three members; the gateway leads. */
  function company(blockCount = 5) {
    const chain = new MemoryChain(blockCount);
    chain.members = [gateway, stranger, testSigner(9)];
    return { chain, centre: new CentreTwin(), duty: dutyOn(chain) };
  }

  test('the leader anchors all that is durable at once: the members watch each other', async () => {
    const { chain, centre, duty } = company();
    const anchor = await sent(duty, chain, 0);
    expect(sizeOf(anchor)).toBe(5);
    await duty.answered(centre.answer(anchor));
    expect(duty.status).toMatchObject({ onDuty: true, receiptCount: 1 });
  });

  test('another says nothing, and commits no receipt that it hears', async () => {
    const { chain, centre, duty } = company();
    const anchor = await sent(duty, chain, 0);
    chain.leading = stranger.keyId;
    expect(await duty.due(1)).toBeUndefined();
    await duty.answered(centre.answer(anchor));
    expect(chain.committed).toEqual([]);
    expect(duty.status).toMatchObject({ onDuty: false, waitingSize: undefined, heard: true });
    expect(duty.patienceMs).toBe(6 * intervalMs);
  });

  test('it takes over after so long a silence, until another brings a receipt', async () => {
    const { chain, centre, duty } = company();
    chain.leading = stranger.keyId;
    chain.silence = 6 * intervalMs;
    await duty.answered(centre.answer(await sent(duty, chain, 0)));
    expect(duty.patienceMs).toBe(0);
    chain.silence = 0;
    chain.addBlocks(3);
    await duty.answered(centre.answer(await sent(duty, chain, intervalMs)));
    expect(duty.status).toMatchObject({ onDuty: true, receiptCount: 2 });
    chain.addBlocks(3);
    chain.newestReceipt = { size: 12, mainSize: 9, mainRoot: new Uint8Array(32), height: 12 };
    expect(await duty.due(2 * intervalMs)).toBeUndefined();
    expect(duty.status.onDuty).toBe(false);
  });

  test('what another has brought first is done', async () => {
    const { chain, centre, duty } = company();
    const anchor = await sent(duty, chain, 0);
    chain.isOutrun = true;
    await duty.answered(centre.answer(anchor));
    expect(duty.status).toMatchObject({ receiptCount: 0, waitingSize: undefined });
  });

  test('a receipt over blocks that are still on their way is waited for', async () => {
    const { chain, centre, duty } = company();
    const ahead = chain.copy();
    ahead.addBlocks(3);
    const note = ahead.noteBy([stranger, testSigner(9)], ahead.size());
    const anchor = { note, from: 0, consistency: [], receiptSize: 0 };
    centre.take(signAnchor(anchor, chainId, stranger));
    await sent(duty, chain, 0);
    await duty.answered({ kind: 'stale', message: centre.message(0) });
    expect(chain.committed).toEqual([]);
    expect(duty.status).toMatchObject({ waitingSize: 5, refusal: undefined });
  });

  test('one that a member has signed who was revoked since is signed anew, at once', async () => {
    const { chain, centre, duty } = company();
    await sent(duty, chain, 0);
    chain.revoked = [stranger.keyId];
    chain.addBlocks(1);
    const anchor = await sent(duty, chain, 1);
    expect(sizeOf(anchor)).toBe(6);
    await duty.answered(centre.answer(anchor));
    expect(duty.status).toMatchObject({ receiptCount: 1, waitingSize: undefined });
  });

  test('one that too few have signed, now that there are more voters, is signed anew', async () => {
    const { chain, duty } = company();
    chain.members = [gateway, stranger];
    await sent(duty, chain, 0);
    expect(await duty.due(1)).toBeUndefined();
    chain.members = [gateway, stranger, testSigner(9), testSigner(10)];
    chain.addBlocks(1);
    const anchor = await duty.due(2);
    expect(anchor && sizeOf(anchor)).toBe(6);
  });

  test('without enough members it tries again soon', async () => {
    const { chain, duty } = company();
    const { checkpoint } = chain;
    const cutOff = new TielineError('no-quorum', 'alone', { retry: 'transient' });
    Object.assign(chain, { checkpoint: () => Promise.reject(cutOff) });
    await expect(duty.due(0)).rejects.toBe(cutOff);
    Object.assign(chain, { checkpoint });
    expect(await duty.due(limits.resendMsMin - 1)).toBeUndefined();
    expect(sizeOf(await sent(duty, chain, limits.resendMsMin))).toBe(5);
  });
});

describe('a copy that must not go on', () => {
  const rollback = { code: 'rollback', retry: 'fatal' };

  test('is older than what the main log holds', async () => {
    const { chain, centre, duty } = await heard(5);
    const copy = chain.copy();
    chain.addBlocks(10);
    await duty.answered(centre.answer(await sent(duty, chain, 10)));
    const old = dutyOn(copy);
    const answer = centre.answer(await sent(old, copy, 0));
    expect(answer.kind).toBe('stale');
    await expect(old.answered(answer)).rejects.toMatchObject({
      ...rollback,
      message: 'the main log holds 16 blocks of this chain, this copy only 6: it is an older copy',
    });
    expect(copy.committed).toEqual([]);
  });

  test('has forked from what the main log holds', async () => {
    const { chain, centre, duty } = await heard(5);
    const copy = chain.copy();
    chain.addBlocks(10);
    await duty.answered(centre.answer(await sent(duty, chain, 10)));
    for (let i = 0; i < 20; i++) copy.addBlock([Uint8Array.of(i)]);
    const forked = dutyOn(copy);
    await expect(forked.answered(centre.answer(await sent(forked, copy, 0)))).rejects.toMatchObject(
      {
        ...rollback,
        message: 'the main log holds another history of 16 blocks: this copy has forked from it',
      },
    );
    expect(copy.signedSizes).toEqual([]);
  });

  test('knows less of what it signed than the main log shows', async () => {
    const { chain, centre, duty } = await heard(5);
    const copy = chain.copy();
    await duty.answered(centre.answer(await sent(duty, chain, 10)));
    copy.addBlocks(5);
    const old = dutyOn(copy);
    await expect(old.answered(centre.answer(await sent(old, copy, 0)))).rejects.toMatchObject({
      ...rollback,
      message: 'this gateway has co-signed 6 blocks, this copy knows of 1',
    });
  });
});

describe('a receipt that does not hold stops nothing and is not committed', () => {
  async function expectRefused(message: (centre: CentreTwin) => Uint8Array, why: RegExp) {
    const { chain, centre, duty } = await heard(5);
    centre.answer(await sent(duty, chain, 10));
    await duty.answered({ kind: 'receipt', message: message(centre) });
    expect(duty.status.refusal).toMatch(why);
    expect(duty.status).toMatchObject({ waitingSize: 6, receiptCount: 1 });
    expect(chain.committed).toHaveLength(1);
  }

  test('a main log that forgot what it said before', () =>
    expectRefused((centre) => {
      const other = new MainLogTwin(centre.log.signers, mainGenesisBytes);
      const { anchor = new Uint8Array() } = centre.taken ?? {};
      for (const leaf of [Uint8Array.of(1), Uint8Array.of(2)]) other.append(leaf);
      const lying = new CentreTwin();
      lying.log.leaves.splice(0, lying.log.leaves.length, ...other.leaves);
      lying.take(anchor);
      return lying.message(2);
    }, /the main log is not an extension of the one known/));

  test('signed by a key that the genesis does not name', () =>
    expectRefused(
      (centre) => centre.message(2, { signers: [testSigner(99)] }),
      /signed by a key the chain does not know/,
    ));

  test('over an anchor that no member signed', () =>
    expectRefused((centre) => {
      const opened = openAnchor(centre.taken?.anchor ?? new Uint8Array());
      assert(opened.ok, 'an anchor is well formed');
      centre.take(signAnchor(opened.value.anchor, chainId, stranger));
      return centre.message(2);
    }, /is no member of this chain/));

  test('too large for an entry, or not one at all', async () => {
    await expectRefused(() => new Uint8Array(limits.receiptMessageBytesMax + 1), /no entry/);
    await expectRefused(() => Uint8Array.of(0xff), /cbor|form/);
  });
});

// SPDX-License-Identifier: Apache-2.0
// The main ledger alone: what each anchor and enrolment leads to. RFC 9162 proofs and C2SP
// checkpoints are real; redelivery, reorder and a change of duty are never an accusation, a
// policy-satisfying fork is.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { assert } from '../../../base/assert.ts';
import { leafHash, rootOf } from '../../../base/merkle.ts';
import { nodeSuite } from '../../../base/node-suite.ts';
import { HistoryTree } from '../../../base/tree.ts';
import { MainLedger } from '../../../dispatch/ledger/main-ledger.ts';
import type { Change, Outcomes } from '../../../dispatch/ledger/transaction.ts';
import { openAnchor } from '../../../sidechain/chain/anchor.ts';
import { mainLeafHash } from '../../../sidechain/chain/receipt-message.ts';
import { type ChainOptions, type FakeChain, makeChain, signerOf } from './fake-chain.ts';
import { enrolmentOf, mainGenesis, mainLog, regulator } from './fake-main-log.ts';

const suite = nodeSuite;
const timeMs = 1_767_225_700_000;

function newLedger(): MainLedger {
  const noLeaves = { leafHashAt: () => new Uint8Array() };
  return MainLedger.begin(suite, mainGenesis, new HistoryTree(suite, noLeaves)).ledger;
}

function enrolled(options: Partial<ChainOptions> = {}): { ledger: MainLedger; chain: FakeChain } {
  const ledger = newLedger();
  const chain = makeChain(mainLog, { seed: 5, ...options });
  enrol(ledger, chain);
  return { ledger, chain };
}

function enrol(ledger: MainLedger, chain: FakeChain): void {
  const { outcome } = ledger.enrol({ kind: 'enrol', ...enrolmentOf(chain) }, { timeMs });
  assert(outcome.kind === 'enrolled', 'the chain of the test is enrolled');
}

function send(
  ledger: MainLedger,
  bytes: Uint8Array,
  acceptedRoot?: Uint8Array,
): { outcome: Outcomes['anchor']; changes: readonly Change[] } {
  const anchor = openAnchor(bytes);
  assert(anchor.ok, 'the anchor of the test can be read');
  return ledger.anchor({ kind: 'anchor', anchor: anchor.value }, { timeMs, acceptedRoot });
}

describe('enrolment', () => {
  test('a genesis signed for by a dispatcher is taken, and once more changes nothing', () => {
    const ledger = newLedger();
    const chain = makeChain(mainLog, { seed: 5 });
    const request = { kind: 'enrol', ...enrolmentOf(chain) } as const;
    const first = ledger.enrol(request, { timeMs });
    expect(first.outcome).toMatchObject({ kind: 'enrolled', isNew: true });
    expect(first.changes.map(({ kind }) => kind)).toEqual(['enrolled']);
    const again = ledger.enrol(request, { timeMs });
    expect(again).toMatchObject({ outcome: { kind: 'enrolled', isNew: false }, changes: [] });
    expect(ledger.chainCount).toBe(1);
  });

  test('enrolling again does not reset what was anchored', () => {
    const { ledger, chain } = enrolled();
    send(ledger, chain.anchor());
    enrol(ledger, chain);
    expect(ledger.chain(chain.chainId)?.anchored?.size).toBe(1);
  });

  test.each([
    ['by one without that right', () => enrolmentOf(makeChain(mainLog, { seed: 5 }), regulator)],
    ['by a stranger', () => enrolmentOf(makeChain(mainLog, { seed: 5 }), signerOf(99))],
    [
      'for another genesis',
      () => ({
        ...enrolmentOf(makeChain(mainLog, { seed: 5 })),
        enrolment: enrolmentOf(makeChain(mainLog, { seed: 6 })).enrolment,
      }),
    ],
    [
      'altered after signing',
      () => {
        const request = enrolmentOf(makeChain(mainLog, { seed: 5 }));
        const enrolment = request.enrolment.slice();
        enrolment[enrolment.length - 1] = (enrolment.at(-1) as number) ^ 1;
        return { ...request, enrolment };
      },
    ],
  ])('refused where it is signed %s', (_, request) => {
    const ledger = newLedger();
    const { outcome, changes } = ledger.enrol({ kind: 'enrol', ...request() }, { timeMs });
    expect(outcome).toMatchObject({ kind: 'refused', code: 'enrolment' });
    expect(changes).toEqual([]);
    expect(ledger.chainCount).toBe(0);
  });

  test.each([
    ['another id', { id: new Uint8Array(32) }],
    ['another origin', { origin: 'other.example/main' }],
    ['other keys', { keys: [{ publicKey: signerOf(77).publicKey, name: 'grid' }] }],
    ['more keys', { keys: [...mainLog.keys, { publicKey: signerOf(77).publicKey, name: 'b' }] }],
  ])('refused where the genesis pins %s of the main log', (_, altered) => {
    const chain = makeChain({ ...mainLog, ...altered }, { seed: 5 });
    const { outcome } = newLedger().enrol({ kind: 'enrol', ...enrolmentOf(chain) }, { timeMs });
    expect(outcome).toMatchObject({ kind: 'refused', code: 'main-log' });
  });

  test('a member key of small order is refused (RFC 8032, strict)', () => {
    const weak = { publicKey: new Uint8Array(32), role: 'voter', name: 'weak' } as const;
    const founder = signerOf(500);
    const chain = makeChain(mainLog, {
      seed: 5,
      altered: {
        members: [{ publicKey: founder.publicKey, role: 'voter', name: 'gate-0' }, weak],
      },
    });
    const { outcome } = newLedger().enrol({ kind: 'enrol', ...enrolmentOf(chain) }, { timeMs });
    expect(outcome).toMatchObject({ kind: 'refused', code: 'genesis' });
  });
});

describe('anchors', () => {
  test('each newer one is a leaf of the log, RFC 9162, after the genesis', () => {
    const { ledger, chain } = enrolled();
    const anchors: Uint8Array[] = [];
    for (const size of [1, 4, 9]) {
      const from = chain.size === 1 && anchors.length === 0 ? 0 : chain.size;
      chain.addBlocks(size - chain.size);
      anchors.push(chain.anchor({ from }));
      const { outcome } = send(ledger, anchors.at(-1) as Uint8Array);
      expect(outcome).toMatchObject({ kind: 'receipt', logIndex: anchors.length });
    }
    const leaves = [leafHash(suite, mainGenesis), ...anchors.map((a) => mainLeafHash(suite, a))];
    expect(ledger.tree.root()).toEqual(rootOf(suite, leaves));
    expect(ledger.chain(chain.chainId)?.anchored).toEqual({
      size: 9,
      root: chain.root(),
      logIndex: 3,
    });
  });

  test('redelivered, or of the same checkpoint by another member on duty: the same receipt', () => {
    const { ledger, chain } = enrolled();
    const bytes = chain.anchor();
    send(ledger, bytes);
    for (const again of [bytes, chain.anchor({ by: 2, cosigners: [0, 1] })]) {
      const { outcome, changes } = send(ledger, again);
      expect(outcome).toEqual({ kind: 'receipt', logIndex: 1, from: 0 });
      expect(changes).toEqual([]);
    }
    expect(ledger.tree.size).toBe(2);
  });

  test('an older one after a newer is stale, and the newest receipt is given', () => {
    const { ledger, chain } = enrolled();
    chain.addBlocks(5);
    const older = chain.anchor({ size: 3 });
    send(ledger, chain.anchor());
    expect(send(ledger, older)).toEqual({
      outcome: { kind: 'stale', logIndex: 1, from: 0 },
      changes: [],
    });
  });

  test('proven from another size than the last: asked for again from there', () => {
    const { ledger, chain } = enrolled();
    send(ledger, chain.anchor());
    chain.addBlocks(3);
    send(ledger, chain.anchor({ from: 1 }));
    chain.addBlocks(3);
    expect(send(ledger, chain.anchor({ from: 1 })).outcome).toEqual({ kind: 'base', size: 4 });
    expect(send(ledger, chain.anchor({ from: 0 })).outcome).toEqual({ kind: 'base', size: 4 });
    expect(send(ledger, chain.anchor({ from: 4 })).outcome).toMatchObject({ kind: 'receipt' });
  });

  test('of a chain that is not enrolled', () => {
    const stranger = makeChain(mainLog, { seed: 6 });
    expect(send(newLedger(), stranger.anchor()).outcome).toMatchObject({ code: 'unknown-chain' });
  });

  test.each<[string, string, (chain: FakeChain) => Uint8Array]>([
    ['sent by no member', 'unknown-signer', (chain) => chain.anchor({ by: 77 })],
    ['co-signed by one of three', 'policy', (chain) => chain.anchor({ cosigners: [1] })],
    ['co-signed by nobody', 'policy', (chain) => chain.anchor({ cosigners: [] })],
    ['co-signed by a stranger', 'cosignature', (chain) => chain.anchor({ cosigners: [0, 1, 77] })],
    [
      'with a co-signature of another checkpoint',
      'cosignature',
      (chain) => {
        const cut = (bytes: Uint8Array) => {
          const opened = openAnchor(bytes);
          assert(opened.ok, 'readable');
          return opened.value.anchor.note.split('\n\n') as [string, string];
        };
        const [body] = cut(chain.anchor({ size: 2 }));
        const [, lines] = cut(chain.anchor({ size: 1 }));
        const [own] = (cut(chain.anchor({ size: 2 }))[1] as string).split('\n');
        const others = lines.split('\n').slice(1).join('\n');
        return chain.anchor({ altered: { note: `${body}\n\n${own}\n${others}` } });
      },
    ],
    [
      'whose consistency proof is another',
      'consistency',
      (chain) => chain.anchor({ altered: { consistency: [new Uint8Array(32)] } }),
    ],
    [
      'that holds a receipt of a log larger than this one',
      'log-rolled-back',
      (chain) => chain.anchor({ receiptSize: 17 }),
    ],
  ])('%s is refused as %s and changes nothing', (_, code, forge) => {
    const { ledger, chain } = enrolled();
    chain.addBlocks(3);
    const { outcome, changes } = send(ledger, forge(chain));
    expect(outcome).toMatchObject({ kind: 'refused', code });
    expect(changes).toEqual([]);
    expect(ledger.tree.size).toBe(1);
    expect(ledger.chain(chain.chainId)?.quarantined).toBe(false);
  });

  test('a flipped bit anywhere in it is never taken', () => {
    const { ledger, chain } = enrolled({ members: 1 });
    const good = chain.anchor();
    for (let bit = 0; bit < good.length * 8; bit++) {
      const forged = good.slice();
      forged[bit >> 3] = (forged[bit >> 3] as number) ^ (1 << (bit & 7));
      const anchor = openAnchor(forged);
      if (!anchor.ok) continue;
      const { outcome } = ledger.anchor(
        { kind: 'anchor', anchor: anchor.value },
        { timeMs, acceptedRoot: undefined },
      );
      expect(outcome.kind).toBe('refused');
    }
    expect(ledger.tree.size).toBe(1);
  });

  test('class prevent with one liar of four needs three', () => {
    const policy = { class: 'prevent', faulty: 1 } as const;
    const { ledger, chain } = enrolled({ members: 4, policy });
    expect(send(ledger, chain.anchor({ cosigners: [0, 3] })).outcome).toMatchObject({
      code: 'policy',
    });
    expect(send(ledger, chain.anchor({ cosigners: [0, 2, 3] })).outcome.kind).toBe('receipt');
  });
});

describe('forks', () => {
  test('another root at the newest size, co-signed: quarantined with its evidence', () => {
    const { ledger, chain } = enrolled();
    chain.addBlocks(3);
    send(ledger, chain.anchor());
    const fork = chain.forkAt(3);
    const bytes = fork.anchor({ cosigners: [1, 2], by: 2 });
    const { outcome, changes } = send(ledger, bytes);
    expect(outcome).toMatchObject({ kind: 'refused', code: 'fork' });
    expect(changes).toMatchObject([{ kind: 'quarantined', size: 4, bytes }]);
    chain.addBlock();
    expect(send(ledger, chain.anchor({ from: 4 })).outcome).toMatchObject({ code: 'quarantined' });
  });

  test('another root at a size accepted earlier', () => {
    const { ledger, chain } = enrolled();
    chain.addBlocks(3);
    const accepted = chain.root();
    send(ledger, chain.anchor());
    chain.addBlocks(3);
    send(ledger, chain.anchor({ from: 4 }));
    expect(send(ledger, chain.forkAt(3).anchor(), accepted).outcome).toMatchObject({
      code: 'fork',
    });
  });

  test('below the policy it is refused, and the chain goes on', () => {
    const { ledger, chain } = enrolled();
    chain.addBlocks(3);
    send(ledger, chain.anchor());
    const fork = chain.forkAt(3);
    expect(send(ledger, fork.anchor({ cosigners: [2] })).outcome).toMatchObject({ code: 'policy' });
    chain.addBlock();
    expect(send(ledger, chain.anchor({ from: 4 })).outcome.kind).toBe('receipt');
  });

  test('a longer fork cannot prove that it extends what was accepted', () => {
    const { ledger, chain } = enrolled();
    chain.addBlocks(3);
    send(ledger, chain.anchor());
    const fork = chain.forkAt(3);
    fork.addBlocks(2);
    const outcome = send(ledger, fork.anchor({ from: 4 })).outcome;
    expect(outcome).toMatchObject({ kind: 'refused', code: 'consistency' });
  });

  test('quarantines that chain alone', () => {
    const { ledger, chain } = enrolled();
    const other = makeChain(mainLog, { seed: 8 });
    enrol(ledger, other);
    chain.addBlock();
    send(ledger, chain.anchor());
    send(ledger, chain.forkAt(1).anchor());
    expect(send(ledger, other.anchor()).outcome.kind).toBe('receipt');
  });
});

test('whatever comes in whatever order, the newest only grows and two ledgers agree', () => {
  const chain = makeChain(mainLog, { seed: 5 });
  chain.addBlocks(11);
  const sends = fc.array(fc.record({ size: fc.integer({ min: 1, max: 12 }), from: fc.nat(12) }), {
    minLength: 1,
    maxLength: 12,
  });
  fc.assert(
    fc.property(sends, (order) => {
      const [one, two] = [newLedger(), newLedger()];
      enrol(one, chain);
      enrol(two, chain);
      let newest = 0;
      for (const { size, from } of order) {
        const bytes = chain.anchor({ size, from: Math.min(from, size) });
        const { outcome } = send(one, bytes);
        expect(send(two, bytes).outcome).toEqual(outcome);
        const next = one.chain(chain.chainId)?.anchored?.size ?? 0;
        expect(next).toBeGreaterThanOrEqual(newest);
        expect(next > newest).toBe(outcome.kind === 'receipt' && size > newest);
        newest = next;
      }
      expect(one.tree.root()).toEqual(two.tree.root());
    }),
    { seed: 2, numRuns: 30 },
  );
});

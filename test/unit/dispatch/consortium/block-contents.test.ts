// SPDX-License-Identifier: Apache-2.0
// What may stand beside what in a block: whatever has a place there comes to the same in any order.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { assert } from '../../../../base/assert.ts';
import { keyIdOf } from '../../../../base/ids.ts';
import { limits } from '../../../../base/limits.ts';
import { nodeSuite as suite } from '../../../../base/node-suite.ts';
import type { MainLedger } from '../../../../dispatch/ledger/main-ledger.ts';
import type { Transaction } from '../../../../dispatch/ledger/transaction.ts';
import { BlockContents } from '../../../../dispatch/ordering/consortium/block-contents.ts';
import { openAnchor } from '../../../../sidechain/chain/anchor.ts';
import { signEnrolment } from '../../../../sidechain/chain/enrolment.ts';
import type { RegistryChange } from '../../../../sidechain/chain/main-registry-change.ts';
import {
  consortiumLog,
  newConsortiumLedger,
  personByRole,
  proposalOf,
  recordOf,
  timeMs,
} from '../consortium-log.ts';
import { type FakeChain, makeChain } from '../fake-chain.ts';

function anchorOf(bytes: Uint8Array) {
  const opened = openAnchor(bytes);
  assert(opened.ok, 'the anchor of the test can be read');
  return { kind: 'anchor', anchor: opened.value } as const;
}

/** Chains A and B stand in the ledger with an anchor each; C and D do not. */
function worldOf() {
  const chainOf = (seed: number) => makeChain(consortiumLog, { seed, members: 1 });
  const [a, b, c, d] = [chainOf(51), chainOf(52), chainOf(53), chainOf(54)] as const;
  const enrol = ({ genesisBytes, chainId }: FakeChain): Transaction => {
    const said = { chainId, name: 'street', timeMs };
    const enrolled = signEnrolment(said, consortiumLog.id, personByRole.local);
    return { kind: 'enrol', genesis: genesisBytes, enrolment: enrolled };
  };
  const first = [enrol(a), enrol(b), anchorOf(a.anchor()), anchorOf(b.anchor())];
  const begin = () => {
    const ledger = newConsortiumLedger();
    for (const transaction of first) ledger.apply(transaction, context);
    return ledger;
  };
  for (const one of [a, b]) one.addBlock();
  const fork = a.forkAt(0);
  const pool: readonly Transaction[] = [
    ...[a, b].map((one) => anchorOf(one.anchor({ from: 1 }))),
    anchorOf(fork.anchor({ size: 1 })),
    ...[c, d].map(enrol),
    anchorOf(c.anchor()),
    { kind: 'record', record: recordOf('command', personByRole.dispatch) },
    { kind: 'govern', statement: proposalOf([removeLocal]) },
    {
      kind: 'govern',
      statement: proposalOf([dismissedDispatcher]),
    },
  ];
  return { begin, pool };
}

const context = { timeMs, acceptedRoot: undefined, reportCount: 0, recordIndex: undefined };
const dismissedDispatcher: RegistryChange = {
  kind: 'remove-person',
  keyId: keyIdOf(suite, personByRole.dispatch.publicKey),
};
const removeLocal: RegistryChange = { kind: 'remove-organisation', name: 'south' };

/** Indexes of those that have a place, in the order they came. */
function placed(ledger: MainLedger, offered: readonly Transaction[]): readonly Transaction[] {
  const contents = new BlockContents(suite, ledger.chainCount);
  return offered.filter((transaction) => {
    const judged = ledger.judge(transaction, context);
    return judged.changes.length > 0 && contents.add(transaction, judged) === undefined;
  });
}

function resultOf(ledger: MainLedger, pool: readonly Transaction[], block: readonly Transaction[]) {
  const outcomes = new Map<number, readonly [string, string, readonly string[]]>();
  for (const transaction of block) {
    const { outcome, changes } = ledger.apply(transaction, context);
    const code = outcome.kind === 'refused' ? outcome.code : '';
    outcomes.set(pool.indexOf(transaction), [outcome.kind, code, changes.map(({ kind }) => kind)]);
  }
  const { registry, version, pending } = ledger.governance;
  const size = ledger.tree.size;
  const sorted = [...outcomes].sort(([a], [b]) => a - b);
  return { outcomes: sorted, registry, version, pending, size, chains: ledger.chainCount };
}

test('what has a place in one block comes to the same in any order', () => {
  const { begin, pool } = worldOf();
  let several = 0;
  let alone = 0;
  const orders = fc.tuple(
    fc.shuffledSubarray([...pool], { minLength: 2 }),
    fc.infiniteStream(fc.nat()),
  );
  fc.assert(
    fc.property(orders, ([offered, numbers]) => {
      const ledger = begin();
      const block = placed(ledger, offered);
      const judged = block.map((one) => ledger.judge(one, context).outcome.kind);
      const weights = new Map(block.map((one) => [one, numbers.next().value ?? 0]));
      const shuffled = [...block].sort((x, y) => (weights.get(x) ?? 0) - (weights.get(y) ?? 0));
      const result = resultOf(ledger, pool, block);
      expect(resultOf(begin(), pool, shuffled)).toEqual(result);
      // Each is what it was judged to be.
      const byIndex = block.map((one, i) => [pool.indexOf(one), judged[i]] as const);
      expect(result.outcomes.map(([index, [kind]]) => [index, kind])).toEqual(
        [...byIndex].sort(([x], [y]) => x - y),
      );
      if (block.length > 1) several++;
      if (judged.includes('taken')) alone++;
    }),
    { seed: 64, numRuns: 24 },
  );
  expect([several > 5, alone > 0]).toEqual([true, true]);
});

test('new chains in a block are no more than there is room for', () => {
  const ledger = newConsortiumLedger();
  const contents = new BlockContents(suite, limits.chainsMax - 1);
  const added = [61, 62].map((seed) => {
    const { genesisBytes: genesis, chainId } = makeChain(consortiumLog, { seed });
    const said = { chainId, name: 'street', timeMs };
    const signed = signEnrolment(said, consortiumLog.id, personByRole.local);
    const transaction = { kind: 'enrol', genesis, enrolment: signed } as const;
    return contents.add(transaction, ledger.judge(transaction, context));
  });
  expect(added).toEqual([undefined, 'more new chains than there is room for']);
});

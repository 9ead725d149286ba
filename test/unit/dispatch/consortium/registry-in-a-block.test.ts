// SPDX-License-Identifier: Apache-2.0
// A change of the registry, by which all else is judged, stands alone in a block; and what waited
// beside it is judged by the new one at once.

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { assert } from '../../../../base/assert.ts';
import { toHex } from '../../../../base/bytes.ts';
import { keyIdOf } from '../../../../base/ids.ts';
import { nodeSuite as suite } from '../../../../base/node-suite.ts';
import type { Transaction } from '../../../../dispatch/ledger/transaction.ts';
import { encodeTransaction } from '../../../../dispatch/ledger/transaction-codec.ts';
import { openAnchor } from '../../../../sidechain/chain/anchor.ts';
import { signEnrolment } from '../../../../sidechain/chain/enrolment.ts';
import { signProposal, signVote } from '../../../../sidechain/chain/governance.ts';
import type { RegistryChange } from '../../../../sidechain/chain/main-registry-change.ts';
import { type FakeChain, makeChain, signerOf, startMs } from '../fake-chain.ts';
import { dispatcher, mainLog, officers, TestNetwork } from './network.ts';

let network: TestNetwork;
let chain: FakeChain;

beforeEach(async () => {
  network = await TestNetwork.begin();
  chain = makeChain(mainLog, { seed: 5 });
  const taken = submit(0, enrolment(chain));
  await settle();
  await network.block();
  expect(await taken).toMatchObject({ kind: 'enrolled' });
});
afterEach(async () => {
  for (const { failures } of network.nodes) expect(failures).toEqual([]);
  await network.end();
});

function enrolment(of: FakeChain) {
  const { chainId, genesisBytes: genesis } = of;
  const said = { chainId, name: 'street', timeMs: startMs };
  return {
    kind: 'enrol',
    genesis,
    enrolment: signEnrolment(said, mainLog.id, dispatcher),
  } as const;
}

function anchorOf(bytes: Uint8Array) {
  const opened = openAnchor(bytes);
  assert(opened.ok, 'the anchor of the test can be read');
  return { kind: 'anchor', anchor: opened.value } as const;
}

function submit(node: number, transaction: Transaction) {
  return network.node(node).ordering.submit(transaction);
}

/** What was submitted has reached the mempool. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
}

const dismissal: RegistryChange = {
  kind: 'remove-person',
  keyId: keyIdOf(suite, dispatcher.publicKey),
};

function proposal(changes: readonly RegistryChange[], by = 0) {
  const content = { version: 1, changes, reason: 'a stolen key', timeMs: startMs };
  return {
    kind: 'govern',
    statement: signProposal(content, mainLog.id, officers[by] ?? dispatcher),
  } as const;
}

function vote({ statement }: { readonly statement: Uint8Array }, by: number) {
  const id = suite.sha256(statement);
  return {
    kind: 'govern',
    statement: signVote(id, mainLog.id, officers[by] ?? dispatcher),
  } as const;
}

function newcomer(): RegistryChange {
  const { publicKey } = signerOf(7_400);
  return {
    kind: 'person',
    person: { publicKey, name: 'nora', roles: ['dispatch'], organisation: 'east' },
  };
}

function kindsOf(height: number): number {
  return network.blocks[height - 1]?.transactions.length ?? 0;
}

describe('a change of the registry', () => {
  test('that came first stands alone, and what waits is judged by it, at once', async () => {
    const dismissed = submit(0, proposal([dismissal]));
    const late = submit(1, enrolment(makeChain(mainLog, { seed: 6 })));
    await settle();
    await network.block();
    expect(kindsOf(2)).toBe(1);
    expect(await dismissed).toMatchObject({ kind: 'taken', version: 1 });
    // No block had to refuse it.
    expect(await late).toMatchObject({ kind: 'refused', code: 'enrolment' });
    expect(network.blocks).toHaveLength(2);
  });

  test('that came later waits for the next block, and what came before it is taken', async () => {
    const early = submit(1, enrolment(makeChain(mainLog, { seed: 6 })));
    await settle();
    const dismissed = submit(0, proposal([dismissal]));
    await settle();
    await network.block();
    expect(await early).toMatchObject({ kind: 'enrolled' });
    await network.block();
    expect(await dismissed).toMatchObject({ kind: 'taken', version: 1 });
    expect([kindsOf(2), kindsOf(3)]).toEqual([1, 1]);
  });

  test('proposed beside anything else is refused by name, in either order', async () => {
    const act = encodeTransaction(proposal([dismissal]));
    const anchor = encodeTransaction(anchorOf(chain.anchor()));
    for (const transactions of [
      [act, anchor],
      [anchor, act],
    ]) {
      const accepted = await network.block({ proposer: 3, transactions });
      expect(accepted).toEqual([false, false, false, false]);
    }
    expect(network.node(0).application.refused).toEqual({ 'proposal/west': 2 });
  });

  test('by votes: they wait beside anchors, and the last of them alone changes anything', async () => {
    const proposed = proposal([newcomer()]);
    const statements = [proposed, vote(proposed, 1), vote(proposed, 2)] as const;
    const anchored: Promise<unknown>[] = [];
    const governed = [];
    for (const [i, statement] of statements.entries()) {
      governed.push(submit(i, statement));
      await settle();
      anchored.push(submit(3, anchorOf(chain.anchor({ from: i === 0 ? 0 : chain.size - 1 }))));
      await settle();
      await network.block();
      if (i === 2) await network.block();
      await anchored.at(-1);
      chain.addBlock();
    }
    expect(await Promise.all(governed)).toMatchObject([
      { kind: 'pending', needed: 3 },
      { kind: 'pending' },
      { kind: 'taken', version: 1 },
    ]);
    expect(await Promise.all(anchored)).toMatchObject(
      statements.map(() => expect.objectContaining({ kind: 'receipt' })),
    );
    expect([2, 3, 4, 5].map(kindsOf)).toEqual([2, 2, 1, 1]);
    const names = network.nodes.map(({ ordering }) =>
      ordering.governance.registry.persons.map(({ name }) => name),
    );
    for (const persons of names) expect(persons).toContain('nora');
    expect(new Set(network.nodes.map((one) => toHex(one.application.applied.appHash))).size).toBe(
      1,
    );
  });
});

// SPDX-License-Identifier: Apache-2.0
// Votes of the organisations: what they change, how many it takes, and that nothing that was signed counts
// twice, elsewhere or after a change.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { keyIdOf } from '../../../base/ids.ts';
import { limits } from '../../../base/limits.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import type { Signer } from '../../../base/suite.ts';
import type { MainLedger } from '../../../dispatch/ledger/main-ledger.ts';
import { decodeAct, signProposal, signVote } from '../../../sidechain/chain/governance.ts';
import type { MainRole } from '../../../sidechain/chain/main-registry.ts';
import type { RegistryChange } from '../../../sidechain/chain/main-registry-change.ts';
import { mainLeafHash } from '../../../sidechain/chain/receipt-message.ts';
import {
  agency,
  east,
  govern,
  keeper,
  newConsortiumLedger,
  north,
  officers,
  pass,
  personByRole,
  proposalOf,
  recordOf,
  south,
  timeMs,
  voteFor,
} from './consortium-log.ts';
import { signerOf } from './fake-chain.ts';

const newcomer = signerOf(300);

function addPerson(
  options: { roles?: readonly MainRole[]; organisation?: string; by?: Signer } = {},
): RegistryChange {
  const { roles = ['dispatch'], organisation = 'north', by = newcomer } = options;
  const { publicKey } = by;
  return { kind: 'person', person: { publicKey, name: 'Nora', roles, organisation } };
}

function dismiss(signer: Signer): RegistryChange {
  return { kind: 'remove-person', keyId: keyIdOf(suite, signer.publicKey) };
}

const removeEast: RegistryChange = { kind: 'remove-organisation', name: 'east' };

function registryOf(ledger: MainLedger) {
  return ledger.governance.registry;
}

describe('a proposal', () => {
  test('waits until more than two thirds have signed, and is taken with the last of them', () => {
    const ledger = newConsortiumLedger();
    const proposal = proposalOf([addPerson()], { reason: 'the night shift' });
    const first = govern(ledger, proposal);
    expect(first.outcome).toMatchObject({ kind: 'pending', needed: 3, proposal: { votes: [] } });
    expect(first.changes.map(({ kind }) => kind)).toEqual(['proposed']);
    const second = govern(ledger, voteFor(proposal, south));
    expect(second.outcome).toMatchObject({ kind: 'pending' });
    expect(second.changes.map(({ kind }) => kind)).toEqual(['voted']);
    expect(registryOf(ledger).persons.map(({ name }) => name)).not.toContain('Nora');
    const third = govern(ledger, voteFor(proposal, agency));
    expect(third.outcome).toEqual({ kind: 'taken', version: 1, logIndex: 1 });
    expect(registryOf(ledger).persons.map(({ name }) => name)).toContain('Nora');
    expect(ledger.governance.pending).toEqual([]);
  });

  test('once taken stands in the log as an act that holds every signature', () => {
    const ledger = newConsortiumLedger();
    const proposal = proposalOf([addPerson()]);
    govern(ledger, proposal);
    const votes = [voteFor(proposal, south), voteFor(proposal, agency)];
    const [change] = votes.map((vote) => govern(ledger, vote)).at(-1)?.changes ?? [];
    if (change?.kind !== 'registry-changed') throw new Error('the change was not made');
    const act = decodeAct(change.act);
    // In the order of their names, whoever came first.
    expect(act).toMatchObject({ ok: true, value: { proposal, votes: [...votes].reverse() } });
    expect(change.leaf).toMatchObject({ index: 1, hash: mainLeafHash(suite, change.act) });
  });

  test('sent once more, before or after it is taken, changes nothing', () => {
    const ledger = newConsortiumLedger();
    const proposal = proposalOf([addPerson()]);
    govern(ledger, proposal);
    expect(govern(ledger, proposal)).toMatchObject({ outcome: { kind: 'pending' }, changes: [] });
    for (const by of [south, south]) govern(ledger, voteFor(proposal, by));
    expect(ledger.governance.pending[0]?.votes).toHaveLength(1);
    govern(ledger, voteFor(proposal, east));
    for (const statement of [proposal, voteFor(proposal, east), voteFor(proposal, agency)]) {
      const again = govern(ledger, statement);
      expect(again).toEqual({ outcome: { kind: 'taken', version: 1, logIndex: 1 }, changes: [] });
    }
    expect(ledger.tree.size).toBe(2);
  });

  test('of an organisation takes the place of the one it had open, and that one’s votes', () => {
    const ledger = newConsortiumLedger();
    const first = proposalOf([addPerson()]);
    govern(ledger, first);
    govern(ledger, voteFor(first, south));
    const second = proposalOf([removeEast]);
    expect(govern(ledger, second).outcome).toMatchObject({ proposal: { votes: [] } });
    expect(govern(ledger, voteFor(first, agency)).outcome).toMatchObject({
      kind: 'refused',
      code: 'unknown-proposal',
    });
    expect(ledger.governance.pending).toHaveLength(1);
  });

  test('is open once for each organisation that votes, and no more', () => {
    const ledger = newConsortiumLedger();
    for (const by of [...officers, ...officers]) {
      for (const reason of ['a', 'b']) govern(ledger, proposalOf([addPerson()], { by, reason }));
    }
    expect(ledger.governance.pending).toHaveLength(4);
  });
});

describe('nothing counts', () => {
  test.each<[string, string, () => Uint8Array]>([
    ['of a stranger', 'unknown-signer', () => proposalOf([addPerson()], { by: newcomer })],
    [
      'of a person',
      'unknown-signer',
      () => proposalOf([addPerson()], { by: personByRole.dispatch }),
    ],
    ['of a key of the log', 'unknown-signer', () => proposalOf([addPerson()], { by: keeper })],
    [
      'under another’s key id',
      'signature',
      () => proposalOf([addPerson()], { by: { ...newcomer, keyId: north.keyId } }),
    ],
    [
      'signed for another main log',
      'signature',
      () =>
        signProposal(
          { version: 1, changes: [addPerson()], timeMs, reason: '' },
          new Uint8Array(32),
          north,
        ),
    ],
    ['for the registry as it is', 'version', () => proposalOf([addPerson()], { version: 0 })],
    ['for a registry to come', 'version', () => proposalOf([addPerson()], { version: 2 })],
    ['that is a record', 'malformed', () => recordOf('rule', personByRole.dispatch)],
    ['that is nothing', 'malformed', () => new Uint8Array()],
    ['that is too long', 'malformed', () => new Uint8Array(limits.entryBytesMax + 1)],
  ])('%s', (_, code, statement) => {
    const ledger = newConsortiumLedger();
    expect(govern(ledger, statement())).toMatchObject({
      outcome: { kind: 'refused', code },
      changes: [],
    });
    expect(ledger.governance).toMatchObject({ version: 0, pending: [] });
  });

  test('of a vote for another proposal, another log, or none', () => {
    const ledger = newConsortiumLedger();
    const proposal = proposalOf([addPerson()]);
    govern(ledger, proposal);
    const other = voteFor(proposalOf([removeEast]), south);
    expect(govern(ledger, other).outcome).toMatchObject({ code: 'unknown-proposal' });
    const elsewhere = signVote(suite.sha256(proposal), new Uint8Array(32).fill(1), south);
    expect(govern(ledger, elsewhere).outcome).toMatchObject({ code: 'signature' });
    const posing = voteFor(proposal, { ...newcomer, keyId: south.keyId });
    expect(govern(ledger, posing).outcome).toMatchObject({ code: 'signature' });
    expect(ledger.governance.pending[0]?.votes).toEqual([]);
  });

  test('of what was open before a change: votes and proposals die with the version', () => {
    const ledger = newConsortiumLedger();
    const old = proposalOf([addPerson()], { by: east });
    govern(ledger, old);
    govern(ledger, voteFor(old, south));
    pass(ledger, [removeEast], [north, south, agency]);
    // Of three, three have to vote; the one that left and what it had begun count for nothing.
    expect(govern(ledger, voteFor(old, agency)).outcome).toMatchObject({
      code: 'unknown-proposal',
    });
    expect(govern(ledger, old).outcome).toMatchObject({ code: 'unknown-signer' });
    const next = proposalOf([addPerson()], { version: 2 });
    govern(ledger, next);
    expect(govern(ledger, voteFor(next, east)).outcome).toMatchObject({ code: 'unknown-signer' });
    expect(govern(ledger, voteFor(next, south)).outcome).toMatchObject({
      kind: 'pending',
      needed: 3,
    });
    expect(govern(ledger, voteFor(next, agency)).outcome).toMatchObject({ kind: 'taken' });
  });

  test('of an act that is played again after the next one', () => {
    const ledger = newConsortiumLedger();
    const add = proposalOf([addPerson()]);
    const votes = [add, voteFor(add, south), voteFor(add, agency)];
    for (const statement of votes) govern(ledger, statement);
    pass(ledger, [dismiss(newcomer)]);
    for (const statement of votes) govern(ledger, statement);
    expect(registryOf(ledger).persons.map(({ name }) => name)).not.toContain('Nora');
    expect(ledger.governance).toMatchObject({ version: 2, pending: [] });
  });

  test('of any statement with a bit flipped', () => {
    const ledger = newConsortiumLedger();
    const proposal = proposalOf([addPerson()]);
    govern(ledger, proposal);
    const vote = voteFor(proposal, south);
    fc.assert(
      fc.property(fc.nat(8 * vote.length - 1), (bit) => {
        const flipped = vote.slice();
        flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
        expect(govern(ledger, flipped).outcome.kind).toBe('refused');
      }),
      { seed: 66, numRuns: 300 },
    );
  });
});

describe('organisations', () => {
  test('one that removes itself is counted until it is gone', () => {
    const ledger = newConsortiumLedger();
    const outcome = pass(ledger, [removeEast], [east, north, south]);
    expect(outcome).toMatchObject({ kind: 'taken' });
    expect(registryOf(ledger).organisations.map(({ name }) => name)).not.toContain('east');
    expect(pass(ledger, [addPerson()], [north, south])).toMatchObject({
      kind: 'pending',
      needed: 3,
    });
  });

  test('one with another governance key votes with that one alone', () => {
    const ledger = newConsortiumLedger();
    const next = signerOf(310);
    const organisation = {
      name: 'south',
      roles: ['dispatch', 'local'] as const,
      governanceKey: next.publicKey,
    };
    pass(ledger, [{ kind: 'organisation', organisation }], [north, east, agency]);
    const proposal = proposalOf([addPerson()], { version: 2 });
    govern(ledger, proposal);
    expect(govern(ledger, voteFor(proposal, south)).outcome).toMatchObject({
      code: 'unknown-signer',
    });
    govern(ledger, voteFor(proposal, next));
    expect(govern(ledger, voteFor(proposal, east)).outcome).toMatchObject({ kind: 'taken' });
  });

  test('one that goes takes its persons with it', () => {
    const ledger = newConsortiumLedger();
    const south: RegistryChange = { kind: 'remove-organisation', name: 'south' };
    expect(pass(ledger, [south], [north, east, agency])).toMatchObject({ kind: 'taken' });
    expect(registryOf(ledger).persons.map(({ organisation }) => organisation)).not.toContain(
      'south',
    );
  });

  test('one alone dismisses its own persons at once, and nobody else’s', () => {
    const ledger = newConsortiumLedger();
    expect(govern(ledger, proposalOf([dismiss(personByRole.dispatch)])).outcome).toMatchObject({
      kind: 'taken',
    });
    const foreign = proposalOf([dismiss(personByRole.local)], { version: 2 });
    expect(govern(ledger, foreign).outcome).toMatchObject({ kind: 'pending' });
  });

  test('one alone cannot do anything else beside a dismissal', () => {
    const ledger = newConsortiumLedger();
    const both = proposalOf([dismiss(personByRole.dispatch), addPerson()]);
    expect(govern(ledger, both).outcome).toMatchObject({ kind: 'pending' });
  });

  test.each([
    [1, 1],
    [2, 2],
    [3, 3],
    [4, 3],
    [5, 4],
    [6, 5],
    [7, 5],
    [10, 7],
  ])('of %i it takes %i', (count, needed) => {
    const ledger = newConsortiumLedger();
    const names = ['south', 'east', 'agency'];
    const removed = names.slice(0, Math.max(0, 4 - count));
    const added = Array.from({ length: Math.max(0, count - 4) }, (_, i) => i);
    const changes: RegistryChange[] = [
      ...removed.map((name): RegistryChange => ({ kind: 'remove-organisation', name })),
      ...added.map(
        (i): RegistryChange => ({
          kind: 'organisation',
          organisation: {
            name: `west ${i}`,
            roles: [],
            governanceKey: signerOf(400 + i).publicKey,
          },
        }),
      ),
    ];
    if (changes.length > 0) pass(ledger, changes);
    const version = ledger.governance.version + 1;
    const { outcome } = govern(ledger, proposalOf([addPerson()], { version }));
    if (needed === 1) expect(outcome).toMatchObject({ kind: 'taken' });
    else expect(outcome).toMatchObject({ kind: 'pending', needed });
  });
});

test('statements in any order lead two ledgers to the same log, and to one that votes allow', () => {
  const proposals = officers.map((by, i) =>
    proposalOf([i % 2 === 0 ? addPerson() : removeEast], { by }),
  );
  const votes = proposals.flatMap((proposal) => officers.map((by) => voteFor(proposal, by)));
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...proposals, ...votes), { maxLength: 40 }),
      (statements) => {
        const [one, other] = [newConsortiumLedger(), newConsortiumLedger()];
        for (const statement of statements) {
          const { outcome } = govern(one, statement);
          expect(govern(other, statement).outcome).toEqual(outcome);
        }
        expect(other.tree.root()).toEqual(one.tree.root());
        expect(other.governance).toEqual(one.governance);
        expect(one.tree.size).toBe(1 + one.governance.version);
        expect(one.governance.version).toBeLessThanOrEqual(1);
      },
    ),
    { seed: 67, numRuns: 8 },
  );
});

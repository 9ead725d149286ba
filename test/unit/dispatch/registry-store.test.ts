// SPDX-License-Identifier: Apache-2.0
// The registry and records on the disk: after a restart, and after a death at any write, the centre has what
// it said that it has, and the receipts of records and acts hold.

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { assert } from '../../../base/assert.ts';
import { toHex } from '../../../base/bytes.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import type { Outcomes } from '../../../dispatch/ledger/transaction.ts';
import { encodeRegistry } from '../../../dispatch/store/registry-column.ts';
import { checkStatementReceipts } from '../../../sidechain/chain/receipt-message.ts';
import {
  agency,
  consortiumGenesis,
  consortiumLog,
  keeper,
  north,
  personByRole,
  proposalOf,
  recordOf,
  south,
  voteFor,
} from './consortium-log.ts';
import { TestCentre } from './test-centre.ts';

let centre: TestCentre;
beforeEach(async () => {
  centre = await TestCentre.begin({ genesis: consortiumGenesis, signer: keeper });
});
afterEach(() => centre.end());

const removeEast = proposalOf([{ kind: 'remove-organisation', name: 'east' }]);
const statements = [removeEast, voteFor(removeEast, south), voteFor(removeEast, agency)];
const records = ['one', 'two', 'two', 'three'].map((content) =>
  recordOf('command', personByRole.dispatch, content),
);

function govern(statement: Uint8Array): Promise<Outcomes['govern']> {
  return centre.centre.ordering.submit({ kind: 'govern', statement });
}

function put(record: Uint8Array): Promise<Outcomes['record']> {
  return centre.centre.ordering.submit({ kind: 'record', record });
}

/** What the ledger has in memory, with bytes as text. */
function shown() {
  const { registry, version, pending, newest } = centre.centre.ordering.governance;
  return {
    registry: toHex(encodeRegistry(registry)),
    version,
    pending: pending.map(({ id, organisation, bytes, votes }) => [
      ...[toHex(id), organisation, toHex(bytes)],
      ...votes.map((vote) => [vote.organisation, toHex(vote.bytes)]),
    ]),
    newest: newest && [toHex(newest.proposalId), newest.logIndex],
  };
}

async function restart(): Promise<void> {
  await centre.stop();
  await centre.start();
}

/** The receipt of what stands there, checked with what a chain pins. */
async function receiptOf(logIndex: number) {
  const message = await centre.centre.ordering.receipt(logIndex, { from: 0 });
  const { anchor: statement, receipts } = message;
  const given = { receipts, mainLog: consortiumLog };
  return { statement, checked: checkStatementReceipts(suite, statement, given) };
}

describe('governance', () => {
  test('goes on where it was after each step and restart', async () => {
    for (const [i, statement] of statements.entries()) {
      const outcome = await govern(statement);
      expect(outcome.kind).toBe(i < 2 ? 'pending' : 'taken');
      const before = shown();
      await restart();
      expect(shown()).toEqual(before);
      // Once more, as one does who has not heard the answer.
      expect((await govern(statement)).kind).toBe(outcome.kind);
    }
    const { registry, version } = centre.centre.ordering.governance;
    expect(version).toBe(1);
    expect(registry.organisations.map(({ name }) => name)).not.toContain('east');
  });

  test('has an act with a receipt', async () => {
    for (const statement of statements) await govern(statement);
    await restart();
    const { statement, checked } = await receiptOf(1);
    expect(checked).toMatchObject({ ok: true, value: { index: 1 } });
    expect(statement.length).toBeGreaterThan(removeEast.length);
  });

  test('a death at any write leaves the one before or the one after, and can be gone on from', async () => {
    for (const statement of statements) {
      await centre.stop();
      await centre.start({ crash: { write: 0, when: 'before' } });
      await expect(govern(statement)).rejects.toThrow();
      await centre.kill();
      await centre.start({ crash: { write: 0, when: 'after' } });
      await expect(govern(statement)).rejects.toThrow();
      await centre.kill();
      await centre.start();
      expect(['pending', 'taken']).toContain((await govern(statement)).kind);
    }
    expect(centre.centre.ordering.governance.version).toBe(1);
    expect((await receiptOf(1)).checked.ok).toBe(true);
  });
});

describe('records', () => {
  test('of one batch are taken once each, in their order, and have receipts that hold', async () => {
    const outcomes = await Promise.all(records.map(put));
    expect(outcomes).toEqual([
      { kind: 'receipt', logIndex: 1, isNew: true },
      { kind: 'receipt', logIndex: 2, isNew: true },
      { kind: 'receipt', logIndex: 2, isNew: false },
      { kind: 'receipt', logIndex: 3, isNew: true },
    ]);
    await restart();
    for (const [i, record] of [records[0], records[1], records[3]].entries()) {
      assert(record !== undefined, 'a record');
      expect(await put(record)).toEqual({ kind: 'receipt', logIndex: i + 1, isNew: false });
      const { statement, checked } = await receiptOf(i + 1);
      expect(toHex(statement)).toBe(toHex(record));
      expect(checked).toMatchObject({ ok: true, value: { index: i + 1 } });
    }
  });

  test('are proven by the same receipt again, whatever came after', async () => {
    const [first] = records;
    assert(first !== undefined, 'a record');
    await put(first);
    const before = await centre.centre.ordering.receipt(1, { from: 0 });
    for (const record of records) await put(record);
    await restart();
    expect(await centre.centre.ordering.receipt(1, { from: 0 })).toEqual(before);
  });

  test('that were changed on the disk are proven by nothing', async () => {
    const [first] = records;
    assert(first !== undefined, 'a record');
    await put(first);
    await centre.stop();
    await centre.alter("UPDATE record SET bytes = x'00'");
    await centre.start();
    expect((await receiptOf(1)).checked.ok).toBe(false);
  });

  test('of a person whom an act of the same batch dismisses are judged in their order', async () => {
    const { dispatch } = personByRole;
    const dismissal = proposalOf([{ kind: 'remove-person', keyId: dispatch.keyId as never }], {
      by: north,
    });
    const [before, taken, after] = await Promise.all([
      put(recordOf('rule', dispatch, 'before')),
      govern(dismissal),
      put(recordOf('rule', dispatch, 'after')),
    ]);
    expect(before).toMatchObject({ kind: 'receipt', logIndex: 1 });
    expect(taken).toMatchObject({ kind: 'taken', logIndex: 2 });
    expect(after).toMatchObject({ kind: 'refused', code: 'unknown-signer' });
  });
});

// SPDX-License-Identifier: Apache-2.0
// The table of chains says the same of each chain, whether it is kept as values or in bytes.

import { expect, test } from 'vitest';
import { assert } from '../../../base/assert.ts';
import { limits } from '../../../base/limits.ts';
import { nodeSuite } from '../../../base/node-suite.ts';
import type { ChainRecord } from '../../../dispatch/ledger/chain-record.ts';
import { ChainTable } from '../../../dispatch/ledger/chain-table.ts';
import { judgeEnrolment } from '../../../dispatch/ledger/judge-enrolment.ts';
import { openMainGenesis } from '../../../sidechain/chain/main-genesis.ts';
import { makeChain } from './fake-chain.ts';
import { enrolmentOf, mainGenesis, mainLog } from './fake-main-log.ts';

const main = openMainGenesis(nodeSuite, mainGenesis);
assert(main.ok, 'the genesis of the test holds');
const judged = judgeEnrolment(nodeSuite, enrolmentOf(makeChain(mainLog, { seed: 5 })), {
  registry: main.value.genesis,
  mainLogs: [mainLog],
});
assert(judged.ok, 'the chain of the test is enrolled');
const record = judged.value;

const numbered = (number: number): ChainRecord => ({
  ...record,
  chainId: nodeSuite.sha256(Uint8Array.of(number >> 16, number >> 8, number)),
  name: `chain ${number}`,
});

/** More than are kept as values. */
const others = Array.from({ length: 2 * limits.chainsUnpackedMax }, (_, i) => numbered(i));

test('a record that was not used for long is as it was set', () => {
  const table = new ChainTable([]);
  const anchored = { size: 7, root: new Uint8Array(32).fill(9), logIndex: 3 };
  const member = record.members[0];
  assert(member !== undefined, 'a chain has members');
  const members = [...record.members.slice(1), { ...member, revoked: false, name: 'renamed' }].map(
    (one, place) => ({ ...one, raftId: place + 1 }),
  );
  const changed = { ...record, anchored, members, version: 1, distrusted: [member.keyId] };
  table.set(record);
  expect(table.get(record.chainId)).toBe(record);
  table.set({ ...record, quarantined: true });
  table.set(changed);
  for (const other of others) table.set(other);
  const found = table.get(record.chainId);
  expect(found).not.toBe(changed);
  expect(found).toEqual(changed);
  expect(table.count).toBe(others.length + 1);
});

test('what is set again keeps its members, also after they were put into bytes', () => {
  const table = new ChainTable([]);
  for (const other of others) table.set(other);
  const first = others[0] as ChainRecord;
  const found = table.get(first.chainId);
  assert(found !== undefined, 'the first is in the table');
  table.set({ ...found, quarantined: true });
  for (const other of others.slice(1)) table.set(other);
  expect(table.get(first.chainId)).toEqual({ ...first, quarantined: true });
});

test('who is not there is not found', () => {
  expect(new ChainTable([]).get(record.chainId)).toBeUndefined();
});

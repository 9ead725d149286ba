// SPDX-License-Identifier: Apache-2.0
// A leader that is told to end, as `systemctl restart` does, hands over before it goes: the member it
// names leads next, and no batch of any gateway is lost or doubled by it.

import { expect, test } from 'vitest';
import { readChainRecord } from './harness/chain-record.ts';
import { leaderOf, newCompany, settled, statusOf, withoutMeters } from './harness/company.ts';
import { tieline } from './harness/network.ts';
import { until } from './harness/until.ts';

const restartCount = 3;

test('a leader that is restarted under load hands over first, and nothing is lost', async () => {
  const company = await newCompany({ periodMs: 250 });
  const { gateways } = company;
  await Promise.all(gateways.map(({ program }) => program.start()));
  for (let i = 0; i < restartCount; i++) {
    const leader = await leaderOf(gateways);
    const { ledger } = await statusOf(leader);
    // Known to all as voters that are heard: one that has just begun is not handed anything.
    await until('the others are heard', async () => {
      const { peers } = (await statusOf(leader)).ledger;
      return peers.every(({ height }) => (height ?? 0) >= ledger.height) || undefined;
    });
    const { program } = leader;
    const before = program.events('handing-over').length;
    const { term } = (await statusOf(leader)).ledger;
    expect(await program.stop()).toMatchObject({ code: 0 });
    const [handing, ...more] = program.events('handing-over').slice(before);
    expect(more).toEqual([]);
    const next = await leaderOf(gateways.filter((one) => one !== leader));
    expect(next.name).toBe(handing?.to);
    // One term on: nobody has campaigned because a leader was missed.
    expect((await statusOf(next)).ledger.term).toBe(term + 1);
    await program.start();
  }
  for (const { program } of gateways) await program.stop();
  await Promise.all(gateways.map(withoutMeters));
  await Promise.all(gateways.map(({ program }) => program.start()));
  await settled(gateways);
  for (const { program } of gateways) await program.stop();
  const records = await Promise.all(gateways.map(({ data }) => readChainRecord(data)));
  for (const record of records) expect(record.batches).toEqual(records[0]?.batches);
  for (const { keyId, data } of gateways) {
    const own = records[0]?.batches.filter(({ gateway }) => gateway === keyId) ?? [];
    const numbers = own.map(({ sequence }) => sequence);
    expect(numbers.length).toBeGreaterThan(restartCount);
    expect(numbers).toEqual(numbers.map((_, i) => i + 1));
    const audit = await tieline('chain', 'verify', '--data', data);
    expect(audit, audit.out + audit.errors).toMatchObject({ code: 0 });
  }
});

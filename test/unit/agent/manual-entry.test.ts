// SPDX-License-Identifier: Apache-2.0
// What a person enters at any gateway of a chain: it stands on all of them, shown with its origin.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { askManualEntries } from '../../../agent/ask-gateway.ts';
import { enterManually, manualValueOf } from '../../../agent/enter-manually.ts';
import { manualRoutes } from '../../../agent/manual-route.ts';
import { statusRoutes } from '../../../agent/status.ts';
import { fromHex, toHex } from '../../../base/bytes.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { startHttp } from '../../../host/http.ts';
import { createLog } from '../../../host/log.ts';
import type { ManualEntry } from '../../../sidechain/chain/manual-entry.ts';
import type { NodeId } from '../../../sidechain/raft/entry.ts';
import { engineer, startMs } from '../chain/fixture.ts';
import { Cluster } from '../sidechain/cluster.ts';
import { TestDatabase, temporaryDirectory } from '../sidechain/rig.ts';
import { alone } from './statuses.ts';

const log = createLog({ level: 'error', write: () => {} });

/** Key file of the test signer of this number. */
async function keyFileOf(number: number): Promise<string> {
  const path = join(temporaryDirectory(), 'person.key');
  const prefix = fromHex('302e020100300506032b657004220420') ?? new Uint8Array();
  const der = Buffer.from([...prefix, ...new Uint8Array(32).fill(number)]).toString('base64');
  const text = `-----BEGIN PRIVATE KEY-----\n${der}\n-----END PRIVATE KEY-----\n`;
  await writeFile(path, text, { mode: 0o600 });
  return path;
}

async function apiOf(cluster: Cluster, id: NodeId) {
  const node = cluster.node(id);
  const database = new TestDatabase(cluster.member(id).dataDir, { readOnly: true });
  onTestFinished(() => database.close());
  const status = { ...alone, chain: toHex(node.chainId) };
  const routes = [...manualRoutes(suite, { node, database }), ...statusRoutes(async () => status)];
  const api = await startHttp({ host: '127.0.0.1', port: 0, log, routes });
  onTestFinished(() => api.close());
  return { http: { port: Number(new URL(api.url).port) } };
}

/** Time passes at the gateways until it is settled. */
async function whilePassing<T>(cluster: Cluster, work: Promise<T>): Promise<T> {
  let isSettled = false;
  const end = () => {
    isSettled = true;
  };
  work.then(end, end);
  while (!isSettled) await cluster.pass(1);
  return work;
}

const seen: Omit<ManualEntry, 'sequence'> = {
  kind: 'inspection',
  subject: 'meter 7',
  timeMs: startMs,
  values: [manualValueOf('1-0:1.8.0=12345.60kWh')],
  text: 'seal intact',
  reason: null,
};

test('what a person enters at a follower is on all members, as of that person', async () => {
  const cluster = await Cluster.start(3);
  const follower = cluster.followers[0]?.id ?? 0;
  const place = await apiOf(cluster, follower);
  const key = await keyFileOf(5);
  for (const sequence of [1, 2]) {
    const entered = await whilePassing(cluster, enterManually(place, key, seen));
    expect(entered).toMatchObject({ sequence, person: 'eve', keyId: toHex(engineer.keyId) });
  }
  await cluster.settled();
  for (const { id } of cluster.members) {
    const { entries, persons } = await askManualEntries(await apiOf(cluster, id));
    expect(persons).toEqual([{ name: 'eve', keyId: toHex(engineer.keyId), sequence: 2 }]);
    expect(entries.map(({ sequence }) => sequence)).toEqual([2, 1]);
    expect(entries[0]).toMatchObject({
      origin: 'manual',
      person: { name: 'eve', keyId: toHex(engineer.keyId) },
      values: [{ name: '1-0:1.8.0*255', value: '12345.60', unit: 'kWh' }],
      text: 'seal intact',
      timeMs: startMs,
    });
    expect(entries[0]?.blockTimeMs).toBeGreaterThan(startMs);
  }
  await cluster.audit();
});

test('whom the genesis does not name is told who may', async () => {
  const place = await apiOf(await Cluster.start(1), 1);
  await expect(enterManually(place, await keyFileOf(99), seen)).rejects.toMatchObject({
    code: 'no-operator',
    hint: expect.stringContaining('eve'),
  });
});

test.each([
  ['1-0:1.8.0=12345.60kWh', ['1-0:1.8.0*255', 1_234_560, -2, 'kWh']],
  ['oil-level=-7 %', ['oil-level', -7, 0, '%']],
  ['count=3', ['count', 3, 0, '']],
])('%s is a value', (text, value) => {
  expect(manualValueOf(text)).toEqual(value);
});

test.each(['=3', 'a=', 'a=1e3', 'a=1.', 'a=1,5kWh', '1-0:999.8.0=1', `a=${'9'.repeat(17)}`])(
  '%s is none, and the hint says how one is written',
  (text) => {
    expect(() => manualValueOf(text)).toThrow(
      expect.objectContaining({ code: 'manual-value', hint: expect.stringContaining('kWh') }),
    );
  },
);

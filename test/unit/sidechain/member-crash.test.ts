// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { Cluster } from './cluster.ts';
import type { Crash } from './rig.ts';

/**
 * A member that led alone, and has at the end of its log what nobody else has; the others have
 * gone on without it. Its own entry waits in its outbox.
 */
async function makeFork() {
  const cluster = await Cluster.start(3);
  const { id: old = 0 } = cluster.leader ?? {};
  const others = cluster.followers.map(({ id }) => id);
  void cluster.submit(old);
  await cluster.settled();
  cluster.network.isolate(old);
  void cluster.submit(old).catch(() => {});
  await cluster.pass(3);
  await cluster.until(() => others.some((id) => cluster.node(id).isLeader));
  for (const id of others) void cluster.submit(id);
  await cluster.until(() => others.every((id) => cluster.node(id).status().outbox.count === 0));
  const log = 'SELECT idx, term FROM log ORDER BY idx DESC LIMIT 1';
  const [fork] = (await cluster.member(old).database?.read(log)) ?? [];
  const restores: (() => void)[] = [];
  for (const { id } of cluster.members) restores.push(await cluster.keepCopy(id));
  cluster.network.heal();
  const restore = (): void => {
    for (const put of restores) put();
  };
  return { cluster, old, fork, restore };
}

/** Term of that entry now. */
async function termAt(cluster: Cluster, id: number, index: unknown): Promise<unknown> {
  const sql = 'SELECT term FROM log WHERE idx = ?';
  const [row] = (await cluster.member(id).database?.read(sql, [Number(index)])) ?? [];
  return row?.term;
}

async function rejoin(cluster: Cluster, old: number, crash: Crash | undefined): Promise<number> {
  for (const { id } of cluster.members) {
    await cluster.open(id, crash === undefined || id !== old ? {} : { crash });
  }
  const ended: unknown[] = [];
  const isCrashed = (): boolean => ended.length > 0;
  void cluster.node(old).finished.catch((error: { code?: string }) => ended.push(error.code));
  if (crash !== undefined) {
    await cluster.until(isCrashed);
    expect(ended, `${crash.moment} write ${crash.write}`).toEqual(['power-cut']);
    await cluster.stop(old);
    await cluster.open(old);
  }
  await cluster.settled();
  return cluster.member(old).database?.writeCount ?? 0;
}

test('a crash before or after any write of a member whose log is truncated', async () => {
  const { cluster, old, fork, restore } = await makeFork();
  const writeCount = await rejoin(cluster, old, undefined);
  expect(await termAt(cluster, old, fork?.idx)).toBeGreaterThan(Number(fork?.term));
  // Genesis; the old leader's two, and the one of each other.
  expect(await cluster.audit()).toBe(1 + 4);
  expect(writeCount).toBeGreaterThan(3);
  for (let write = 1; write <= 4; write++) {
    for (const moment of ['before', 'after'] as const) {
      restore();
      await rejoin(cluster, old, { write, moment });
      expect(await cluster.audit()).toBe(1 + 4);
    }
  }
});

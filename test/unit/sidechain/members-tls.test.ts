// SPDX-License-Identifier: Apache-2.0
import { expect, onTestFinished, test } from 'vitest';
import { createLog } from '../../../host/log.ts';
import { openNode, type SidechainNode } from '../../../sidechain/node.ts';
import { openTransport } from '../../../sidechain/transport/open-transport.ts';
import type { Address, Member, Transport } from '../../../sidechain/transport/transport.ts';
import { identity } from '../transport/mesh.ts';
import { Cluster, seeded } from './cluster.ts';
import { emptyBatch } from './empty-batch.ts';
import { eagerRules, nodeOptions, TestClock, TestDatabase } from './rig.ts';

/** Everything ten times as fast as on a gateway. */
function every(intervalMs: number, run: () => void): () => void {
  const timer = setInterval(run, intervalMs / 10);
  return () => clearInterval(timer);
}

const startedMs = performance.now();
const log = createLog({ level: 'error', human: false, write: () => {} });

/** The members of a chain, each behind a listener of its own on loopback. */
class TlsMembers {
  readonly #cluster: Cluster;
  readonly #addresses = new Map<number, Address>();
  readonly #transports = new Map<number, Transport>();
  readonly nodes = new Map<number, SidechainNode>();

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    onTestFinished(async () => {
      for (const node of this.nodes.values()) await node.close();
    });
  }

  async open(id: number): Promise<void> {
    const { signer, dataDir } = this.#cluster.member(id);
    const clock = new TestClock();
    const random = seeded(id * 104_729);
    const node = await openNode({
      ...nodeOptions(new TestDatabase(dataDir), clock, log, { signer, rules: eagerRules }),
      every,
      clock: {
        ...clock,
        state: clock.state,
        nowMs: () => clock.wallMs + this.#elapsedMs(),
        monotonicMs: () => this.#elapsedMs(),
      },
      random: (length) => Uint8Array.from({ length }, () => Math.floor(random() * 256)),
      transport: async (receiver) => {
        const transport = await openTransport({
          ...identity(10 + id),
          chainId: this.#cluster.chainId,
          listen: this.#addresses.get(id) ?? { host: '127.0.0.1', port: 0 },
          members: [],
          receiver,
          log,
          random,
          every,
        });
        this.#transports.set(id, transport);
        return transport;
      },
    });
    this.nodes.set(id, node);
    this.#meet();
  }

  async close(id: number): Promise<void> {
    await this.nodes.get(id)?.close();
    this.nodes.delete(id);
    this.#transports.delete(id);
  }

  batch(id: number) {
    const { signer } = this.#cluster.member(id);
    const sequence = this.nodes.get(id)?.nextSequence() ?? 0;
    return emptyBatch(sequence, { signer, chainId: this.#cluster.chainId });
  }

  /** All who are there get to know each other's addresses. */
  #meet(): void {
    for (const [id, transport] of this.#transports) {
      this.#addresses.set(id, transport.status().address);
    }
    const members = this.#cluster.members.map(
      ({ id, signer }): Member => ({
        id,
        publicKey: signer.publicKey,
        address: this.#addresses.get(id),
      }),
    );
    for (const transport of this.#transports.values()) transport.setMembers(members);
  }

  #elapsedMs(): number {
    return (performance.now() - startedMs) * 10;
  }
}

test('TLS 1.3 on loopback: three members agree, sign, lose their leader, and go on', async () => {
  const cluster = await Cluster.make(3);
  const members = new TlsMembers(cluster);
  for (const { id } of cluster.members) await members.open(id);
  const submit = (id: number) => members.nodes.get(id)?.submit(members.batch(id));
  const first = await Promise.all(cluster.members.map(({ id }) => submit(id)));
  expect(first.map((applied) => applied?.kind)).toEqual(Array(3).fill('accepted'));
  expect((await members.nodes.get(1)?.checkpoint())?.note.split('\n')).toHaveLength(3 + 1 + 3 + 1);

  const [leader = 0] = [...members.nodes].find(([, node]) => node.isLeader) ?? [];
  await members.close(leader);
  const others = [...members.nodes.keys()];
  const second = await Promise.all(others.map((id) => submit(id)));
  expect(second.map((applied) => applied?.kind)).toEqual(Array(2).fill('accepted'));

  await members.open(leader);
  expect(await submit(leader)).toMatchObject({ kind: 'accepted' });
  const last = await submit(others[0] ?? 0);
  const height = last?.height ?? 0;
  for (const node of members.nodes.values()) {
    await expect.poll(() => node.status().height, { timeout: 5_000 }).toBe(height);
  }
  for (const { id } of cluster.members) await members.close(id);
  expect(await cluster.audit()).toBe(1 + 3 + 2 + 2);
});

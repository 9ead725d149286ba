// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { Cluster, seeded } from './cluster.ts';

/** A chain on which everything goes wrong that may, and what was promised meanwhile. */
class Storm {
  readonly #cluster: Cluster;
  readonly #random: () => number;
  readonly #dead = new Set<number>();
  submitted = 0;
  acknowledged = 0;

  constructor(cluster: Cluster, seed: number) {
    this.#cluster = cluster;
    this.#random = seeded(seed);
    cluster.network.loses = () => this.#random() < 0.1;
    cluster.network.keeps = () => this.#random() < 0.2;
    for (const { id } of cluster.members) this.#watch(id);
  }

  async blow(rounds: number): Promise<void> {
    for (let i = 0; i < rounds; i++) {
      for (const { id } of this.#cluster.running) if (this.#random() < 0.5) this.#submit(id);
      await this.#cluster.pass(this.#upTo(6));
      for (const id of this.#dead) await this.#cluster.stop(id);
      this.#dead.clear();
      if (this.#random() < 0.3) this.#cluster.network.release();
      await this.#harm(this.#random());
    }
  }

  /** Nothing is lost any more, and all run. */
  async calm(): Promise<void> {
    const { network, members } = this.#cluster;
    network.loses = () => false;
    network.keeps = () => false;
    network.heal();
    network.release();
    for (const { id } of members) {
      await this.#cluster.stop(id);
      await this.#cluster.open(id);
    }
    await this.#cluster.settled();
  }

  async #harm(dice: number): Promise<void> {
    const { network, members, running } = this.#cluster;
    const down = members.find(({ node }) => node === undefined);
    const one = running[this.#upTo(running.length) - 1];
    if (dice < 0.1) network.isolate(this.#upTo(members.length));
    else if (dice < 0.3) network.heal();
    else if (dice < 0.4 && one !== undefined) await this.#cluster.stop(one.id);
    else if (dice < 0.6 && down !== undefined) {
      const moment = this.#random() < 0.5 ? 'before' : 'after';
      await this.#cluster.open(down.id, { crash: { write: this.#upTo(20), moment } });
      this.#watch(down.id);
    } else if (dice < 0.7) void one?.node?.checkpoint().catch(() => {});
  }

  #submit(id: number): void {
    this.submitted += 1;
    this.#cluster.submit(id).then(
      ({ kind }) => {
        expect(kind).not.toBe('refused');
        this.acknowledged += 1;
      },
      () => {},
    );
  }

  /** A member may die of a power cut, and of nothing else. */
  #watch(id: number): void {
    this.#cluster.node(id).finished.catch((error: { readonly code?: string }) => {
      expect(error.code).toBe('power-cut');
      this.#dead.add(id);
    });
  }

  #upTo(count: number): number {
    return 1 + Math.floor(this.#random() * count);
  }
}

test.each([
  [3, 1],
  [3, 2],
  [5, 3],
])('%d members in a storm, seed %d: alike, and true to their word', async (count, seed) => {
  const cluster = await Cluster.start(count);
  const storm = new Storm(cluster, seed);
  await storm.blow(30);
  await storm.calm();
  // What was submitted right before a power cut may be in the outbox or not: nobody was told.
  const entryCount = (await cluster.audit()) - 1;
  // How many depends on which messages the storm takes; of none there would be nothing to hold.
  expect(storm.acknowledged).toBeGreaterThan(0);
  expect(entryCount).toBeGreaterThanOrEqual(storm.acknowledged);
  expect(entryCount).toBeLessThanOrEqual(storm.submitted);
});

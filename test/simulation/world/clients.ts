// SPDX-License-Identifier: Apache-2.0
// Clients that have operations done, one after the other, and remember what was acknowledged; each
// asks again, somewhere else perhaps, until it is. And readers, who ask once.

import { isMember } from '../../../sidechain/raft/configuration/configuration.ts';
import type { Happening } from '../happening.ts';
import type { AcknowledgedOnce } from '../invariants/acknowledged-once.ts';
import type { Machine } from './machine.ts';
import type { Random } from './random.ts';
import type { World } from './world.ts';

type Client = {
  readonly client: number;
  number: number;
  /** What is not acknowledged yet is asked of this one. */
  home: Machine | undefined;
  isWaiting: boolean;
};

export class Clients {
  /** `finishing`: nothing new is begun. `silent`: nothing is asked again either. */
  mode: 'busy' | 'finishing' | 'silent' = 'busy';
  /** Whom they know of. */
  isKnown = (_: Machine): boolean => true;
  readonly #world: World;
  readonly #oracle: AcknowledgedOnce;
  readonly #random: Random;
  readonly #clients: readonly Client[];
  #readCount = 0;

  constructor(world: World, oracle: AcknowledgedOnce) {
    this.#world = world;
    this.#oracle = oracle;
    this.#random = world.random.stream('clients');
    this.#clients = Array.from({ length: world.weather.clients }, (_, client) => ({
      client,
      number: 0,
      home: undefined,
      isWaiting: false,
    }));
    world.watchers.push((happening) => this.#see(happening));
    for (const client of this.#clients) this.#plan(client);
    if (world.weather.readsPerMinute > 0) this.#planRead();
  }

  get areWaiting(): boolean {
    return this.#clients.some(({ isWaiting }) => isWaiting);
  }

  /** Each begins one more operation, unless it is at one. */
  demand(): void {
    this.mode = 'finishing';
    for (const client of this.#clients) if (!client.isWaiting) this.#begin(client);
  }

  #plan(client: Client): void {
    const { timeline, weather } = this.#world;
    const pauseMs = this.#random.untilNextMs(weather.operationsPerMinute / weather.clients);
    timeline.after(pauseMs, () => {
      if (this.mode === 'busy' && !client.isWaiting) this.#begin(client);
      this.#plan(client);
    });
  }

  #begin(client: Client): void {
    client.number += 1;
    client.isWaiting = true;
    this.#ask(client, client.number);
  }

  #ask(client: Client, number: number): void {
    const known = this.#world.running().filter((machine) => this.#isAsked(machine));
    if (known.length > 0 && this.mode !== 'silent') {
      const isLoyal =
        client.home !== undefined && known.includes(client.home) && this.#random.chance(0.4);
      if (!isLoyal) client.home = this.#random.any(known);
      const padding = this.#random.between(0, 60);
      client.home?.call((process) => process.submit({ client: client.client, number }, padding));
    }
    this.#world.timeline.after(this.#random.between(300, 3_000), () => {
      if (client.isWaiting && client.number === number) this.#ask(client, number);
    });
  }

  /** Strangers are asked, too; but who counts on an answer does not ask one who knows that it is none. */
  #isAsked(machine: Machine): boolean {
    const status = machine.process?.status();
    const isAmong = status !== undefined && isMember(status.configuration, machine.id);
    return this.isKnown(machine) && (isAmong || this.mode === 'busy');
  }

  #see(happening: Happening): void {
    if (happening.kind !== 'settled') return;
    const { member, operation } = happening;
    const client = this.#clients[operation.client];
    if (client === undefined || client.number !== operation.number || !client.isWaiting) return;
    if (client.home?.id !== member) return;
    client.isWaiting = false;
    this.#oracle.acknowledge(operation);
  }

  #planRead(): void {
    const { timeline, weather, tell } = this.#world;
    timeline.after(this.#random.untilNextMs(weather.readsPerMinute), () => {
      this.#planRead();
      const running = this.#world.running();
      if (running.length === 0 || this.mode !== 'busy') return;
      const machine = this.#random.any(running);
      this.#readCount += 1;
      const read = this.#readCount;
      tell({ kind: 'read-asked', member: machine.id, read });
      machine.call((process) => process.read(read));
    });
  }
}

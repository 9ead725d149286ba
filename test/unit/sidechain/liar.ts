// SPDX-License-Identifier: Apache-2.0
// A member played by hand, in the place of one that does not run: it gets itself elected and says
// what no honest leader says. It answers nothing that it is not told to.

import { type MemberMessage, toChannel } from '../../../sidechain/member-message.ts';
import type { Entry, Position } from '../../../sidechain/raft/entry.ts';
import type { PeerMessage } from '../../../sidechain/raft/message.ts';
import type { ChannelMessage, WireMessage } from '../../../sidechain/transport/transport.ts';
import type { Cluster } from './cluster.ts';

type Heard = { readonly from: number; readonly message: WireMessage };

export class Liar {
  readonly id: number;
  readonly heard: Heard[] = [];
  readonly #cluster: Cluster;
  #term = 0;
  #last: Position = { term: 0, index: 0 };

  private constructor(cluster: Cluster, id: number) {
    this.id = id;
    this.#cluster = cluster;
    cluster.network.join(id, {
      message: (from, message) => void this.heard.push({ from, message }),
      unreachable: () => {},
    });
  }

  /** Takes the place of a member, which ends, and the lead. */
  static async elected(cluster: Cluster, id: number): Promise<Liar> {
    await cluster.stop(id);
    const liar = new Liar(cluster, id);
    await liar.#campaign();
    return liar;
  }

  get term(): number {
    return this.#term;
  }

  get others(): readonly number[] {
    return this.#cluster.running.map(({ id }) => id);
  }

  say(to: number, message: MemberMessage): void {
    this.#cluster.network.forge(this.id, to, toChannel(message));
  }

  /** To all others. */
  send(message: PeerMessage): void {
    for (const to of this.others) this.#cluster.network.forge(this.id, to, { ...message, to });
  }

  /** Appends normal entries to all the others, and has them committed. */
  append(bodies: readonly Uint8Array[]): void {
    const previous = this.#last;
    const entries = bodies.map((data, i): Entry => {
      return { term: this.#term, index: previous.index + 1 + i, kind: 'normal', data };
    });
    this.#last = { term: this.#term, index: previous.index + entries.length };
    const commit = this.#last.index;
    this.send({ ...this.#envelope, kind: 'append', previous, entries, commit, session: 1 });
  }

  heartbeat(commit = 0): void {
    this.send({ ...this.#envelope, kind: 'heartbeat', commit, readRound: 0 });
  }

  /** Ticks of a tenth of a second, as the leader that lets itself be heard. */
  async lead(ticks: number): Promise<void> {
    for (let i = 0; i < ticks; i++) {
      this.heartbeat();
      await this.#cluster.pass(1);
    }
  }

  /** What it was told in messages of the members. */
  told(): readonly ChannelMessage[] {
    return this.heard.flatMap(({ message }) => (message.kind === 'channel' ? [message] : []));
  }

  get #envelope() {
    return { from: this.id, to: 0, term: this.#term };
  }

  async #campaign(): Promise<void> {
    const terms = this.#cluster.running.map(({ node }) => node?.status().term ?? 0);
    this.#term = Math.max(...terms) + 1;
    const last = { term: this.#term, index: 1 };
    this.send({ ...this.#envelope, kind: 'vote', last, transfer: true });
    await this.#cluster.pass(2);
    const grants = this.heard.flatMap(({ message }) =>
      message.kind === 'vote-response' && message.granted ? [message.commit] : [],
    );
    const [newest] = grants.toSorted((a, b) => b.index - a.index);
    if (newest === undefined || grants.length < this.others.length) throw new Error('not elected');
    this.#last = newest;
    this.append([new Uint8Array()]);
    await this.#cluster.pass(1);
  }
}

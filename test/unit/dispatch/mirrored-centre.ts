// SPDX-License-Identifier: Apache-2.0
// A centre on a real port with a chain that reports, and mirrors of it. Its history can be altered
// as its operator might, with a tool of his own.

import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { expect } from 'vitest';
import { nodeSuite } from '../../../base/node-suite.ts';
import { type Ask, askOver, CentreClient } from '../../../dispatch/mirror/centre-client.ts';
import { Mirror, type MirrorPass } from '../../../dispatch/mirror/mirror.ts';
import { mirrorMigrations } from '../../../dispatch/mirror/mirror-schema.ts';
import { MirrorStore } from '../../../dispatch/mirror/mirror-store.ts';
import type { HttpServer } from '../../../host/http.ts';
import { type FakeChain, makeChain, startMs, windowMs } from './fake-chain.ts';
import { mainLog } from './fake-main-log.ts';
import { InlineDatabase } from './inline-database.ts';
import { TestCentre } from './test-centre.ts';

export type Kept = {
  readonly mirror: Mirror;
  readonly store: MirrorStore;
  readonly database: InlineDatabase;
};

export class MirroredCentre {
  readonly centre: TestCentre;
  readonly chain: FakeChain;
  #http: HttpServer;
  readonly #databases: InlineDatabase[] = [];

  private constructor(centre: TestCentre, chain: FakeChain, http: HttpServer) {
    this.centre = centre;
    this.chain = chain;
    this.#http = http;
  }

  /** With three blocks of two summaries each. */
  static async begin(): Promise<MirroredCentre> {
    const centre = await TestCentre.begin();
    const chain = makeChain(mainLog, { seed: 41 });
    await centre.enrol(chain);
    const made = new MirroredCentre(centre, chain, await centre.serve());
    for (let i = 0; i < 3; i++) await report(centre, chain);
    return made;
  }

  get url(): string {
    return this.#http.url;
  }

  /** Stops it, does this, and starts it again, on another port. */
  async restart(between: () => Promise<void> = async () => {}): Promise<void> {
    await this.#http.close();
    await this.centre.stop();
    await between();
    await this.centre.start();
    this.#http = await this.centre.serve();
  }

  async end(): Promise<void> {
    for (const database of this.#databases) await database.close();
    await this.#http.close();
    await this.centre.end();
  }

  asking(token?: string): Ask {
    return askOver({ url: this.url, token, ca: undefined });
  }

  /** A mirror; by default a new one that asks this centre as a regulator would. */
  async keep(
    ask: Ask = this.asking(),
    options: {
      readonly expectsAll?: boolean;
      readonly database?: InlineDatabase;
      readonly audits?: number;
    } = {},
  ): Promise<Kept> {
    const { centre } = this;
    const database = options.database ?? this.newDatabase();
    const mirror = await Mirror.open({
      suite: nodeSuite,
      database,
      mainLog,
      client: new CentreClient(ask, async () => {
        centre.nowMs += 1_000;
      }),
      nowMs: () => centre.nowMs,
      expectsAll: options.expectsAll ?? true,
      audits: options.audits ?? 0,
    });
    return { mirror, store: new MirrorStore(database), database };
  }

  newDatabase(): InlineDatabase {
    const path = join(this.centre.directory, `mirror-${this.#databases.length}.sqlite`);
    const database = new InlineDatabase({ path, mode: 'create', migrations: mirrorMigrations });
    this.#databases.push(database);
    return database;
  }

  alterHistory(sql: string): void {
    const database = new Sqlite(this.centre.path('history'));
    try {
      expect(database.prepare(sql).run().changes).toBeGreaterThan(0);
    } finally {
      database.close();
    }
  }
}

/** One more block with two summaries, anchored and sent. */
export async function report(at: TestCentre, of: FakeChain): Promise<void> {
  const from = at.centre.ordering.chain(of.chainId)?.anchored?.size ?? 0;
  const when = { windowStartMs: startMs + of.size * windowMs };
  const height = of.addSummaries(when, { ...when, device: 'b' });
  await at.send(of, 'anchor', of.anchor({ from }));
  const [answer] = await at.send(of, 'summary', of.summaries(height));
  expect(answer?.kind).toBe('stored');
  await at.centre.history.upToDate();
}

export function kindsOf({ open }: MirrorPass): readonly (readonly string[])[] {
  return open.map(({ kind, place, field }) => [kind, place, field]);
}

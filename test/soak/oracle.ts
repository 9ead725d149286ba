// SPDX-License-Identifier: Apache-2.0
// Who remembers what the gateways have acknowledged: each entry that was seen in an outbox on disk, by
// its hash, and how many readings each life of a gateway had counted when. It reads beside them, and,
// when one has died, once more before the next life begins.

import type { Database } from '../../host/sqlite.ts';
import { openChainDatabase } from '../../sidechain/store/chain-file.ts';
import { entryId } from '../system/harness/chain-record.ts';
import type { Site, UnbiddenEnd, Watcher } from './town/site.ts';

export type Acknowledged = { readonly gateway: string; readonly sequence: number };

type Sample = {
  /** Readings that it had taken in this life. */
  readonly readCount: number;
  /** The highest number seen on its disk by then. */
  readonly sequence: number;
};

/** From one start of a gateway to its end. */
export type Life = {
  /** The highest number seen on its disk before, and at its end. */
  readonly fromSequence: number;
  toSequence: number;
  readonly samples: Sample[];
  how: 'running' | 'killed' | 'stopped';
};

type Record = { readonly lives: Life[]; database: Database | undefined; sequence: number };

export class Oracle implements Watcher {
  /** By the hash of the entry. */
  readonly acknowledged = new Map<string, Acknowledged>();
  readonly unbiddenEnds: UnbiddenEnd[] = [];
  readonly #records = new Map<string, Record>();

  livesOf({ founded }: Site): readonly Life[] {
    return this.#recordOf(founded.keyId).lives;
  }

  async started({ founded }: Site): Promise<void> {
    const record = this.#recordOf(founded.keyId);
    const { sequence } = record;
    record.database = await openChainDatabase(founded.data, 'read-only');
    record.lives.push({
      fromSequence: sequence,
      toSequence: sequence,
      samples: [],
      how: 'running',
    });
  }

  async ended(site: Site, how: 'killed' | 'stopped'): Promise<void> {
    const record = this.#recordOf(site.founded.keyId);
    const life = record.lives.at(-1);
    if (life?.how !== 'running') return;
    life.how = how;
    await this.#readOutbox(site.founded.keyId);
    life.toSequence = record.sequence;
    await record.database?.close();
    record.database = undefined;
  }

  endedUnbidden(end: UnbiddenEnd): void {
    this.unbiddenEnds.push(end);
  }

  /** To be called again and again. */
  async look(site: Site): Promise<void> {
    const { keyId } = site.founded;
    const record = this.#recordOf(keyId);
    const life = record.lives.at(-1);
    await this.#readOutbox(keyId);
    const status = await site.status().catch(() => undefined);
    if (status === undefined || life?.how !== 'running') return;
    const readCount = status.meters.reduce((sum, meter) => sum + meter.readCount, 0);
    life.samples.push({ readCount, sequence: record.sequence });
  }

  async #readOutbox(keyId: string): Promise<void> {
    const record = this.#recordOf(keyId);
    const rows = await record.database?.read(
      'SELECT sequence, entry FROM outbox WHERE sequence > ? ORDER BY sequence',
      [record.sequence],
    );
    for (const { sequence, entry } of rows ?? []) {
      if (!(entry instanceof Uint8Array)) continue;
      record.sequence = Math.max(record.sequence, Number(sequence));
      this.acknowledged.set(entryId(entry), { gateway: keyId, sequence: Number(sequence) });
    }
  }

  #recordOf(keyId: string): Record {
    const record = this.#records.get(keyId) ?? { lives: [], database: undefined, sequence: 0 };
    this.#records.set(keyId, record);
    return record;
  }
}

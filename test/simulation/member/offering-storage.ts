// SPDX-License-Identifier: Apache-2.0
// The recent log in memory, as the core reads it, and the durable applied state as a snapshot for
// those who lag behind it.

import { assert } from '../../../base/assert.ts';
import { fromUtf8, utf8 } from '../../../base/bytes.ts';
import { MemoryStorage } from '../../../sidechain/raft/memory-storage.ts';
import type { Snapshot } from '../../../sidechain/raft/storage.ts';
import type { Applied, DurableImage } from './durable-image.ts';

export class OfferingStorage extends MemoryStorage {
  /** What is offered. */
  applied: Applied;

  constructor(image: DurableImage) {
    super({ hardState: image.hardState, configuration: image.applied.configuration });
    this.applied = image.applied;
    const { base, entries } = image.log;
    if (base.index > 0) super.applySnapshot({ ...snapshotOf(image.applied), ...base });
    this.append(entries);
  }

  override snapshot(): Snapshot | undefined {
    return this.applied.ledger.index === 0 ? undefined : snapshotOf(this.applied);
  }

  override applySnapshot(snapshot: Snapshot): void {
    super.applySnapshot(snapshot);
    this.applied = appliedOf(snapshot);
  }
}

function snapshotOf({ ledger, configuration }: Applied): Snapshot {
  const { index, term } = ledger;
  return { index, term, configuration, data: utf8(JSON.stringify(ledger)) };
}

export function appliedOf({ configuration, data }: Snapshot): Applied {
  const text = fromUtf8(data);
  assert(text !== undefined, 'a snapshot holds a ledger');
  return { ledger: JSON.parse(text), configuration };
}

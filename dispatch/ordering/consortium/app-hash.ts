// SPDX-License-Identifier: Apache-2.0
// What the organisations have to agree on after each block: the root of the log, and, chained, every
// change of the ledger as data. Two nodes with one hash have the same log, the same chains, members,
// reports and registry; one that differs is stopped by the engine before it signs anything.

import { assert } from '../../../base/assert.ts';
import { concat, utf8 } from '../../../base/bytes.ts';
import { type CborValue, encode, map } from '../../../base/cbor.ts';
import type { Suite } from '../../../base/suite.ts';
import type { Change } from '../../ledger/transaction.ts';
import type { LogHead } from '../../store/ledger-changes.ts';

/** Of a ledger to which nothing was done: `agreed` is what all nodes begin with. */
export function firstStateHash(suite: Suite, agreed: Uint8Array): Uint8Array {
  return suite.sha256(concat(utf8('tieline consortium'), agreed));
}

/** A block without changes leaves it as it is. */
export function nextStateHash(
  suite: Suite,
  previous: Uint8Array,
  changes: readonly Change[],
): Uint8Array {
  if (changes.length === 0) return previous;
  return suite.sha256(concat(previous, encode(changes.map(plain))));
}

export function appHash(suite: Suite, head: LogHead, stateHash: Uint8Array): Uint8Array {
  return suite.sha256(encode([head.size, head.root, stateHash]));
}

/** Any change in one encoding: all fields by their names, those that are undefined left out. */
function plain(value: unknown): CborValue {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      assert(Number.isSafeInteger(value), 'the state of the ledger has integers only');
      return value;
    case 'object':
      if (value === null || value instanceof Uint8Array) return value;
      if (Array.isArray(value)) return value.map(plain);
      return map(
        Object.entries(value)
          .filter(([, field]) => field !== undefined)
          .map(([name, field]) => [name, plain(field)] as const),
      );
    default:
      throw new TypeError(`a change holds a ${typeof value}`);
  }
}

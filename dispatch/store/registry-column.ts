// SPDX-License-Identifier: Apache-2.0
// The registry as one column: it is read once at a start, and written whole at each change.

import { assert } from '../../base/assert.ts';
import { decodeWith, encodeWith, uint } from '../../base/fields.ts';
import { limits } from '../../base/limits.ts';
import { record } from '../../base/records.ts';
import { generationField, logKeysField } from '../../sidechain/chain/main-log.ts';
import {
  type MainRegistry,
  mainPersonsField,
  organisationsField,
} from '../../sidechain/chain/main-registry.ts';

const registryField = record({
  organisations: [1, organisationsField],
  persons: [2, mainPersonsField],
  keys: [3, logKeysField],
  threshold: [4, uint(limits.mainLogKeysMax)],
  generation: [5, generationField, 'optional'],
});

export function encodeRegistry(registry: MainRegistry): Uint8Array {
  return encodeWith(registryField, registry);
}

export function decodeRegistry(column: Uint8Array): MainRegistry {
  const read = decodeWith(registryField, column, { name: 'registry' });
  assert(read.ok, 'a registry is stored as it is encoded');
  return read.value;
}

// SPDX-License-Identifier: Apache-2.0
// Single changes of a registry, and what becomes of it by a list of them. Whoever may ask for them is judged
// elsewhere.

import { equal, toHex } from '../../base/bytes.ts';
import { accept, type Result, refuse } from '../../base/errors.ts';
import { type Content, choice, listOf, refined } from '../../base/fields.ts';
import { keyIdField, keyIdOf } from '../../base/ids.ts';
import { nameField } from '../../base/label.ts';
import { limits } from '../../base/limits.ts';
import { byKind, record } from '../../base/records.ts';
import type { Suite } from '../../base/suite.ts';
import { type LogKeysChange, logKeysChangeField, logKeysOf } from './log-keys-change.ts';
import { generationOf } from './main-log.ts';
import {
  type MainRegistry,
  mainPersonField,
  organisationField,
  registryFlaw,
  weakKeyOf,
} from './main-registry.ts';

export const registryChangeField = byKind(1, {
  /** New, or in the place of the one with this name. */
  organisation: record({ kind: [1, choice('organisation')], organisation: [2, organisationField] }),
  /** With all its persons; chains that they enrolled are taken no more. */
  'remove-organisation': record({
    kind: [1, choice('remove-organisation')],
    name: [2, nameField],
  }),
  /** New, or in the place of the one with this key. */
  person: record({ kind: [1, choice('person')], person: [2, mainPersonField] }),
  'remove-person': record({ kind: [1, choice('remove-person')], keyId: [2, keyIdField] }),
  /** Who keeps the log from here on. */
  'log-keys': logKeysChangeField,
});

export const registryChangesField = refined(
  listOf(registryChangeField, limits.registryChangesMax),
  'at least one change',
  (changes) => changes.length > 0,
);

export type RegistryChange = Content<typeof registryChangeField>;

type ChangeFlaw = 'registry' | 'log-keys';

/** In their order. What the last of them leaves behind has to be a registry. */
export function changeRegistry(
  suite: Suite,
  registry: MainRegistry,
  changes: readonly RegistryChange[],
  mainLogId: Uint8Array,
): Result<MainRegistry, ChangeFlaw> {
  if (changes.filter(({ kind }) => kind === 'log-keys').length > 1) {
    return refuse('log-keys', 'the keys of the log change hands once in an act');
  }
  let changed = registry;
  for (const change of changes) {
    const next =
      change.kind === 'log-keys'
        ? changeLogKeys(suite, changed, change, mainLogId)
        : changeOnce(suite, changed, change);
    if (!next.ok) return next;
    changed = next.value;
  }
  const flaw = sizeFlaw(changed) ?? registryFlaw(suite, changed) ?? weakKeyOf(changed, registry);
  return flaw === undefined ? accept(changed) : refuse('registry', flaw);
}

/**
 * One organisation's log alone: where several keep it, the engine's validators would have to change with the
 * keys, and that is not built.
 */
function changeLogKeys(
  suite: Suite,
  registry: MainRegistry,
  change: LogKeysChange,
  mainLogId: Uint8Array,
): Result<MainRegistry, ChangeFlaw> {
  const next = generationOf(registry) + 1;
  if (change.generation !== next) {
    return refuse('log-keys', `it brings generation ${change.generation}, and ${next} is the next`);
  }
  const keys = logKeysOf(suite, change, mainLogId);
  if (!keys.ok) return keys;
  if (registry.keys.length === 1 && keys.value.keys.length === 1) {
    return accept({ ...registry, ...keys.value });
  }
  return refuse('log-keys', 'the keys of a log that several organisations keep cannot change yet');
}

function changeOnce(
  suite: Suite,
  registry: MainRegistry,
  change: Exclude<RegistryChange, LogKeysChange>,
): Result<MainRegistry, 'registry'> {
  const { organisations, persons } = registry;
  switch (change.kind) {
    case 'organisation': {
      const { organisation } = change;
      const place = organisations.findIndex(({ name }) => name === organisation.name);
      return accept({ ...registry, organisations: put(organisations, place, organisation) });
    }
    case 'remove-organisation': {
      const kept = organisations.filter(({ name }) => name !== change.name);
      if (kept.length === organisations.length) {
        return refuse('registry', `${change.name} is no organisation`);
      }
      return accept({
        ...registry,
        organisations: kept,
        persons: persons.filter(({ organisation }) => organisation !== change.name),
      });
    }
    case 'person': {
      const { person } = change;
      const place = persons.findIndex(({ publicKey }) => equal(publicKey, person.publicKey));
      return accept({ ...registry, persons: put(persons, place, person) });
    }
    case 'remove-person': {
      const kept = persons.filter(
        ({ publicKey }) => !equal(keyIdOf(suite, publicKey), change.keyId),
      );
      if (kept.length < persons.length) return accept({ ...registry, persons: kept });
      return refuse('registry', `${toHex(change.keyId)} is nobody's key`);
    }
  }
}

function put<T>(list: readonly T[], place: number, item: T): readonly T[] {
  return place === -1 ? [...list, item] : list.with(place, item);
}

function sizeFlaw({ organisations, persons }: MainRegistry): string | undefined {
  if (organisations.length > limits.organisationsMax) {
    return `more than ${limits.organisationsMax} organisations`;
  }
  if (persons.length <= limits.mainPersonsMax) return undefined;
  return `more than ${limits.mainPersonsMax} persons`;
}

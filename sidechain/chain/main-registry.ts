// SPDX-License-Identifier: Apache-2.0
// The registry of a main log: the organisations that take part, their persons with roles, and the keys of
// those who keep the log. Its genesis begins it, and a vote of the organisations changes it. Invariant: one
// key is one thing only, and nobody has a role that its organisation has not.

import { equal, toHex } from '../../base/bytes.ts';
import { accept } from '../../base/errors.ts';
import { bytes, type Content, choice, listOf, mapped, nullable, tuple } from '../../base/fields.ts';
import { keyIdOf } from '../../base/ids.ts';
import { checkPublicKey } from '../../base/key-check.ts';
import { nameField } from '../../base/label.ts';
import { limits } from '../../base/limits.ts';
import type { Suite } from '../../base/suite.ts';
import type { LogKey } from './main-log.ts';

/** What an organisation is, and what a person may be in it. */
export const mainRoles = ['dispatch', 'local', 'regulator', 'plant', 'market'] as const;
export type MainRole = (typeof mainRoles)[number];

/** What somebody may put on the main log. Whoever may read what is the API's business. */
export type MainRight =
  | 'enrol'
  | 'command'
  | 'rule'
  | 'request'
  | 'demand'
  | 'asset'
  | 'agreement'
  | 'execution';

/** A right that is not named here is nobody's. */
const rightsOf: Readonly<Record<MainRole, readonly MainRight[]>> = {
  dispatch: ['enrol', 'command', 'rule', 'request', 'execution'],
  /** What its chains send up, their gateways have signed. */
  local: ['enrol'],
  /** Asks, so that everybody sees what it was shown, and changes nothing. */
  regulator: ['request'],
  plant: [],
  /** In and out of the market; what is agreed there a dispatcher executes. */
  market: ['demand', 'asset', 'agreement'],
};

const rolesField = listOf(choice(...mainRoles), mainRoles.length);

export const organisationField = mapped(tuple(nameField, rolesField, nullable(bytes(32))), {
  read: ([name, roles, governanceKey]) => accept({ name, roles, governanceKey }),
  write: ({ name, roles, governanceKey }) => [name, roles, governanceKey] as const,
});

export const mainPersonField = mapped(tuple(bytes(32), nameField, rolesField, nameField), {
  read: ([publicKey, name, roles, organisation]) =>
    accept({ publicKey, name, roles, organisation }),
  write: ({ publicKey, name, roles, organisation }) =>
    [publicKey, name, roles, organisation] as const,
});

export const organisationsField = listOf(organisationField, limits.organisationsMax);
export const mainPersonsField = listOf(mainPersonField, limits.mainPersonsMax);

/** One that has a governance key votes. */
export type Organisation = Content<typeof organisationField>;
export type MainPerson = Content<typeof mainPersonField>;

export type MainRegistry = {
  readonly organisations: readonly Organisation[];
  readonly persons: readonly MainPerson[];
  /** Of those who keep the log, named as their organisations. */
  readonly keys: readonly LogKey[];
  readonly threshold: number;
  /** How often these have changed hands; missing while they are those of the genesis. */
  readonly generation?: number | undefined;
};

/** Why these cannot be a registry, but for weak keys; undefined where they can. */
export function registryFlaw(suite: Suite, registry: MainRegistry): string | undefined {
  const { organisations, persons, keys, threshold } = registry;
  if (threshold < 1 || threshold > keys.length) return 'a threshold that its keys cannot reach';
  const byName = new Map(organisations.map((one) => [one.name, one]));
  if (byName.size < organisations.length) return 'two organisations with one name';
  if (votersOf(registry).length === 0) return 'no organisation that votes';
  const homeless = keys.find(({ name }) => !byName.has(name));
  if (homeless !== undefined) return `${homeless.name} keeps the log and is no organisation`;
  for (const { name, roles, organisation } of persons) {
    const home = byName.get(organisation);
    if (home === undefined) return `${name} is of ${organisation}, which is no organisation`;
    const beyond = roles.find((role) => !home.roles.includes(role));
    if (beyond !== undefined) return `${name} is ${beyond}, which ${organisation} is not`;
  }
  const lists = [...organisations, ...persons].map(({ roles }) => roles);
  if (lists.some((roles) => new Set(roles).size < roles.length)) return 'a role twice';
  return keyFlaw(suite, registry);
}

/** Keys are told apart by their ids: two of one id, or one key for two things, are refused. */
function keyFlaw(suite: Suite, registry: MainRegistry): string | undefined {
  const owners = new Map<string, string>();
  for (const { publicKey, name } of keysOf(registry)) {
    const keyId = toHex(keyIdOf(suite, publicKey));
    const other = owners.get(keyId);
    if (other !== undefined) return `one key id for two: ${other} and ${name}`;
    owners.set(keyId, name);
  }
  return undefined;
}

/**
 * Looks at each point, which takes a while: asked last, of what is signed for; and not again of the
 * keys in `known`, which were looked at before.
 */
export function weakKeyOf(registry: MainRegistry, known?: MainRegistry): string | undefined {
  const seen = new Set(known && keysOf(known).map(({ publicKey }) => toHex(publicKey)));
  for (const { publicKey, name } of keysOf(registry)) {
    if (seen.has(toHex(publicKey))) continue;
    const checked = checkPublicKey(publicKey);
    if (!checked.ok) return `the key of ${name}: ${checked.detail}`;
  }
  return undefined;
}

function keysOf({ organisations, persons, keys }: MainRegistry): readonly LogKey[] {
  const voters = organisations.flatMap(({ name, governanceKey }) =>
    governanceKey === null ? [] : [{ name, publicKey: governanceKey }],
  );
  return [...keys, ...persons, ...voters];
}

export function votersOf({
  organisations,
}: Pick<MainRegistry, 'organisations'>): readonly Organisation[] {
  return organisations.filter(({ governanceKey }) => governanceKey !== null);
}

/** Votes that a change needs: more than two thirds of those who may vote. */
export function votesNeeded(registry: Pick<MainRegistry, 'organisations'>): number {
  return Math.floor((2 * votersOf(registry).length) / 3) + 1;
}

export function organisationOf(
  { organisations }: Pick<MainRegistry, 'organisations'>,
  name: string,
): Organisation | undefined {
  return organisations.find((one) => one.name === name);
}

export function personOf(
  suite: Suite,
  { persons }: Pick<MainRegistry, 'persons'>,
  keyId: Uint8Array,
): MainPerson | undefined {
  return persons.find(({ publicKey }) => equal(keyIdOf(suite, publicKey), keyId));
}

export function hasRight({ roles }: Pick<MainPerson, 'roles'>, right: MainRight): boolean {
  return roles.some((role) => rightsOf[role].includes(right));
}

/** For messages. */
export function rolesWithRight(right: MainRight): readonly MainRole[] {
  return mainRoles.filter((role) => rightsOf[role].includes(right));
}

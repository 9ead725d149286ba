// SPDX-License-Identifier: Apache-2.0
// The registry, proposals and single changes as JSON; and changes back again, as people write them.

import { equal, fromBase64, fromHex, toBase64, toHex } from '../../base/bytes.ts';
import type { CborValue } from '../../base/cbor.ts';
import { accept, type Result, refuse } from '../../base/errors.ts';
import { keyIdOf } from '../../base/ids.ts';
import type { Suite } from '../../base/suite.ts';
import { type OpenProposal, openGovernance } from '../../sidechain/chain/governance.ts';
import { type LogKeysChange, logKeysOf } from '../../sidechain/chain/log-keys-change.ts';
import type { MainLog } from '../../sidechain/chain/main-log.ts';
import type {
  MainPerson,
  MainRegistry,
  Organisation,
} from '../../sidechain/chain/main-registry.ts';
import {
  type RegistryChange,
  registryChangeField,
} from '../../sidechain/chain/main-registry-change.ts';
import type { Governance, PendingProposal } from '../ledger/judge-governance.ts';
import { formatTime } from './time-query.ts';

export function registryView(
  suite: Suite,
  { id, origin }: MainLog,
  governance: Pick<Governance, 'registry' | 'version'>,
) {
  const { registry, version } = governance;
  return {
    mainLog: { origin, id: toHex(id) },
    version,
    organisations: registry.organisations.map((one) => ({
      ...organisationView(one),
      keepsLog: registry.keys.some(({ name }) => name === one.name),
    })),
    persons: registry.persons.map((person) => personView(suite, person)),
    logKeys: registry.keys.map(({ name, publicKey }) => ({
      organisation: name,
      publicKey: toHex(publicKey),
    })),
    threshold: registry.threshold,
    ...(registry.generation === undefined ? {} : { keyGeneration: registry.generation }),
  };
}

function organisationView({ name, roles, governanceKey }: Organisation) {
  return { name, roles, governanceKey: governanceKey === null ? null : toHex(governanceKey) };
}

function personView(suite: Suite, { name, roles, organisation, publicKey }: MainPerson) {
  const keyId = toHex(keyIdOf(suite, publicKey));
  return { keyId, name, roles, organisation, publicKey: toHex(publicKey) };
}

/** A proposal that waits, with who has signed it. */
export function pendingView(
  suite: Suite,
  pending: PendingProposal,
  given: { readonly registry: MainRegistry; readonly needed: number },
) {
  const { id, organisation, bytes, votes } = pending;
  const opened = openGovernance(suite, bytes);
  const proposal = opened.ok && opened.value.kind === 'proposal' ? opened.value : undefined;
  return {
    id: toHex(id),
    organisation,
    ...(proposal === undefined ? {} : proposalView(suite, proposal)),
    signedBy: [organisation, ...votes.map((vote) => vote.organisation)],
    needed: given.needed,
    proposal: toBase64(bytes),
  };
}

export function proposalView(suite: Suite, { proposal }: OpenProposal) {
  const { version, reason, timeMs, changes } = proposal;
  const shown = changes.map((change) => changeView(suite, change));
  return { version, reason, proposedAt: formatTime(timeMs), changes: shown };
}

export function changeView(suite: Suite, change: RegistryChange) {
  switch (change.kind) {
    case 'organisation':
      return { kind: change.kind, ...organisationView(change.organisation) };
    case 'person':
      return { kind: change.kind, ...personView(suite, change.person) };
    case 'remove-organisation':
      return { kind: change.kind, name: change.name };
    case 'remove-person':
      return { kind: change.kind, keyId: toHex(change.keyId) };
    case 'log-keys': {
      const { kind, generation, threshold, offers } = change;
      return { kind, generation, threshold, offers: offers.map(toBase64) };
    }
  }
}

/** For people, on one line. `registry` puts a name to the key id of a person. */
export function changeText(
  suite: Suite,
  change: RegistryChange,
  { registry, mainLogId }: { readonly registry: MainRegistry; readonly mainLogId: Uint8Array },
): string {
  switch (change.kind) {
    case 'organisation': {
      const { name, roles, governanceKey } = change.organisation;
      const key = governanceKey === null ? 'without a vote' : `votes by ${toHex(governanceKey)}`;
      return `organisation ${name}: ${roles.join(', ') || 'no role'}; ${key}`;
    }
    case 'person': {
      const { name, roles, organisation, publicKey } = change.person;
      const said = `${roles.join(', ') || 'no role'} of ${organisation}`;
      return `person ${name}: ${said}; key ${toHex(publicKey)}`;
    }
    case 'remove-organisation':
      return `remove the organisation ${change.name} with its persons`;
    case 'remove-person': {
      const person = registry.persons.find(({ publicKey }) =>
        equal(keyIdOf(suite, publicKey), change.keyId),
      );
      return `remove the person ${person?.name ?? '(unknown)'} ${toHex(change.keyId)}`;
    }
    case 'log-keys':
      return logKeysText(suite, change, mainLogId);
  }
}

function logKeysText(suite: Suite, change: LogKeysChange, mainLogId: Uint8Array): string {
  const { generation, threshold, offers } = change;
  const keys = logKeysOf(suite, change, mainLogId);
  const named = keys.ok
    ? keys.value.keys.map(({ name, publicKey }) => `${name} ${toHex(publicKey)}`).join(', ')
    : `offers that do not hold: ${keys.detail}`;
  return `keys of the log, generation ${generation}, ${threshold} of ${offers.length}: ${named}`;
}

/** As `changeView` writes it; unknown members are refused, key ids of public keys passed over. */
export function parseChange(json: unknown): Result<RegistryChange, 'form'> {
  if (typeof json !== 'object' || json === null) return refuse('form', 'a change is an object');
  const { kind, ...rest } = json as Readonly<Record<string, unknown>>;
  const expected = membersOf.get(kind);
  if (expected === undefined) {
    return refuse('form', `a change has as its kind one of ${[...membersOf.keys()].join(', ')}`);
  }
  const unknown = Object.keys(rest).find((name) => !expected.includes(name));
  if (unknown !== undefined) return refuse('form', `${kind}: there is no \`${unknown}\` in it`);
  const read = registryChangeField.read(wireOf(String(kind), rest), String(kind));
  return read.ok ? accept(read.value) : read;
}

const membersOf = new Map<unknown, readonly string[]>([
  ['organisation', ['name', 'roles', 'governanceKey', 'keepsLog']],
  ['person', ['name', 'roles', 'organisation', 'publicKey', 'keyId']],
  ['remove-organisation', ['name']],
  ['remove-person', ['keyId']],
  ['log-keys', ['generation', 'threshold', 'offers']],
]);

/** The same as it stands in CBOR; what is of another type stays so, to be refused there. */
function wireOf(kind: string, json: Readonly<Record<string, unknown>>): CborValue {
  if (kind === 'log-keys') return logKeysWire(json);
  const { name, roles, organisation, governanceKey, publicKey, keyId } = json;
  const vote = governanceKey === null ? null : bytesOf(governanceKey);
  const bodies = new Map<string, unknown>([
    ['organisation', [name, roles, vote]],
    ['person', [bytesOf(publicKey), name, roles, organisation]],
    ['remove-organisation', name],
    ['remove-person', bytesOf(keyId)],
  ]);
  return new Map<number, CborValue>([
    [1, kind],
    [2, bodies.get(kind) as CborValue],
  ]);
}

function logKeysWire({
  generation,
  threshold,
  offers,
}: Readonly<Record<string, unknown>>): CborValue {
  const bytes = (text: unknown) => fromBase64(String(text)) ?? new Uint8Array();
  return new Map<number, CborValue>([
    [1, 'log-keys'],
    [2, generation as CborValue],
    [3, threshold as CborValue],
    [4, Array.isArray(offers) ? offers.map(bytes) : null],
  ]);
}

function bytesOf(value: unknown): Uint8Array {
  return (typeof value === 'string' ? fromHex(value.toLowerCase()) : undefined) ?? new Uint8Array();
}

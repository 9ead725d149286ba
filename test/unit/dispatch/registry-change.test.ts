// SPDX-License-Identifier: Apache-2.0
// What votes cannot bring about: a registry that is none. It is refused when it is proposed, so nobody votes
// for nothing.

import { describe, expect, test } from 'vitest';
import { fromHex } from '../../../base/bytes.ts';
import { keyIdOf } from '../../../base/ids.ts';
import { limits } from '../../../base/limits.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import type { Signer } from '../../../base/suite.ts';
import type { MainRole } from '../../../sidechain/chain/main-registry.ts';
import type { RegistryChange } from '../../../sidechain/chain/main-registry-change.ts';
import {
  agency,
  govern,
  keeper,
  newConsortiumLedger,
  north,
  personByRole,
  proposalOf,
  south,
} from './consortium-log.ts';
import { signerOf } from './fake-chain.ts';

const newcomer = signerOf(300);

function addPerson(
  options: { roles?: readonly MainRole[]; organisation?: string; by?: Signer } = {},
): RegistryChange {
  const { roles = ['dispatch'], organisation = 'north', by = newcomer } = options;
  const { publicKey } = by;
  return { kind: 'person', person: { publicKey, name: 'Nora', roles, organisation } };
}

function dismiss(signer: Signer): RegistryChange {
  return { kind: 'remove-person', keyId: keyIdOf(suite, signer.publicKey) };
}

describe('a change that would leave no registry is refused when it is proposed', () => {
  const weak = fromHex(`01${'00'.repeat(31)}`) ?? new Uint8Array();
  const put = (organisation: Extract<RegistryChange, { kind: 'organisation' }>['organisation']) =>
    ({ kind: 'organisation', organisation }) as const;

  test.each<[string, readonly RegistryChange[], string]>([
    ['a role its organisation has not', [addPerson({ organisation: 'east' })], 'east is not'],
    ['a person of nobody', [addPerson({ organisation: 'west' })], 'no organisation'],
    [
      'a role twice',
      [addPerson({ roles: ['local', 'local'], organisation: 'south' })],
      'a role twice',
    ],
    ['the officer’s key for a person', [addPerson({ by: north })], 'one key id for two'],
    ['the log’s key for a person', [addPerson({ by: keeper })], 'one key id for two'],
    [
      'a person’s key for an organisation',
      [put({ name: 'west', roles: [], governanceKey: personByRole.plant.publicKey })],
      'one key id for two',
    ],
    [
      'two votes for one key',
      [put({ name: 'west', roles: [], governanceKey: south.publicKey })],
      'one key id for two',
    ],
    ['a weak key', [put({ name: 'west', roles: [], governanceKey: weak })], 'small order'],
    [
      'a role taken from an organisation whose persons have it',
      [put({ name: 'agency', roles: [], governanceKey: agency.publicKey })],
      'regulator, which agency is not',
    ],
    [
      'no organisation that votes',
      ['south', 'east', 'agency']
        .map((name): RegistryChange => ({ kind: 'remove-organisation', name }))
        .concat(put({ name: 'north', roles: ['dispatch', 'local'], governanceKey: null })),
      'no organisation that votes',
    ],
    [
      'the keeper of the log gone',
      [{ kind: 'remove-organisation', name: 'north' }],
      'keeps the log',
    ],
    [
      'an unknown organisation gone',
      [{ kind: 'remove-organisation', name: 'west' }],
      'no organisation',
    ],
    ['an unknown person gone', [dismiss(newcomer)], 'nobody'],
    [
      'a good change beside a bad one',
      [addPerson(), { kind: 'remove-organisation', name: 'west' }],
      'no organisation',
    ],
  ])('%s', (_, changes, detail) => {
    const ledger = newConsortiumLedger();
    const { outcome, changes: made } = govern(ledger, proposalOf(changes));
    expect(outcome).toMatchObject({ kind: 'refused', code: 'registry' });
    expect(outcome.kind === 'refused' && outcome.detail).toContain(detail);
    expect(made).toEqual([]);
  });

  test('more organisations, or persons, than there may be', () => {
    const ledger = newConsortiumLedger();
    const many = Array.from({ length: limits.registryChangesMax }, (_, i) =>
      put({ name: `works ${i}`, roles: [], governanceKey: null }),
    );
    const { outcome } = govern(ledger, proposalOf(many));
    expect(outcome).toMatchObject({ code: 'registry' });
    expect(outcome.kind === 'refused' && outcome.detail).toContain('more than');
  });
});

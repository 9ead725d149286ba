// SPDX-License-Identifier: Apache-2.0
// Roles on the main log: what each may put there, and that everything beyond is refused. What stands there
// of a command or a rule is its hash, once, whatever happens to the person later.

import { describe, expect, test } from 'vitest';
import { assert } from '../../../base/assert.ts';
import { keyIdOf } from '../../../base/ids.ts';
import { limits } from '../../../base/limits.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import type { Signer } from '../../../base/suite.ts';
import type { NamedAsset } from '../../../dispatch/ledger/apply-context.ts';
import type { MainLedger } from '../../../dispatch/ledger/main-ledger.ts';
import { encodeAgreement, encodeExecution } from '../../../sidechain/chain/agreement.ts';
import { openAnchor } from '../../../sidechain/chain/anchor.ts';
import { signEnrolment } from '../../../sidechain/chain/enrolment.ts';
import { type RecordKind, signRecord } from '../../../sidechain/chain/main-record.ts';
import { type MainRole, mainRoles } from '../../../sidechain/chain/main-registry.ts';
import { mainLeafHash } from '../../../sidechain/chain/receipt-message.ts';
import {
  agency,
  consortium,
  consortiumLog,
  east,
  newConsortiumLedger,
  north,
  pass,
  personByRole,
  proposalOf,
  recordOf,
  requestTo,
  south,
  timeMs,
} from './consortium-log.ts';
import { type FakeChain, makeChain, signerOf } from './fake-chain.ts';
import { assetBy, demandBy, toOrganisation } from './trade-log.ts';

function put(ledger: MainLedger, record: Uint8Array, recordIndex?: number, named?: NamedAsset) {
  return ledger.record({ kind: 'record', record }, { timeMs, recordIndex, named });
}

function wordOf(kind: 'agreement' | 'execution', by: Signer, chain?: Uint8Array) {
  const answer = new Uint8Array(32);
  const content =
    kind === 'agreement'
      ? encodeAgreement({ answer })
      : encodeExecution({ answer, chain: chain ?? answer, text: 'now' });
  return signRecord({ kind, content }, consortiumLog.id, by);
}

function organisationOf(role: MainRole): string {
  return consortium.genesis.persons.find(({ name }) => name === role)?.organisation ?? '';
}

function enrol(ledger: MainLedger, chain: FakeChain, role: MainRole) {
  const { chainId } = chain;
  const by = personByRole[role];
  const enrolment = signEnrolment({ chainId, name: 'Rosenweg', timeMs }, consortiumLog.id, by);
  return ledger.enrol({ kind: 'enrol', genesis: chain.genesisBytes, enrolment }, { timeMs });
}

function anchor(ledger: MainLedger, chain: FakeChain) {
  const opened = openAnchor(chain.anchor());
  assert(opened.ok, 'the anchor of the test can be read');
  const transaction = { kind: 'anchor', anchor: opened.value } as const;
  return ledger.anchor(transaction, { timeMs, acceptedRoot: undefined }).outcome;
}

type Act = RecordKind | 'enrol' | 'propose';

/** Everything that can be put on the log, by the person who has just this role. */
const attempt: Readonly<Record<Act, (ledger: MainLedger, role: MainRole) => string>> = {
  command: (ledger, role) => kindOf(put(ledger, recordOf('command', personByRole[role]))),
  rule: (ledger, role) => kindOf(put(ledger, recordOf('rule', personByRole[role]))),
  demand: (ledger, role) => kindOf(put(ledger, demandBy(personByRole[role], {}, consortiumLog.id))),
  asset: (ledger, role) => {
    const to = { to: [toOrganisation('works')] };
    return kindOf(put(ledger, assetBy(personByRole[role], to, consortium)));
  },
  agreement: (ledger, role) => {
    const answer = { organisation: 'south', offeredBy: organisationOf(role), agreedBy: [] };
    return kindOf(put(ledger, wordOf('agreement', personByRole[role]), undefined, answer));
  },
  execution: (ledger, role) => {
    const chain = makeChain(consortiumLog, { seed: 6 });
    const offeredBy = organisationOf(role);
    enrol(ledger, chain, 'dispatch');
    const answer = { organisation: 'south', offeredBy, agreedBy: [offeredBy, 'south'] };
    const record = wordOf('execution', personByRole[role], chain.chainId);
    return kindOf(put(ledger, record, undefined, answer));
  },
  request: (ledger, role) => {
    const chain = makeChain(consortiumLog, { seed: 6 });
    enrol(ledger, chain, 'local');
    return kindOf(put(ledger, requestTo(chain.chainId, personByRole[role])));
  },
  enrol: (ledger, role) => kindOf(enrol(ledger, makeChain(consortiumLog, { seed: 5 }), role)),
  propose: (ledger, role) => {
    const change = { kind: 'remove-organisation', name: 'east' } as const;
    const statement = proposalOf([change], { by: personByRole[role] });
    return kindOf(ledger.govern({ kind: 'govern', statement }, { timeMs }));
  },
};

function kindOf({ outcome }: { readonly outcome: { readonly kind: string } }): string {
  return outcome.kind;
}

describe.each<[MainRole, readonly Act[]]>([
  ['dispatch', ['command', 'rule', 'request', 'enrol', 'execution']],
  ['local', ['enrol']],
  ['regulator', ['request']],
  ['plant', []],
  ['market', ['demand', 'asset', 'agreement']],
])('a person with the role %s', (role, allowed) => {
  test.each(Object.keys(attempt) as Act[])('%s', (act) => {
    const ledger = newConsortiumLedger();
    const sizeBefore = ledger.tree.size;
    const kind = attempt[act](ledger, role);
    if (allowed.includes(act)) expect(kind).not.toBe('refused');
    else {
      expect(kind).toBe('refused');
      expect(ledger.tree.size).toBe(sizeBefore);
      expect(ledger.chainCount).toBe(act === 'request' || act === 'execution' ? 1 : 0);
    }
  });
});

test('the roles above are all that there are', () => {
  expect([...mainRoles].sort()).toEqual(Object.keys(personByRole).sort());
});

describe('a request for raw readings', () => {
  test('goes on to its chain, and is refused where there is none or it has no form', () => {
    const ledger = newConsortiumLedger();
    const chain = makeChain(consortiumLog, { seed: 6 });
    const record = requestTo(chain.chainId, personByRole.regulator);
    const unknown = { kind: 'refused', code: 'unknown-chain' };
    expect(put(ledger, record).outcome).toMatchObject(unknown);
    enrol(ledger, chain, 'local');
    expect(put(ledger, record).changes).toMatchObject([
      { recordKind: 'request', request: { chainId: chain.chainId, askCount: 1 } },
    ]);
    const formless = recordOf('request', personByRole.regulator);
    expect(put(ledger, formless).outcome).toMatchObject({ code: 'malformed' });
  });
});

describe('a record', () => {
  test('stands in the log as the hash of its bytes, once, also within one batch', () => {
    const ledger = newConsortiumLedger();
    const record = recordOf('command', personByRole.dispatch);
    const first = put(ledger, record);
    expect(first.outcome).toEqual({ kind: 'receipt', logIndex: 1, isNew: true });
    expect(first.changes).toMatchObject([
      { kind: 'recorded', recordKind: 'command', leaf: { hash: mainLeafHash(suite, record) } },
    ]);
    const again = { outcome: { kind: 'receipt', logIndex: 1, isNew: false }, changes: [] };
    expect(put(ledger, record)).toEqual(again);
    expect(put(newConsortiumLedger(), record, 1)).toEqual(again);
  });

  test('stays after its signer is dismissed, and is answered; a new one is refused', () => {
    const ledger = newConsortiumLedger();
    const record = recordOf('rule', personByRole.dispatch);
    put(ledger, record);
    const keyId = keyIdOf(suite, personByRole.dispatch.publicKey);
    expect(pass(ledger, [{ kind: 'remove-person', keyId }], [north])).toMatchObject({
      kind: 'taken',
    });
    expect(put(ledger, record).outcome).toMatchObject({ kind: 'receipt', logIndex: 1 });
    const next = recordOf('rule', personByRole.dispatch, 'another');
    expect(put(ledger, next).outcome).toMatchObject({ kind: 'refused', code: 'unknown-signer' });
  });

  test.each<[string, string, () => Uint8Array]>([
    ['by a stranger', 'unknown-signer', () => recordOf('command', signerOf(999))],
    ['by an officer', 'unknown-signer', () => recordOf('command', north)],
    [
      'under another’s key id',
      'signature',
      () => recordOf('command', { ...signerOf(999), keyId: personByRole.dispatch.keyId }),
    ],
    [
      'signed for another main log',
      'signature',
      () =>
        signRecord(
          { kind: 'command', content: new Uint8Array() },
          new Uint8Array(32),
          personByRole.dispatch,
        ),
    ],
    [
      'that is a proposal',
      'malformed',
      () => proposalOf([{ kind: 'remove-organisation', name: 'east' }]),
    ],
    ['that is too long', 'malformed', () => new Uint8Array(limits.entryBytesMax + 1)],
  ])('%s is refused', (_, code, record) => {
    const ledger = newConsortiumLedger();
    expect(put(ledger, record())).toMatchObject({
      outcome: { kind: 'refused', code },
      changes: [],
    });
    expect(ledger.tree.size).toBe(1);
  });
});

describe('a chain of a centre', () => {
  const removed = { kind: 'remove-organisation', name: 'south' } as const;

  test('that is registered no more is refused, until another centre enrols it again', () => {
    const ledger = newConsortiumLedger();
    const chain = makeChain(consortiumLog, { seed: 5 });
    enrol(ledger, chain, 'local');
    expect(ledger.chain(chain.chainId)?.centre).toBe('south');
    expect(anchor(ledger, chain)).toMatchObject({ kind: 'receipt' });
    pass(ledger, [removed], [north, east, agency]);
    expect(anchor(ledger, chain)).toMatchObject({ kind: 'refused', code: 'centre' });
    const adopted = enrol(ledger, chain, 'dispatch');
    expect(adopted.outcome).toMatchObject({ kind: 'enrolled', isNew: false });
    expect(adopted.changes).toMatchObject([
      { kind: 'adopted', previousCentre: 'south', centre: 'north' },
    ]);
    expect(anchor(ledger, chain)).toMatchObject({ kind: 'receipt' });
  });

  test('that only lost its role is refused as well, and others are not', () => {
    const ledger = newConsortiumLedger();
    const [own, other] = [5, 6].map((seed) => makeChain(consortiumLog, { seed }));
    assert(own !== undefined && other !== undefined, 'two chains');
    enrol(ledger, own, 'local');
    enrol(ledger, other, 'dispatch');
    const keyId = keyIdOf(suite, personByRole.local.publicKey);
    const organisation = { name: 'south', roles: [], governanceKey: south.publicKey };
    const changes = [{ kind: 'remove-person', keyId } as const];
    pass(ledger, [...changes, { kind: 'organisation', organisation }], [north, east, agency]);
    expect(anchor(ledger, own)).toMatchObject({ code: 'centre' });
    expect(anchor(ledger, other)).toMatchObject({ kind: 'receipt' });
  });

  test('that is registered cannot be taken over by another', () => {
    const ledger = newConsortiumLedger();
    const chain = makeChain(consortiumLog, { seed: 5 });
    enrol(ledger, chain, 'local');
    expect(enrol(ledger, chain, 'dispatch')).toMatchObject({ changes: [] });
    expect(ledger.chain(chain.chainId)?.centre).toBe('south');
  });
});

test('adding a chain changes no other', () => {
  const ledger = newConsortiumLedger();
  const [first, second] = [5, 6].map((seed) => makeChain(consortiumLog, { seed }));
  assert(first !== undefined && second !== undefined, 'two chains');
  enrol(ledger, first, 'local');
  anchor(ledger, first);
  const before = ledger.chain(first.chainId);
  enrol(ledger, second, 'dispatch');
  anchor(ledger, second);
  expect(ledger.chain(first.chainId)).toBe(before);
});

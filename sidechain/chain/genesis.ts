// SPDX-License-Identifier: Apache-2.0
// Genesis: the first statement of a sidechain. It names the members, the co-signature policy, the persons
// with rights, and the main log that the chain anchors to. The chain id is the hash of its bytes.

import { equal, toHex } from '../../base/bytes.ts';
import { accept, type Result, refuse } from '../../base/errors.ts';
import {
  bytes,
  type Content,
  choice,
  decodeWith,
  encodeWith,
  listOf,
  mapped,
  tuple,
  uint,
} from '../../base/fields.ts';
import { keyIdOf } from '../../base/ids.ts';
import { checkPublicKey } from '../../base/key-check.ts';
import { label, nameField } from '../../base/label.ts';
import { limits } from '../../base/limits.ts';
import { record } from '../../base/records.ts';
import type { Signer, Suite } from '../../base/suite.ts';
import { unixMsField } from '../../base/unix-time.ts';
import { noChain, openEntry, signEntry, verifyEntry } from './entry.ts';
import { mainLogField } from './main-log.ts';
import { isPolicyPossible } from './policy.ts';

const genesisMemberField = mapped(tuple(bytes(32), choice('voter', 'follower'), nameField), {
  read: ([publicKey, role, name]) => accept({ publicKey, role, name }),
  write: ({ publicKey, role, name }) => [publicKey, role, name] as const,
});

const personField = mapped(tuple(bytes(32), nameField, listOf(label(32), 16)), {
  read: ([publicKey, name, rights]) => accept({ publicKey, name, rights }),
  write: ({ publicKey, name, rights }) => [publicKey, name, rights] as const,
});

const policyField = mapped(tuple(choice('blame', 'prevent'), uint(limits.votersMax)), {
  read: ([kind, faulty]) => accept({ class: kind, faulty }),
  write: (policy) => [policy.class, policy.faulty] as const,
});

const summaryField = record({ windowMs: [1, uint()], graceMs: [2, uint()] });

const genesisField = record({
  version: [1, choice(1)],
  members: [2, listOf(genesisMemberField, limits.membersMax)],
  policy: [3, policyField],
  persons: [4, listOf(personField, limits.personsMax)],
  mainLog: [5, mainLogField],
  summary: [6, summaryField],
  timeMs: [7, unixMsField],
  nonce: [8, bytes(32)],
});

const windowMsMin = 5_000;
const dayMs = 86_400_000;

export type Genesis = Content<typeof genesisField>;
export type GenesisMember = Content<typeof genesisMemberField>;

export type OpenGenesis = {
  readonly genesis: Genesis;
  readonly chainId: Uint8Array;
  readonly bytes: Uint8Array;
};

/** Genesis entry bytes, signed by member 0. */
export function signGenesis(genesis: Genesis, signer: Signer): Uint8Array {
  return signEntry(
    { kind: 'genesis', payload: encodeWith(genesisField, genesis), chainId: noChain },
    signer,
  );
}

/** Checks form, policy, and the signature of member 0; the keys are `enrolGenesis`'s. Attacker-controlled. */
export function openGenesis(suite: Suite, bytes: Uint8Array): Result<OpenGenesis, 'genesis'> {
  const entry = openEntry(suite, bytes);
  if (!entry.ok) return refuse('genesis', entry.detail);
  if (entry.value.kind !== 'genesis') return refuse('genesis', `a ${entry.value.kind} entry`);
  const payload = decodeWith(genesisField, entry.value.payload, { name: 'genesis' });
  if (!payload.ok) return refuse('genesis', payload.detail);
  const genesis = payload.value;
  const flaw = flawOf(suite, genesis);
  if (flaw !== undefined) return refuse('genesis', flaw);
  const founder = genesis.members[0];
  if (founder === undefined || !equal(keyIdOf(suite, founder.publicKey), entry.value.keyId)) {
    return refuse('genesis', 'not signed by its first member');
  }
  const signed = verifyEntry(suite, entry.value, {
    publicKey: founder.publicKey,
    chainId: noChain,
  });
  if (!signed) return refuse('genesis', 'the signature of the first member does not verify');
  return accept({ genesis, chainId: entry.value.id, bytes });
}

/**
 * Once, when a chain is begun or enrolled: what `openGenesis` checks, and that no key in it is a
 * weak one.
 */
export function enrolGenesis(suite: Suite, bytes: Uint8Array): Result<OpenGenesis, 'genesis'> {
  const opened = openGenesis(suite, bytes);
  if (!opened.ok) return opened;
  const { members, persons, mainLog } = opened.value.genesis;
  for (const { publicKey, name } of [...members, ...persons, ...mainLog.keys]) {
    const checked = checkPublicKey(publicKey, suite);
    if (!checked.ok) return refuse('genesis', `the key of ${name}: ${checked.detail}`);
  }
  return opened;
}

function flawOf(suite: Suite, genesis: Genesis): string | undefined {
  const voters = genesis.members.filter((member) => member.role === 'voter');
  if (voters.length === 0) return 'no member is a voter';
  if (voters.length > limits.votersMax) return `more than ${limits.votersMax} voters`;
  if (!isPolicyPossible(genesis.policy, voters.length)) return 'a policy that cannot be satisfied';
  const { windowMs, graceMs } = genesis.summary;
  if (windowMs < windowMsMin || dayMs % windowMs !== 0) {
    return 'a summary window that is not a divisor of a day from 5 s';
  }
  if (graceMs > dayMs) return 'a grace of more than a day';
  const keys = [...genesis.members, ...genesis.persons];
  const ids = keys.map(({ publicKey }) => toHex(keyIdOf(suite, publicKey)));
  return new Set(ids).size === ids.length ? undefined : 'two members or persons with one key id';
}

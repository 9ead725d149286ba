// SPDX-License-Identifier: Apache-2.0
// Genesis of a main log: its leaf 0. It names the log, the keys whose receipts count and the persons with
// roles. The main log's id is the hash of its bytes, and sidechains pin it.

import { equal, toHex } from '../../base/bytes.ts';
import { sign1, verifySign1 } from '../../base/cose.ts';
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
import { nameField } from '../../base/label.ts';
import { limits } from '../../base/limits.ts';
import { record } from '../../base/records.ts';
import type { Signer, Suite } from '../../base/suite.ts';
import { unixMsField } from '../../base/unix-time.ts';
import { chainAad, mediaType, noChain } from './entry.ts';
import { logKeysField, logOriginField, type MainLog } from './main-log.ts';
import { openStatement } from './statement.ts';

/** What a person may do at the centre; each role has rights of its own and none beyond them. */
export const mainRoles = ['dispatch', 'local', 'regulator', 'plant'] as const;
export type MainRole = (typeof mainRoles)[number];

const personField = mapped(
  tuple(bytes(32), nameField, listOf(choice(...mainRoles), mainRoles.length)),
  {
    read: ([publicKey, name, roles]) => accept({ publicKey, name, roles }),
    write: ({ publicKey, name, roles }) => [publicKey, name, roles] as const,
  },
);

const mainGenesisField = record({
  version: [1, choice(1)],
  origin: [2, logOriginField],
  keys: [3, logKeysField],
  threshold: [4, uint(limits.mainLogKeysMax)],
  persons: [5, listOf(personField, limits.personsMax)],
  timeMs: [6, unixMsField],
  nonce: [7, bytes(32)],
});

export type MainGenesis = Content<typeof mainGenesisField>;

export type OpenMainGenesis = {
  readonly genesis: MainGenesis;
  readonly bytes: Uint8Array;
  /** What a sidechain's genesis pins. */
  readonly mainLog: MainLog;
};

/** Signed by the first of its keys. */
export function signMainGenesis(genesis: MainGenesis, signer: Signer): Uint8Array {
  return sign1(
    {
      type: mediaType('main-genesis'),
      kid: signer.keyId,
      payload: encodeWith(mainGenesisField, genesis),
      externalAad: chainAad(noChain),
    },
    signer,
  );
}

/** Bytes are attacker-controlled. */
export function openMainGenesis(
  suite: Suite,
  input: Uint8Array,
): Result<OpenMainGenesis, 'main-genesis'> {
  const no = (detail: string) => refuse('main-genesis', detail);
  const opened = openStatement(input, { kind: 'main-genesis', bytesMax: limits.entryBytesMax });
  if (!opened.ok) return no(opened.detail);
  const { keyId, payload, sign1: signed } = opened.value;
  const read = decodeWith(mainGenesisField, payload, { name: 'main genesis' });
  if (!read.ok) return no(read.detail);
  const genesis = read.value;
  const flaw = flawOf(suite, genesis);
  if (flaw !== undefined) return no(flaw);
  const first = genesis.keys[0];
  if (first === undefined || !equal(keyIdOf(suite, first.publicKey), keyId)) {
    return no('not signed by its first key');
  }
  const by = { publicKey: first.publicKey, externalAad: chainAad(noChain) };
  if (!verifySign1(suite, signed, by)) return no('its signature does not verify');
  const weak = weakKeyOf(genesis);
  if (weak !== undefined) return no(weak);
  const { origin, keys, threshold } = genesis;
  return accept({
    genesis,
    bytes: input,
    mainLog: { origin, id: suite.sha256(input), keys, threshold },
  });
}

function flawOf(suite: Suite, { keys, threshold, persons }: MainGenesis): string | undefined {
  if (threshold < 1 || threshold > keys.length) return 'a threshold that its keys cannot reach';
  const ids = persons.map(({ publicKey }) => toHex(keyIdOf(suite, publicKey)));
  return new Set(ids).size === ids.length ? undefined : 'two persons with one key id';
}

function weakKeyOf({ keys, persons }: MainGenesis): string | undefined {
  for (const { publicKey, name } of [...keys, ...persons]) {
    const checked = checkPublicKey(publicKey);
    if (!checked.ok) return `the key of ${name}: ${checked.detail}`;
  }
  return undefined;
}

// SPDX-License-Identifier: Apache-2.0
// Genesis of a main log: its leaf 0. It names the log, the keys whose receipts count and the persons with
// roles. The main log's id is the hash of its bytes, and sidechains pin it.

import { equal } from '../../base/bytes.ts';
import { decodeSign1, sign1, verifySign1 } from '../../base/cose.ts';
import { accept, type Result, refuse } from '../../base/errors.ts';
import {
  bytes,
  type Content,
  choice,
  decodeWith,
  encodeWith,
  listOf,
  mapped,
  text,
  tuple,
  uint,
} from '../../base/fields.ts';
import { keyIdOf } from '../../base/ids.ts';
import { checkPublicKey } from '../../base/key-check.ts';
import { limits } from '../../base/limits.ts';
import { record } from '../../base/records.ts';
import type { Signer, Suite } from '../../base/suite.ts';
import { chainAad, mediaType, noChain } from './entry.ts';
import type { MainLog } from './main-log.ts';

/** What a person may do at the centre; each role has rights of its own and none beyond them. */
export const mainRoles = ['dispatch', 'local', 'regulator', 'plant'] as const;
export type MainRole = (typeof mainRoles)[number];

const keyField = mapped(tuple(bytes(32), text(64)), {
  read: ([publicKey, name]) => accept({ publicKey, name }),
  write: ({ publicKey, name }) => [publicKey, name] as const,
});

const personField = mapped(
  tuple(bytes(32), text(64), listOf(choice(...mainRoles), mainRoles.length)),
  {
    read: ([publicKey, name, roles]) => accept({ publicKey, name, roles }),
    write: ({ publicKey, name, roles }) => [publicKey, name, roles] as const,
  },
);

const mainGenesisField = record({
  version: [1, choice(1)],
  origin: [2, text(128)],
  keys: [3, listOf(keyField, limits.mainLogKeysMax)],
  threshold: [4, uint(limits.mainLogKeysMax)],
  persons: [5, listOf(personField, limits.personsMax)],
  timeMs: [6, uint()],
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
  const decoded = decodeSign1(input);
  if (!decoded.ok) return no(decoded.detail);
  const { type, kid, payload } = decoded.value;
  if (type !== mediaType('main-genesis') || payload === null) return no(`of type ${type}`);
  const read = decodeWith(mainGenesisField, payload, { name: 'main genesis' });
  if (!read.ok) return no(read.detail);
  const genesis = read.value;
  for (const { publicKey, name } of [...genesis.keys, ...genesis.persons]) {
    const checked = checkPublicKey(publicKey);
    if (!checked.ok) return no(`the key of ${name}: ${checked.detail}`);
  }
  if (genesis.threshold < 1 || genesis.threshold > genesis.keys.length) {
    return no('a threshold that its keys cannot reach');
  }
  const first = genesis.keys[0];
  if (first === undefined || !equal(keyIdOf(suite, first.publicKey), kid)) {
    return no('not signed by its first key');
  }
  const by = { publicKey: first.publicKey, externalAad: chainAad(noChain) };
  if (!verifySign1(suite, decoded.value, by)) return no('its signature does not verify');
  const { origin, keys, threshold } = genesis;
  return accept({
    genesis,
    bytes: input,
    mainLog: { origin, id: suite.sha256(input), keys, threshold },
  });
}

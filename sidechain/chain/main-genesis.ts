// SPDX-License-Identifier: Apache-2.0
// Genesis of a main log: its leaf 0. It names the log, the keys whose receipts count, the organisations and
// their persons with roles. The main log's id is the hash of its bytes, and sidechains pin it.

import { equal } from '../../base/bytes.ts';
import { sign1, verifySign1 } from '../../base/cose.ts';
import { accept, type Result, refuse } from '../../base/errors.ts';
import {
  bytes,
  type Content,
  choice,
  decodeWith,
  encodeWith,
  refined,
  uint,
} from '../../base/fields.ts';
import { keyIdOf } from '../../base/ids.ts';
import { limits } from '../../base/limits.ts';
import { record } from '../../base/records.ts';
import type { Signer, Suite } from '../../base/suite.ts';
import { tradeLimits } from '../../base/trade-limits.ts';
import { unixMsField } from '../../base/unix-time.ts';
import { chainAad, mediaType, noChain } from './entry.ts';
import { logKeysField, logOriginField, type MainLog } from './main-log.ts';
import {
  type MainRegistry,
  mainPersonsField,
  organisationsField,
  registryFlaw,
  weakKeyOf,
} from './main-registry.ts';
import { openStatement } from './statement.ts';

const tradeWindowField = refined(
  uint(),
  'a divisor of a day from 5 s, in ms',
  (windowMs) => windowMs >= tradeLimits.windowMsMin && 86_400_000 % windowMs === 0,
);

const mainGenesisField = record({
  version: [1, choice(1)],
  origin: [2, logOriginField],
  keys: [3, logKeysField],
  threshold: [4, uint(limits.mainLogKeysMax)],
  persons: [5, mainPersonsField],
  timeMs: [6, unixMsField],
  nonce: [7, bytes(32)],
  organisations: [8, organisationsField],
  /** Of the market, in ms: a divisor of a day. */
  tradeWindowMs: [9, tradeWindowField, 'optional'],
});

export type MainGenesis = Content<typeof mainGenesisField>;

export type OpenMainGenesis = {
  readonly genesis: MainGenesis;
  readonly bytes: Uint8Array;
  /** What a sidechain's genesis pins. */
  readonly mainLog: MainLog;
};

/** Who takes part before anybody has voted. */
export function foundingRegistry({
  organisations,
  persons,
  keys,
  threshold,
}: MainGenesis): MainRegistry {
  return { organisations, persons, keys, threshold };
}

/** What is signed: for who can say alone what a genesis has to hold. */
export function encodeMainGenesis(genesis: MainGenesis): Uint8Array {
  return encodeWith(mainGenesisField, genesis);
}

/** Signed by the first of its keys. */
export function signMainGenesis(genesis: MainGenesis, signer: Signer): Uint8Array {
  return sign1(
    {
      type: mediaType('main-genesis'),
      kid: signer.keyId,
      payload: encodeMainGenesis(genesis),
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
  const flaw = registryFlaw(suite, genesis);
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

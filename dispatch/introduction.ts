// SPDX-License-Identifier: Apache-2.0
// How an organisation introduces itself before there is a main log: its public keys, its dispatcher, and
// where its engine listens, signed by the key that will sign the log. From the introductions of all, whose
// order matters to nobody, follows everything that the genesis says; so each can check it alone.

import { compare, concat, equal, utf8 } from '../base/bytes.ts';
import { sign1, verifySign1 } from '../base/cose.ts';
import { accept, type Result, refuse } from '../base/errors.ts';
import {
  bytes,
  type Content,
  choice,
  decodeWith,
  encodeWith,
  refined,
  text,
} from '../base/fields.ts';
import { keyIdOf } from '../base/ids.ts';
import { nameField } from '../base/label.ts';
import { limits } from '../base/limits.ts';
import { record } from '../base/records.ts';
import type { Signer, Suite } from '../base/suite.ts';
import { unixMsField } from '../base/unix-time.ts';
import { chainAad, mediaType, noChain } from '../sidechain/chain/entry.ts';
import type { MainGenesis } from '../sidechain/chain/main-genesis.ts';
import { logOriginField } from '../sidechain/chain/main-log.ts';
import { mainRoles } from '../sidechain/chain/main-registry.ts';
import { openStatement } from '../sidechain/chain/statement.ts';

/** Goes into the configuration of all others. */
export const placeField = refined(text(260), 'host:port', (place) =>
  /^[A-Za-z0-9.:[\]-]{1,253}:[1-9]\d{0,4}$/.test(place),
);

const introductionField = record({
  version: [1, choice(1)],
  origin: [2, logOriginField],
  organisation: [3, nameField],
  logKey: [4, bytes(32)],
  governanceKey: [5, bytes(32)],
  person: [6, nameField],
  personKey: [7, bytes(32)],
  /** Of the engine: with which it votes, and by which the others know its node. */
  consensusKey: [8, bytes(32)],
  nodeKey: [9, bytes(32)],
  listen: [10, placeField],
  timeMs: [11, unixMsField],
});

export type Introduction = Content<typeof introductionField>;
export type OpenIntroduction = {
  readonly introduction: Introduction;
  readonly bytes: Uint8Array;
  /** What people compare before they believe it. */
  readonly fingerprint: Uint8Array;
};

/** With fewer, none may fail or lie. */
export const organisationsMin = 4;

export function signIntroduction(introduction: Introduction, signer: Signer): Uint8Array {
  const payload = encodeWith(introductionField, introduction);
  const externalAad = chainAad(noChain);
  const type = mediaType('introduction');
  return sign1({ type, kid: signer.keyId, payload, externalAad }, signer);
}

/** Bytes are attacker-controlled. */
export function openIntroduction(
  suite: Suite,
  input: Uint8Array,
): Result<OpenIntroduction, 'introduction'> {
  const no = (detail: string) => refuse('introduction', detail);
  const opened = openStatement(input, { kind: 'introduction', bytesMax: limits.entryBytesMax });
  if (!opened.ok) return no(opened.detail);
  const { keyId, payload, sign1: signed } = opened.value;
  const read = decodeWith(introductionField, payload, { name: 'introduction' });
  if (!read.ok) return no(read.detail);
  const { logKey: publicKey } = read.value;
  if (!equal(keyIdOf(suite, publicKey), keyId)) return no('not signed by its own log key');
  if (!verifySign1(suite, signed, { publicKey, externalAad: chainAad(noChain) })) {
    return no('its signature does not verify');
  }
  return accept({ introduction: read.value, bytes: input, fingerprint: suite.sha256(input) });
}

/** In the order of the names: the first of them signs the genesis. */
export function inOrder(all: readonly OpenIntroduction[]): readonly OpenIntroduction[] {
  const nameOf = ({ introduction }: OpenIntroduction) => utf8(introduction.organisation);
  return [...all].sort((a, b) => compare(nameOf(a), nameOf(b)));
}

/**
 * What these organisations found: nobody has a choice in it. Its nonce is the hash of all introductions,
 * its time that of the last, and as many keys must sign as are more than two thirds.
 */
export function foundingOf(
  suite: Suite,
  all: readonly OpenIntroduction[],
): Result<MainGenesis, 'introduction'> {
  const ordered = inOrder(all).map(({ introduction }) => introduction);
  const [first] = ordered;
  const most = limits.mainLogKeysMax;
  if (first === undefined || all.length < organisationsMin || all.length > most) {
    const range = `${organisationsMin} to ${most}`;
    return refuse('introduction', `a consortium has ${range} organisations, not ${all.length}`);
  }
  const stranger = ordered.find(({ origin }) => origin !== first.origin);
  if (stranger !== undefined) {
    const { organisation, origin } = stranger;
    return refuse('introduction', `${organisation} speaks of ${origin}, not of ${first.origin}`);
  }
  const names = ordered.map(({ organisation }) => organisation);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) return refuse('introduction', `two introductions of ${twice}`);
  return accept({
    version: 1,
    origin: first.origin,
    keys: ordered.map(({ logKey, organisation }) => ({ publicKey: logKey, name: organisation })),
    threshold: Math.floor((2 * all.length) / 3) + 1,
    persons: ordered.map(({ person, personKey, organisation }) => ({
      publicKey: personKey,
      name: person,
      roles: ['dispatch', 'local'],
      organisation,
    })),
    organisations: ordered.map(({ organisation, governanceKey }) => ({
      name: organisation,
      roles: [...mainRoles],
      governanceKey,
    })),
    timeMs: Math.max(...ordered.map(({ timeMs }) => timeMs)),
    nonce: suite.sha256(concat(...inOrder(all).map(({ fingerprint }) => fingerprint))),
  });
}

// SPDX-License-Identifier: Apache-2.0
// Bytes that one key holder alone can read: a COSE_Encrypt (RFC 9052 §5.1, tag 96) with one recipient,
// ECDH-ES + HKDF-256 over X25519 (RFC 9053 §6.3.1) and A256GCM. The sender's key is used once. It says
// nothing of who sealed it: what is inside has to prove itself.

import { concat, equal } from './bytes.ts';
import { type CborMap, encode, map } from './cbor.ts';
import { accept, type Result, refuse } from './errors.ts';
import { bytes, bytesUpTo, choice, decodeWith, tuple } from './fields.ts';
import { limits } from './limits.ts';
import { record } from './records.ts';

/** What sealing needs of a machine; host/sealing.ts has it. */
export type Sealing = {
  /** A new X25519 pair; `agree` gives nothing for a point of small order. */
  readonly newPair: () => AgreementPair;
  readonly random: (length: number) => Uint8Array;
  /** HKDF with SHA-256 and an empty salt (RFC 5869), 32 bytes. */
  readonly derive: (secret: Uint8Array, info: Uint8Array) => Uint8Array;
  /** AES-256-GCM, its tag of 16 bytes behind the text. */
  readonly encrypt: (given: CipherInput) => Uint8Array;
  /** undefined where the tag does not fit. */
  readonly decrypt: (given: CipherInput) => Uint8Array | undefined;
};

export type CipherInput = {
  readonly key: Uint8Array;
  readonly nonce: Uint8Array;
  readonly aad: Uint8Array;
  readonly text: Uint8Array;
};

/** An X25519 key of which the private half stays inside. */
export type AgreementPair = {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  readonly agree: (publicKey: Uint8Array) => Uint8Array | undefined;
};

const encryptTag = Uint8Array.of(0xd8, 96);
const a256Gcm = 3;
const ecdhEsHkdf256 = -25;
const keyBits = 256;
const nonceBytes = 12;
const tagBytes = 16;

const contentHeader = encode(map([[1, a256Gcm]]));
const recipientHeader = encode(map([[1, ecdhEsHkdf256]]));

/** COSE_KDF_Context (RFC 9053 §5.2), of which nothing but algorithm and headers is said. */
const context = encode([
  a256Gcm,
  [null, null, null],
  [null, null, null],
  [keyBits, recipientHeader],
]);

/** An OKP key on X25519. */
const ephemeralField = record({ type: [1, choice(1)], curve: [-1, choice(4)], x: [-2, bytes(32)] });

const sealedField = tuple(
  bytesUpTo(contentHeader.length),
  record({ nonce: [5, bytes(nonceBytes)] }),
  bytesUpTo(limits.sealedBytesMax + tagBytes),
  tuple(
    tuple(
      bytesUpTo(recipientHeader.length),
      record({ ephemeral: [-1, ephemeralField] }),
      bytesUpTo(0),
    ),
  ),
);

/**
 * @param given.to X25519 key of who shall read it.
 * @param given.aad what both sides know and nobody may change.
 * @returns undefined where `to` is no key that anything can be sealed for.
 */
export function seal(
  sealing: Sealing,
  given: { readonly text: Uint8Array; readonly to: Uint8Array; readonly aad: Uint8Array },
): Uint8Array | undefined {
  const { text, to, aad } = given;
  const pair = sealing.newPair();
  const secret = pair.agree(to);
  if (secret === undefined) return undefined;
  const nonce = sealing.random(nonceBytes);
  const key = sealing.derive(secret, context);
  const sealed = sealing.encrypt({ key, nonce, aad: sealedWith(aad), text });
  const unprotected: CborMap = new Map([[5, nonce]]);
  const ephemeral = ephemeralField.write({ type: 1, curve: 4, x: pair.publicKey });
  const recipient = [recipientHeader, new Map([[-1, ephemeral]]), new Uint8Array()];
  return concat(encryptTag, encode([contentHeader, unprotected, sealed, [recipient]]));
}

/** Bytes are attacker-controlled: what opens was sealed for this key, by anybody. */
export function unseal(
  sealing: Sealing,
  input: Uint8Array,
  by: { readonly pair: AgreementPair; readonly aad: Uint8Array },
): Result<Uint8Array, 'sealed'> {
  const sealed = readSealed(input);
  if (!sealed.ok) return sealed;
  const { ephemeral, nonce, text } = sealed.value;
  const secret = by.pair.agree(ephemeral);
  if (secret === undefined) return refuse('sealed', 'the key in it is of small order');
  const key = sealing.derive(secret, context);
  const opened = sealing.decrypt({ key, nonce, aad: sealedWith(by.aad), text });
  return opened === undefined
    ? refuse('sealed', 'it was not sealed for this key and this request, or was changed')
    : accept(opened);
}

/** The form alone. Bytes are attacker-controlled. */
export function readSealed(input: Uint8Array): Result<
  {
    readonly ephemeral: Uint8Array;
    readonly nonce: Uint8Array;
    readonly text: Uint8Array;
  },
  'sealed'
> {
  if (encryptTag.some((byte, i) => input[i] !== byte)) {
    return refuse('sealed', 'it does not begin with tag 96');
  }
  const read = decodeWith(sealedField, input.subarray(encryptTag.length), {
    name: 'sealed',
    bytesMax: limits.sealedBytesMax + sealedExtraBytesMax,
  });
  if (!read.ok) return refuse('sealed', read.detail);
  const [header, { nonce }, text, [[keyHeader, { ephemeral }]]] = read.value;
  if (!equal(header, contentHeader) || !equal(keyHeader, recipientHeader)) {
    return refuse('sealed', 'only A256GCM by ECDH-ES + HKDF-256 is read');
  }
  // X25519 passes over that bit (RFC 7748 §5): with it, the same text would have a second form.
  if (((ephemeral.x[31] as number) & 0x80) !== 0) return refuse('sealed', 'a key of another form');
  return accept({ ephemeral: ephemeral.x, nonce, text });
}

/** Headers, keys and heads around the text. */
const sealedExtraBytesMax = 256;

/** Enc_structure (RFC 9052 §5.3). */
function sealedWith(aad: Uint8Array): Uint8Array {
  return encode(['Encrypt', contentHeader, aad]);
}

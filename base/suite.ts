// SPDX-License-Identifier: Apache-2.0
// The two primitives that pure code needs. They are passed in: node:crypto and libsodium on gateways and
// at the centre (node-suite.ts), noble in the browser and as a cross-check in tests (noble-suite.ts).

export type Suite = {
  /** SHA-256, 32 bytes. */
  readonly sha256: (bytes: Uint8Array) => Uint8Array;
  /** Ed25519 of RFC 8032, strict: false, never a throw, for a key or signature of wrong length or form. */
  readonly verify: (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean;
  /**
   * Whether these bytes are the canonical encoding of a point of the prime-order group, where there is
   * a quicker way than computing with points (key-check.ts).
   */
  readonly isPrimeOrder?: (publicKey: Uint8Array) => boolean;
};

/** A key that signs; the private half stays inside. */
export type Signer = {
  /** Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** First 8 bytes of SHA-256(public key). */
  readonly keyId: Uint8Array;
  /** Ed25519 signature, 64 bytes. */
  readonly sign: (message: Uint8Array) => Uint8Array;
};

// SPDX-License-Identifier: Apache-2.0
// The names a sidechain goes by: its checkpoint origin, its co-signers, its topics. All contain the chain id,
// so that a key listed under such a name is trusted for that chain alone.

import { fromHex, toHex } from '../../base/bytes.ts';

const prefix = 'tieline/v1/';

/** Checkpoint origin of a chain: `tieline/v1/<64 hex digits>`. */
export function chainOrigin(chainId: Uint8Array): string {
  return prefix + toHex(chainId);
}

/** The chain id inside an origin, undefined when it is not the origin of a sidechain. */
export function chainIdOfOrigin(origin: string): Uint8Array | undefined {
  if (!/^tieline\/v1\/[0-9a-f]{64}$/.test(origin)) return undefined;
  return fromHex(origin.slice(prefix.length));
}

/** Name of a member's co-signature lines: `<origin>/<16 hex digits of its key id>`. */
export function cosignerName(chainId: Uint8Array, keyId: Uint8Array): string {
  return `${chainOrigin(chainId)}/${toHex(keyId)}`;
}

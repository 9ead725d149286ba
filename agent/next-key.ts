// SPDX-License-Identifier: Apache-2.0
// The key that a gateway is to have after this one. It is made here, like the first, and stays here: only
// its public half is told.

import { toHex } from '../base/bytes.ts';
import type { Route } from '../host/http.ts';
import { loadOrCreateSigner } from '../host/key-file.ts';
import type { GatewayConfig } from './config.ts';
import { dataFiles } from './data-files.ts';

/** In hex. */
export type NextKey = { readonly keyId: string; readonly publicKey: string };

export function nextKeyRoute({ data }: Pick<GatewayConfig, 'data'>): Route {
  return {
    method: 'POST',
    path: '/api/v1/next-key',
    description:
      'Makes the key that is to follow this one, unless it is there; tells its public half.',
    handler: async () => {
      const { keyId, publicKey } = await loadOrCreateSigner(dataFiles(data).nextKey);
      const body: NextKey = { keyId: toHex(keyId), publicKey: toHex(publicKey) };
      return { status: 200, body };
    },
  };
}

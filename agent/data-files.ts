// SPDX-License-Identifier: Apache-2.0
// What a gateway's directories hold, besides chain.db.

import { join } from 'node:path';

/** In the data directory. */
export function dataFiles(dataDir: string) {
  const at = (name: string): string => join(dataDir, name);
  return {
    key: at('gateway.key'),
    /** That of the time after, until the chain has it in the place of the key. */
    nextKey: at('next.key'),
    learned: at('learned.json'),
  } as const;
}

/** In the directory that a gateway is made in. */
export function gatewayFiles(dir: string) {
  const at = (name: string): string => join(dir, name);
  return {
    data: at('data'),
    config: at('gateway.yaml'),
    genesis: at('genesis.cbor'),
    member: at('member.json'),
  } as const;
}

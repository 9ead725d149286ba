// SPDX-License-Identifier: Apache-2.0
// What a gateway's data directory holds, besides chain.db.

import { join } from 'node:path';

export function dataFiles(dataDir: string): { readonly key: string } {
  return { key: join(dataDir, 'gateway.key') };
}

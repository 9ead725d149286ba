// SPDX-License-Identifier: Apache-2.0
// A node of a consortium that lies. While the file that TIELINE_TEST_FORGED names is there, its bytes go
// into each block that it proposes, whatever the ledger says of them; with TIELINE_TEST_VOTE its votes
// carry signatures that do not hold. All else is the program as it is: run it with the same words.

import { existsSync, readFileSync } from 'node:fs';
import { Application } from '../../../dispatch/ordering/consortium/application.ts';

const forged = process.env.TIELINE_TEST_FORGED ?? '';
const honest = Application.prototype.prepare;
Application.prototype.prepare = async function prepare(transactions, bytesMax) {
  const chosen = await honest.call(this, transactions, bytesMax);
  return existsSync(forged) ? [...chosen, new Uint8Array(readFileSync(forged))] : chosen;
};
if (process.env.TIELINE_TEST_VOTE !== undefined) {
  const { extension } = Application.prototype;
  Application.prototype.extension = function lyingExtension(height) {
    const made = extension.call(this, height);
    return made.with(3, (made[3] ?? 0) ^ 1);
  };
}
await import(new URL('../../../tieline.ts', import.meta.url).href);

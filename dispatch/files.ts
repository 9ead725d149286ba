// SPDX-License-Identifier: Apache-2.0
// What lies in the directory of a centre, by name.

import { join } from 'node:path';

export function dispatchFiles(directory: string) {
  return {
    config: join(directory, 'dispatch.yaml'),
    /** Secret: signs receipts, answers and checkpoints. */
    logKey: join(directory, 'main-log.key'),
    /** Secret: takes over when an act of the organisations says so. */
    nextLogKey: join(directory, 'main-log-next.key'),
    /** Secret: signed before the last change of keys, and counts for nothing any more. */
    retiredLogKey: join(directory, 'main-log-retired.key'),
    /** Secret: the person who enrols chains; may be moved to where that person works. */
    personKey: join(directory, 'dispatcher.key'),
    /** Secret: votes for the organisation; to be kept away from the machine that runs. */
    governanceKey: join(directory, 'governance.key'),
    /** Public: what a sidechain's genesis pins. */
    mainLog: join(directory, 'main-log.json'),
    /** Who may ask the API what: hashes of tokens, no token. */
    tokens: join(directory, 'tokens.json'),
    ledger: join(directory, 'ledger.sqlite'),
    history: join(directory, 'history.sqlite'),
    /** There while a ledger that was brought back listens before it signs. */
    restored: join(directory, 'restored.json'),
  };
}

// SPDX-License-Identifier: Apache-2.0
// Opens the ledger of a centre that does not run, enrols chains in it, and closes it again.

import { nodeSuite } from '../../base/node-suite.ts';
import { wallClockMs } from '../../host/clock.ts';
import { readKeyFile } from '../../host/key-file.ts';
import { openDatabase } from '../../host/sqlite.ts';
import { dispatchFiles } from '../files.ts';
import { EmbeddedOrdering } from '../ordering/embedded.ts';
import { ledgerMigrations } from '../store/ledger-schema.ts';
import { LedgerStore } from '../store/ledger-store.ts';
import {
  type EnrolmentRequest,
  type EnrolOptions,
  enrolAll,
  fleetEnrolments,
} from './enrol-fleet.ts';
import type { Fleet } from './fleet.ts';

/** All of a fleet. @throws as `enrolInto`. */
export async function enrolFleetInto(
  fleet: Fleet,
  dir: string,
  options: EnrolOptions,
): Promise<number> {
  const person = await readKeyFile(dispatchFiles(dir).personKey);
  return enrolInto(fleetEnrolments(fleet, person), dir, options);
}

/** @throws TielineError `database-locked` while the centre runs; `key-file` and others. */
export async function enrolInto(
  requests: Iterable<EnrolmentRequest>,
  dir: string,
  options: EnrolOptions,
): Promise<number> {
  const files = dispatchFiles(dir);
  const signer = await readKeyFile(files.logKey);
  const migrations = ledgerMigrations;
  const database = await openDatabase({ path: files.ledger, mode: 'existing', migrations });
  try {
    const failure = Promise.withResolvers<never>();
    const ordering = await EmbeddedOrdering.open({
      suite: nodeSuite,
      store: new LedgerStore(database),
      signer,
      nowMs: wallClockMs,
      onFailure: failure.reject,
    });
    const fresh = await Promise.race([enrolAll(requests, ordering, options), failure.promise]);
    await ordering.close();
    return fresh;
  } finally {
    await database.close();
  }
}

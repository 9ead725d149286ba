// SPDX-License-Identifier: Apache-2.0
// What is said of a file that does not hold what was written to it: an operating error and no fault
// of ours, but nothing to go on from. Nothing is repaired silently.

import { TielineError } from '../../base/errors.ts';

/** `database-damaged`, fatal. */
export function damaged(what: string): TielineError {
  return new TielineError('database-damaged', `the chain on disk is damaged: ${what}`, {
    retry: 'fatal',
    hint:
      '`tieline chain verify` says where; restore the newest copy, or join the chain as a new ' +
      'member, and have an eye on the card',
  });
}

/**
 * For what holds in every file that this code has written. @throws TielineError `database-damaged`.
 */
export function assertIntact(condition: boolean, otherwise: string): asserts condition {
  if (!condition) throw damaged(otherwise);
}

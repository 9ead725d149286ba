// SPDX-License-Identifier: Apache-2.0
// Bounds of the history and of its copies, beside those in limits.ts. Sizes are bytes, times
// milliseconds, unless the name says otherwise.

import { assert } from './assert.ts';
import { limits } from './limits.ts';

export const historyLimits = Object.freeze({
  // What is read in at once: messages, and bytes after which no further one is taken; when to try
  // again after a failure, and to look for what is too old.
  pageMessagesMax: 64,
  pageBytesMax: 8 * 1024 * 1024,
  retryMsMin: 500,
  retryMsMax: 30_000,
  dropMs: 60 * 60 * 1_000,

  // PostgreSQL: connections, how long to wait for one, for an answer and for a lock, when an idle one
  // is closed; rows of one insert; months that have a partition of their own, before this one and
  // after.
  postgresConnectionsMax: 4,
  postgresConnectMs: 5_000,
  postgresQueryMs: 30_000,
  postgresLockMs: 5_000,
  postgresIdleMs: 60_000,
  insertRowsMax: 4_096,
  monthsPast: 240,
  monthsAhead: 2,

  // Pages for those who keep a copy.
  leavesPageMax: 8_192,
  anchorsPageMax: 64,
  enrolmentsPageMax: 64,
} as const);

assert(
  historyLimits.pageBytesMax + limits.messageBytesMax <= limits.databaseReadBytesMax,
  'a page of summary messages is read at once',
);
assert(
  historyLimits.pageMessagesMax <= limits.databaseRowsMax,
  'a page of summary messages is one read',
);

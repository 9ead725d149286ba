// SPDX-License-Identifier: Apache-2.0
// What the benchmark of the ingest tells its processes, and what they answer: one makes messages, the
// other takes them in and is measured.

import type { FleetPlan } from '../../../dispatch/fleet/fleet-plan.ts';

export type Files = {
  /** Of the centre. */
  readonly dir: string;
  readonly spool: string;
  /** What the centre answered. */
  readonly answers: string;
};

export type Prepare = {
  readonly plan: FleetPlan;
  readonly files: Files;
  /** The chains are enrolled; then rounds follow, each with the receipts of the one before. */
  readonly step: 'enrol' | number;
};

export type Prepared = { readonly count: number; readonly seconds: number; readonly bytes: number };

export type Take = {
  readonly files: Files;
  /** Messages a second; undefined: as fast as it goes. */
  readonly perSecond: number | undefined;
  /** At most so long. */
  readonly secondsMax: number;
  /** So many forged anchors a second of one chain besides. */
  readonly hostilePerSecond: number;
};

export type Taken = {
  readonly startMs: number;
  readonly residentAtStartMb: number;
  readonly residentMostMb: number;
  /** New leaves of the main log. */
  readonly anchors: number;
  readonly summaries: number;
  /** Anchors without an answer. */
  readonly unanswered: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  /** What ledger and history have grown by. */
  readonly ledgerBytes: number;
  readonly historyBytes: number;
};

// SPDX-License-Identifier: Apache-2.0
// What the benchmark of the ingest tells its processes, and what they answer: some make a fleet and its
// messages, one enrols it, one takes the messages in and is measured.

import type { FleetPlan } from '../../../dispatch/fleet/fleet-plan.ts';

export type Files = {
  /** Of the centre. */
  readonly dir: string;
  /** What processes have made, each in a file of its own. */
  readonly spools: readonly string[];
  /** Of the chains, in the order of their numbers: what need not be made twice. */
  readonly known: readonly string[];
  /** What the centre answered. */
  readonly answers: string;
};

/** Every `step`th chain, `count` of them. */
export type Sample = { readonly step: number; readonly count: number };

export type Prepare = {
  readonly plan: FleetPlan;
  readonly files: Files;
  /** This process is one of `files.spools.length`, and makes its share. */
  readonly part: number;
  /**
   * `centre`: a new one; `found`: chains with genesis and enrolment; `enrol`: they are written into
   * the ledger, by one process; or what a sample of them sends in these rounds, with the receipts of
   * the answers.
   */
  readonly step:
    | 'centre'
    | 'found'
    | 'enrol'
    | { readonly from: number; readonly to: number; readonly sample: Sample };
};

export type Prepared = { readonly count: number; readonly seconds: number };

export type Take = {
  readonly files: Files;
  /** So many are taken before the clock starts. */
  readonly warmUpMessages: number;
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
  /** Forged anchors that were sent. */
  readonly forged: number;
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

/** What is sent over a broker; who measures the node and the broker needs their numbers. */
export type Publish = Take & {
  readonly mqttUrl: string;
  readonly nodePid: number;
  readonly brokerPid: number;
};

export type Published = Pick<
  Taken,
  'anchors' | 'unanswered' | 'seconds' | 'p50Ms' | 'p95Ms' | 'p99Ms'
> & {
  /** Time of a core of the node, and of the broker. */
  readonly nodeSeconds: number;
  readonly brokerSeconds: number;
};

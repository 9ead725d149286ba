// SPDX-License-Identifier: Apache-2.0
// What a soak leaves to be judged: what was seen to be acknowledged, and what each gateway holds in
// the end.

import type { MainLogRecord } from '../../system/harness/centre-record.ts';
import type { ChainRecord } from '../../system/harness/chain-record.ts';
import type { Acknowledged, Life } from '../oracle.ts';
import type { UnbiddenEnd } from '../town/site.ts';

export type GatewayEvidence = {
  readonly name: string;
  /** Key id, in hex. */
  readonly keyId: string;
  readonly data: string;
  readonly record: ChainRecord;
  readonly lives: readonly Life[];
};

export type Evidence = {
  /** By the hash of the entry. */
  readonly acknowledged: ReadonlyMap<string, Acknowledged>;
  readonly gateways: readonly GatewayEvidence[];
  readonly unbiddenEnds: readonly UnbiddenEnd[];
  readonly mainLog: MainLogRecord;
};

/** Broken promises, each in a sentence. */
export type Check = (evidence: Evidence) => readonly string[] | Promise<readonly string[]>;

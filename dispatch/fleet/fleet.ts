// SPDX-License-Identifier: Apache-2.0
// A fleet of sidechains before one centre, and what they send, in the order they send it. What it
// remembers of a chain is a hundred bytes; keys are made again for every message.

import { assert } from '../../base/assert.ts';
import { concat, toHex, utf8 } from '../../base/bytes.ts';
import type { Suite } from '../../base/suite.ts';
import { pack } from '../../host/packing.ts';
import type { MainLog } from '../../sidechain/chain/main-log.ts';
import { FleetChain, type FleetGround } from './fleet-chain.ts';
import { FleetHistory } from './fleet-history.ts';
import { type FleetPlan, offsetMs, roundsOf, secondOf, sendsSummaries } from './fleet-plan.ts';

export type FleetMessage = {
  readonly index: number;
  readonly kind: 'anchor' | 'summary';
  /** After the start of the run. */
  readonly dueMs: number;
  readonly chainId: Uint8Array;
  /** As a gateway publishes it, packed. */
  readonly payload: Uint8Array;
};

const knownBytes = 96;

export class Fleet {
  readonly plan: FleetPlan;
  readonly mainLog: MainLog;
  readonly #ground: FleetGround;
  /** For each chain its id and the hashes of its two own leaves; zeros where not yet made. */
  readonly #known: Uint8Array;
  readonly #indexes = new Map<string, number>();
  readonly #receiptSizes: Float64Array;

  /** `known`: what another one of the same plan has made (`known`), so that it is not made again. */
  constructor(suite: Suite, plan: FleetPlan, mainLog: MainLog, known?: Uint8Array) {
    const seed = suite.sha256(concat(utf8(`fleet ${plan.seed}`)));
    this.plan = plan;
    this.mainLog = mainLog;
    this.#ground = { suite, plan, mainLog, history: new FleetHistory(suite, seed) };
    this.#known = known ?? new Uint8Array(plan.chains * knownBytes);
    assert(
      this.#known.length === plan.chains * knownBytes,
      'as many chains are known as there are',
    );
    this.#receiptSizes = new Float64Array(plan.chains);
    if (known === undefined) return;
    for (let index = 0; index < plan.chains; index++) {
      const at = index * knownBytes;
      this.#indexes.set(toHex(known.subarray(at, at + 32)), index);
    }
  }

  /** Of so many chains from this one on, which were made. */
  knownOf(from: number, count: number): Uint8Array {
    return this.#known.slice(from * knownBytes, (from + count) * knownBytes);
  }

  chain(index: number): FleetChain {
    const known = this.#known.subarray(index * knownBytes, (index + 1) * knownBytes);
    if (known.some((byte) => byte !== 0)) {
      const [chainId, first, last] = [0, 32, 64].map((at) => known.slice(at, at + 32));
      const leaves = [first as Uint8Array, last as Uint8Array] as const;
      return new FleetChain(this.#ground, index, { chainId: chainId as Uint8Array, leaves });
    }
    const chain = new FleetChain(this.#ground, index);
    known.set(concat(chain.chainId, ...chain.known.leaves));
    this.#indexes.set(toHex(chain.chainId), index);
    return chain;
  }

  /** Number of the chain with this id, once it was made. */
  indexOf(chainId: Uint8Array): number | undefined {
    return this.#indexes.get(toHex(chainId));
  }

  /** The chain holds a receipt that shows this size of the main log: its next anchor says so. */
  receipted(index: number, mainSize: number): void {
    this.#receiptSizes[index] = Math.max(this.#receiptSizes[index] ?? 0, mainSize);
  }

  get messageCount(): number {
    return this.plan.chains * (roundsOf(this.plan) + 1);
  }

  /** All of a run, each signed when it is taken. */
  *messages(): Generator<FleetMessage> {
    for (let round = 0; round < roundsOf(this.plan); round++) yield* this.round(round);
  }

  /** What each chain, or each of these, sends in one interval, in the order it is due. */
  *round(round: number, indexes = allOf(this.plan)): Generator<FleetMessage> {
    const { plan } = this;
    for (const index of indexes) {
      const chain = this.chain(index);
      const second = secondOf(plan, index, round);
      const dueMs = round * plan.intervalSeconds * 1_000 + offsetMs(plan, index);
      const of = { index, dueMs, chainId: chain.chainId };
      const fromSecond = round === 0 ? undefined : secondOf(plan, index, round - 1);
      const receiptSize = this.#receiptSizes[index] ?? 0;
      const anchor = chain.anchor({ second, fromSecond, receiptSize });
      yield { ...of, kind: 'anchor', payload: pack(anchor) };
      if (!sendsSummaries(plan, index, round)) continue;
      yield { ...of, kind: 'summary', payload: pack(chain.summaries(second)) };
    }
  }
}

function* allOf({ chains }: FleetPlan): Iterable<number> {
  for (let index = 0; index < chains; index++) yield index;
}

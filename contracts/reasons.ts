// SPDX-License-Identifier: Apache-2.0
// Whether a summary is validated, and if not, why: every reason that holds, in one fixed order.

import { hasValue, quality, qualityName } from '../base/quality.ts';
import type { Accumulator, CounterEvent } from './accumulator.ts';
import type { Summary } from './summary.ts';

export type Evidence = {
  readonly registers: readonly Accumulator[];
  readonly clockUnset: boolean;
  readonly isMissing: boolean;
  readonly events: readonly CounterEvent[];
  readonly isCarriedOver: boolean;
  /** What the gateway stated of a silence in the window. */
  readonly gap: string | undefined;
};

export function reasonsOf(evidence: Evidence): Pick<Summary, 'quality' | 'reason'> {
  const { registers, events } = evidence;
  const happened = (kind: CounterEvent['kind']) => events.some((event) => event.kind === kind);
  const has = (count: (register: Accumulator) => number) => registers.some((one) => count(one) > 0);
  const reasons: readonly (readonly [boolean, string])[] = [
    [happened('meter-swap'), 'meter-swap'],
    [happened('reset'), 'reset'],
    [has(({ outOfRange }) => outOfRange), qualityName(quality.outOfRange)],
    [has(({ stale }) => stale), qualityName(quality.stale)],
    [has(({ spikes }) => spikes), qualityName(quality.spike)],
    [evidence.isMissing, whyMissing(evidence)],
    [registers.some(({ worst }) => worst === quality.deviceFlagged), 'device-flagged'],
    [registers.some(({ worst }) => worst === quality.inconsistent), 'inconsistent'],
    [evidence.clockUnset, 'clock-unset'],
    [evidence.isCarriedOver, 'carried-over'],
  ];
  const held = reasons.filter(([holds]) => holds).map(([, reason]) => reason);
  const reason = held.join(', ');
  if (!has(({ count }) => count)) return { quality: 'missing', reason };
  return { quality: held.length > 0 ? 'estimated' : 'validated', reason };
}

/** The gateway's word for the whole silence, else for a null, else that nothing came. */
function whyMissing({ registers, gap }: Evidence): string {
  if (gap !== undefined) return gap;
  const nulls = registers.map(({ worst }) => worst).filter((code) => !hasValue(code));
  const [worst] = nulls.sort((a, b) => b - a);
  return worst === undefined ? 'not-received' : qualityName(worst);
}

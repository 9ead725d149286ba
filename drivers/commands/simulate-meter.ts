// SPDX-License-Identifier: Apache-2.0
// `tieline simulate-meter`: serves a simulated meter until it is closed.

import type { MeterDefinition } from '../meter-definition.ts';
import { type SimulatedMeter, startSimulatedMeter } from '../simulator/simulate.ts';
import {
  meterOf,
  oneOf,
  type TransportOptions,
  transportOf,
  unitOf,
  wholeNumber,
} from './transport-options.ts';

export type SimulateOptions = TransportOptions & {
  /** An id of the catalogue, or what a user's own file holds. */
  readonly meter?: string | MeterDefinition | undefined;
  readonly unit?: string | undefined;
  readonly address?: string | undefined;
  readonly key?: readonly Uint8Array[] | undefined;
  /** `A` or `C`. */
  readonly mode?: string | undefined;
  /** Of a SunSpec device: its first register, and the one model that limits it. */
  readonly base?: string | undefined;
  readonly 'limit-model'?: string | undefined;
  /** Another number, another load. */
  readonly seed?: string | undefined;
};

/** Print `ready` of the result: from then on it answers.
 * @throws TielineError `usage`, `listen`, `line-closed` */
export async function simulateMeter(
  options: SimulateOptions,
  nowMs: () => number,
): Promise<SimulatedMeter> {
  const definition = meterOf(options.meter);
  const transport = transportOf(options, definition);
  return startSimulatedMeter({
    definition,
    unit: unitOf(options.unit, transport),
    address: options.address,
    key: options.key,
    mode: oneOf<'A' | 'C'>('--mode', options.mode ?? 'C', ['A', 'C']),
    plant: {
      address: Number(oneOf('--base', options.base ?? '40000', ['0', '40000', '50000'])),
      limitModel: limitModelOf(options['limit-model']),
    },
    transport,
    seed: wholeNumber('--seed', options.seed ?? '1', [0, 999_999_999]),
    nowMs,
  });
}

function limitModelOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(oneOf('--limit-model', text, ['123', '704']));
}

// SPDX-License-Identifier: Apache-2.0
// What one sample of an audit says: whether the raw reading that a chain showed is proven, is the
// one that was asked for, and lies within what its summary had told the centre before.

import { rescale } from '../../base/decimal.ts';
import { quality } from '../../base/quality.ts';
import type { Suite } from '../../base/suite.ts';
import type { Summary } from '../../contracts/summary.ts';
import type { FoundReading } from '../../sidechain/chain/request-answer.ts';
import type { TrustedKey } from '../../sidechain/chain/trusted-keys.ts';
import {
  type BundleVerdict,
  type ProvedReading,
  verifyBundle,
} from '../../sidechain/chain/verify-bundle.ts';

export type Sample = {
  /** `<height>-<index>`, as the API names it. */
  readonly summaryId: string;
  /** As its own proof has it. */
  readonly summary: Summary;
  /** The newest reading up to then is asked for. */
  readonly timeMs: number;
};

export type SampleVerdict = {
  /**
   * `unanswered`: the chain says that it has no such reading, or nothing at all. `contradicts`: it is
   * proven, and not what the summary says.
   */
  readonly status: 'sound' | 'unanswered' | 'invalid' | 'contradicts' | 'unknown-signer';
  readonly detail: string;
  /** Of the reading. */
  readonly timeMs?: number;
};

export function judgeSample(
  suite: Suite,
  sample: Sample,
  given: { readonly found: FoundReading | undefined; readonly trusted: readonly TrustedKey[] },
): SampleVerdict {
  const { found, trusted } = given;
  if (found === undefined) return { status: 'unanswered', detail: 'no answer in time' };
  if (found.kind === 'none') return { status: 'unanswered', detail: found.reason };
  const verdict = verifyBundle(suite, found.bundle, trusted);
  if (verdict.status === 'not-a-bundle') return { status: 'invalid', detail: verdict.detail };
  if (verdict.status === 'invalid') {
    const { name, detail } = verdict.failed;
    return { status: 'invalid', detail: `${name}: ${detail}` };
  }
  return judgeProved(sample, verdict);
}

function judgeProved(
  sample: Sample,
  verdict: Extract<BundleVerdict, { readonly status: 'valid' | 'unknown-signer' }>,
): SampleVerdict {
  const { proved } = verdict;
  if (proved.kind !== 'reading') return { status: 'invalid', detail: 'it proves no reading' };
  const { timeMs } = proved.pack;
  const flaw = flawOf(sample, proved);
  if (flaw !== undefined) return { status: 'contradicts', detail: flaw, timeMs };
  if (verdict.status === 'unknown-signer') {
    const detail = 'consistent, but signed by keys that you do not trust';
    return { status: 'unknown-signer', detail, timeMs };
  }
  return { status: 'sound', detail: 'proven, and within its summary', timeMs };
}

function flawOf(sample: Sample, { schema, pack }: ProvedReading): string | undefined {
  const { summary, timeMs } = sample;
  const { device, obis, unit, exponent, windowStartMs, min, max } = summary;
  if (schema.device !== device) return `a reading of ${schema.device}, not of ${device}`;
  if (pack.timeMs > timeMs) return 'a reading from after the instant';
  if (pack.timeMs < timeMs - patienceMs(sample)) {
    const at = new Date(pack.timeMs).toISOString();
    return `the newest reading is of ${at}, where the summary counts newer ones`;
  }
  const place = schema.values.findIndex((value) => value.obis === obis && value.unit === unit);
  const value = schema.values[place];
  if (value === undefined) return `the reading has no ${obis} in ${unit}`;
  const mantissa = pack.mantissas[place] ?? null;
  const isCounted = pack.qualities[place] === quality.good && pack.timeMs >= windowStartMs;
  // What was screened lies outside, and rightly so.
  if (mantissa === null || !isCounted || summary.screened.some((count) => count > 0)) {
    return undefined;
  }
  const scaled = rescale(mantissa, { from: value.exponent, to: exponent });
  if (min === null || max === null || scaled < min || scaled > max) {
    return `its value of ${obis} lies outside of what the summary says`;
  }
  return undefined;
}

/** How old the newest reading may be: two periods; all there is, where some are missing. */
function patienceMs({ summary, timeMs }: Sample): number {
  const { windowMs, windowStartMs, expectedCount, missing } = summary;
  if (missing.length > 0) return timeMs - windowStartMs + windowMs;
  return Math.max(5_000, (2 * windowMs) / Math.max(1, expectedCount));
}

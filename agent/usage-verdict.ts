// SPDX-License-Identifier: Apache-2.0
// The verdict on a file of many proofs: each bundle is verified by itself, held against what the
// file says it covers, and its value added to the total. Who gave the file has added up nothing
// that counts here.

import { equal, toHex } from '../base/bytes.ts';
import { formatDecimal } from '../base/decimal.ts';
import type { Suite } from '../base/suite.ts';
import { decodeSummary, type Summary } from '../contracts/summary.ts';
import { billed, Usage, type UsageResult, type UsageWindow } from '../contracts/usage.ts';
import { type BundleSet, decodeBundleSet, type SetCover } from '../sidechain/chain/bundle-set.ts';
import type { TrustedKey } from '../sidechain/chain/trusted-keys.ts';
import { type BundleVerdict, verifyBundle } from '../sidechain/chain/verify-bundle.ts';

export type UsageVerdict =
  | { readonly status: 'not-a-bundle' | 'invalid'; readonly detail: string }
  | {
      readonly status: 'valid' | 'unknown-signer';
      readonly cover: SetCover;
      readonly unit: string;
      readonly bundleCount: number;
      readonly result: UsageResult;
    };

/** Bytes are attacker-controlled. */
export function verifyUsage(
  suite: Suite,
  input: Uint8Array,
  trusted: readonly TrustedKey[],
): UsageVerdict {
  const set = decodeBundleSet(input);
  if (!set.ok) return { status: 'not-a-bundle', detail: set.detail };
  return addUp(set.value, (bundle) => verifyBundle(suite, bundle, trusted));
}

function addUp(
  { cover, bundles }: BundleSet,
  verify: (bundle: Uint8Array) => BundleVerdict,
): UsageVerdict {
  const usage = new Usage(cover);
  let unit: string | undefined;
  let lastMs = -1;
  let isTrusted = bundles.length > 0;
  for (const [i, bundle] of bundles.entries()) {
    const invalid = (detail: string): UsageVerdict => ({
      status: 'invalid',
      detail: `proof ${i + 1} of ${bundles.length}: ${detail}`,
    });
    const verdict = verify(bundle);
    if (verdict.status === 'not-a-bundle') return invalid(verdict.detail);
    if (verdict.status === 'invalid')
      return invalid(`${verdict.failed.name}: ${verdict.failed.detail}`);
    if (verdict.status === 'unknown-signer') isTrusted = false;
    const { proved, header } = verdict;
    const summary = proved.kind === 'summary' ? decodeSummary(proved.output) : undefined;
    if (summary?.ok !== true) return invalid('it proves no summary');
    if (!equal(header.chainId, cover.chainId)) return invalid('it is of another chain');
    const flaw = flawOf(summary.value, cover, { lastMs, unit });
    if (flaw !== undefined) return invalid(flaw);
    unit = summary.value.unit;
    lastMs = summary.value.windowStartMs;
    usage.add(windowOf(summary.value));
  }
  const status = isTrusted ? 'valid' : 'unknown-signer';
  return { status, cover, unit: unit ?? '', bundleCount: bundles.length, result: usage.result() };
}

function flawOf(
  { device, obis, windowStartMs, unit }: Summary,
  cover: SetCover,
  before: { readonly lastMs: number; readonly unit: string | undefined },
): string | undefined {
  if (device !== cover.device) return `it is of the device ${device}`;
  if (obis !== cover.obis) return `it is of the register ${obis}`;
  if (windowStartMs < cover.fromMs || windowStartMs >= cover.toMs) return 'it is of another time';
  if (windowStartMs <= before.lastMs) return 'its window was counted before';
  if (before.unit !== undefined && unit !== before.unit) return `its unit is ${unit}`;
  return undefined;
}

function windowOf(summary: Summary): UsageWindow {
  const { exponent, delta, last } = summary;
  const at = (mantissa: number | null) =>
    mantissa === null ? null : { mantissa: BigInt(mantissa), exponent };
  return {
    startMs: summary.windowStartMs,
    windowMs: summary.windowMs,
    revision: summary.revision,
    quality: summary.quality,
    reason: summary.reason,
    delta: at(delta),
    last: at(last),
    events: summary.events.map(([event]) => event),
  };
}

export function usageJson(verdict: UsageVerdict, keysFrom: string | undefined): string {
  if (!('cover' in verdict)) return JSON.stringify({ ...verdict, keysFrom: keysFrom ?? null });
  const { status, cover, unit, bundleCount, result } = verdict;
  const bill = result.total === null ? null : billed(result.total, unit);
  return JSON.stringify({
    status,
    kind: 'usage',
    chain: toHex(cover.chainId),
    device: cover.device,
    obis: cover.obis,
    from: new Date(cover.fromMs).toISOString(),
    to: new Date(cover.toMs).toISOString(),
    proofs: bundleCount,
    total: result.total === null ? null : formatDecimal(result.total),
    unit,
    billed: bill === null ? null : { value: formatDecimal(bill.value), unit: bill.unit },
    windows: {
      expected: result.expectedCount,
      counted: result.countedCount,
      validated: result.validatedCount,
      revised: result.revisedCount,
    },
    stretches: result.stretches.map(({ fromMs, toMs, kind, reason }) => ({
      from: new Date(fromMs).toISOString(),
      to: new Date(toMs).toISOString(),
      kind,
      reason,
    })),
    keysFrom: keysFrom ?? null,
  });
}

const shownStretchesMax = 20;

export function usageText(verdict: UsageVerdict, keysFrom: string | undefined): string {
  if (verdict.status === 'not-a-bundle') return `not a proof bundle: ${verdict.detail}`;
  if (!('cover' in verdict)) return `FAIL  ${verdict.detail}\n\ninvalid`;
  const { cover, unit, bundleCount, result, status } = verdict;
  const { total, expectedCount, countedCount, validatedCount, revisedCount, stretches } = result;
  const iso = (timeMs: number) => new Date(timeMs).toISOString();
  const bill = total === null ? null : billed(total, unit);
  const named = stretches
    .slice(0, shownStretchesMax)
    .map(
      ({ fromMs, toMs, kind, reason }) =>
        `  ${kind.padEnd(10)}  ${iso(fromMs)} to ${iso(toMs)}  ${reason}`,
    );
  const left = stretches.length + result.stretchesOmitted - named.length;
  return [
    `ok    ${bundleCount} proofs, each of one window, each with all its hops`,
    '',
    `usage of ${cover.device} on chain ${toHex(cover.chainId)}`,
    `  ${cover.obis} from ${iso(cover.fromMs)} to ${iso(cover.toMs)}`,
    `  total ${bill === null ? 'unknown' : `${formatDecimal(bill.value)} ${bill.unit}`}`,
    `  windows ${countedCount} counted of ${expectedCount}, ${validatedCount} validated, ${revisedCount} revised`,
    ...named,
    ...(left > 0 ? [`  and ${left} stretches more`] : []),
    '',
    `keys from ${keysFrom ?? 'nowhere: none were given or found'}`,
    '',
    status === 'valid'
      ? 'valid'
      : 'consistent, signer unknown: give the keys you trust with --keys',
  ].join('\n');
}

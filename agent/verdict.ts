// SPDX-License-Identifier: Apache-2.0
// The verdict on a proof bundle, for people and for programs.

import { toHex } from '../base/bytes.ts';
import { formatDecimal } from '../base/decimal.ts';
import { keyHash } from '../base/note.ts';
import { quality, qualityName } from '../base/quality.ts';
import type { Suite } from '../base/suite.ts';
import { decodeSummary, summaryDecimals } from '../contracts/summary.ts';
import type {
  BundleVerdict,
  ProvedReading,
  ProvedSummary,
} from '../sidechain/chain/verify-bundle.ts';

export type Shown = {
  readonly verdict: BundleVerdict;
  /** File of the trusted keys, undefined where none was found. */
  readonly keysFrom: string | undefined;
};

type Consistent = Extract<BundleVerdict, { readonly status: 'valid' | 'unknown-signer' }>;

/** One line a hop, then what is proved, then the keys, then the verdict. */
export function verdictText(suite: Suite, { verdict, keysFrom }: Shown): string {
  if (verdict.status === 'not-a-bundle') return `not a proof bundle: ${verdict.detail}`;
  const lines = verdict.hops.map(({ name, detail }) => `ok    ${name.padEnd(10)}  ${detail}`);
  if (verdict.status === 'invalid') {
    const { name, detail } = verdict.failed;
    return [...lines, `FAIL  ${name.padEnd(10)}  ${detail}`, '', 'invalid'].join('\n');
  }
  lines.push('', ...provedLines(verdict.proved), '');
  for (const signer of fingerprints(suite, verdict)) {
    const mark = signer.trusted ? 'trusted' : 'UNKNOWN';
    lines.push(`${mark}  ${signer.fingerprint}  ${signer.name}`);
  }
  lines.push(`keys from ${keysFrom ?? 'nowhere: none were given or found'}`, '');
  lines.push(
    verdict.status === 'valid'
      ? 'valid'
      : 'consistent, signer unknown: give the keys you trust with --keys',
  );
  return lines.join('\n');
}

/** One JSON object; values as exact decimal text. */
export function verdictJson(suite: Suite, { verdict, keysFrom }: Shown): string {
  if (verdict.status === 'not-a-bundle' || verdict.status === 'invalid') {
    return JSON.stringify({ ...verdict, keysFrom: keysFrom ?? null });
  }
  const { status, hops, header } = verdict;
  return JSON.stringify({
    status,
    hops,
    proved: provedJson(verdict.proved),
    block: { height: header.height, time: new Date(header.timeMs).toISOString() },
    signers: fingerprints(suite, verdict),
    keysFrom: keysFrom ?? null,
  });
}

/** The first 4 bytes of the key's hash under its name, as in a keys file. */
function fingerprints(suite: Suite, { signers }: Consistent) {
  return signers.map(({ name, type, publicKey, trusted }) => ({
    name,
    fingerprint: toHex(keyHash(suite, name, type, publicKey)),
    trusted,
  }));
}

function provedJson(proved: ProvedReading | ProvedSummary): object {
  if (proved.kind === 'summary') {
    const summary = decodeSummary(proved.output);
    if (!summary.ok) return { kind: 'output', hex: toHex(proved.output) };
    return { ...summary.value, ...summaryDecimals(summary.value) };
  }
  const { schema, pack, batch } = proved;
  return {
    kind: 'reading',
    device: schema.device,
    time: new Date(pack.timeMs).toISOString(),
    clock: pack.clock.state,
    gateway: toHex(batch.gateway),
    sequence: batch.sequence,
    values: valuesOf(proved),
    ...(pack.record === undefined
      ? {}
      : { record: { name: pack.record.name, hex: toHex(pack.record.bytes) } }),
  };
}

function valuesOf({ schema, pack }: ProvedReading) {
  return schema.values.map(({ obis, unit, exponent }, i) => {
    const mantissa = pack.mantissas[i] ?? null;
    const value = mantissa === null ? null : formatDecimal({ mantissa, exponent });
    return { obis, value, unit, quality: qualityName(pack.qualities[i] ?? quality.notRead) };
  });
}

function provedLines(proved: ProvedReading | ProvedSummary): readonly string[] {
  if (proved.kind === 'summary') {
    const summary = decodeSummary(proved.output);
    if (!summary.ok) return [`output ${toHex(proved.output)}`];
    const { device, obis, unit, windowStartMs, windowMs, quality } = summary.value;
    const { first, last, min, max, mean, delta } = summaryDecimals(summary.value);
    const from = new Date(windowStartMs).toISOString();
    return [
      `summary of ${device}`,
      `  ${obis} from ${from} for ${windowMs / 1_000} s, ${quality}`,
      `  first ${first}, last ${last}, min ${min}, max ${max}, mean ${mean}, ` +
        `delta ${delta} ${unit}`,
    ];
  }
  const { schema, pack } = proved;
  const time = new Date(pack.timeMs).toISOString();
  return [
    `reading of ${schema.device} at ${time}, clock ${pack.clock.state}`,
    ...valuesOf(proved).map(
      ({ obis, value, unit, quality }) =>
        `  ${obis.padEnd(16)} ${(value ?? '–').padStart(14)} ${unit.padEnd(4)} ${quality}`,
    ),
    ...recordLines(pack),
  ];
}

/** Whether its signature holds, who knows the meter finds out: `--json` prints it. */
function recordLines({ record }: ProvedReading['pack']): readonly string[] {
  if (record === undefined) return [];
  return [`  record of the meter, as it was read: ${record.name}, ${record.bytes.length} bytes`];
}

// SPDX-License-Identifier: Apache-2.0
// Draws the samples of an audit: summaries that the centre shows of a chain, each with its proof,
// and an instant within each. Nobody knows beforehand what is drawn, and what a summary says is
// taken from its proof.

import { TielineError } from '../../base/errors.ts';
import type { Suite } from '../../base/suite.ts';
import { decodeSummary, type Summary } from '../../contracts/summary.ts';
import type { TrustedKey } from '../../sidechain/chain/trusted-keys.ts';
import { verifyBundle } from '../../sidechain/chain/verify-bundle.ts';
import { type ApiPlace, askApi, askApiBytes, detailOf, textIn, valueIn } from '../api-client.ts';
import type { Sample } from './judge-sample.ts';

export type Drawing = {
  /** 64 hex digits. */
  readonly chainId: string;
  readonly count: number;
  /** Windows that start from here on and before there, ISO 8601. */
  readonly from: string;
  readonly to: string;
  readonly device?: string | undefined;
  /** From 0 up to, not with, 1. */
  readonly random: () => number;
  readonly trusted: readonly TrustedKey[];
};

/**
 * As many as there are, at most `count`, each of another summary.
 * @throws TielineError as `askApi` does, `api-refused`, `summary-proof` where the centre cannot prove one
 */
export async function drawSamples(
  suite: Suite,
  place: ApiPlace,
  drawing: Drawing,
): Promise<readonly Sample[]> {
  const ids = await drawIds(place, drawing);
  const samples: Sample[] = [];
  for (const id of ids) samples.push(await sampleOf(suite, place, { ...drawing, id }));
  return samples;
}

/** Reservoir sampling: each summary is as likely as any other, however many there are. */
async function drawIds(place: ApiPlace, drawing: Drawing): Promise<readonly string[]> {
  const { chainId, count, random } = drawing;
  const drawn: string[] = [];
  let seen = 0;
  let cursor: string | undefined;
  do {
    const query = new URLSearchParams({ from: drawing.from, to: drawing.to, limit: '1000' });
    if (drawing.device !== undefined) query.set('device', drawing.device);
    if (cursor !== undefined) query.set('cursor', cursor);
    const answer = await askApi(place, `/api/v1/chains/${chainId}/summaries?${query}`);
    if (answer.status !== 200) throw new TielineError('api-refused', detailOf(answer));
    for (const item of itemsIn(answer.body)) {
      const id = textIn(item, 'id');
      if (id === undefined || valueIn(item, 'count') === 0) continue;
      seen += 1;
      const at = Math.floor(random() * seen);
      if (drawn.length < count) drawn.push(id);
      else if (at < count) drawn[at] = id;
    }
    cursor = textIn(answer.body, 'next');
  } while (cursor !== undefined);
  return drawn;
}

async function sampleOf(
  suite: Suite,
  place: ApiPlace,
  drawing: Drawing & { readonly id: string },
): Promise<Sample> {
  const { chainId, id, random, trusted } = drawing;
  const bundle = await askApiBytes(place, `/api/v1/chains/${chainId}/summaries/${id}/proof`);
  const verdict = bundle && verifyBundle(suite, bundle, trusted);
  const isProven = verdict?.status === 'valid' || verdict?.status === 'unknown-signer';
  const proved = isProven && verdict.proved.kind === 'summary' ? verdict.proved : undefined;
  const summary = proved && decodeSummary(proved.output);
  if (summary?.ok !== true) {
    const text = `the centre has no proof of the summary ${id} that it shows`;
    throw new TielineError('summary-proof', text, {
      hint: 'fetch its proof and look with `tieline verify` at which hop it fails',
    });
  }
  return { summaryId: id, summary: summary.value, timeMs: drawInstant(summary.value, random) };
}

/** Any in the window where the summary counts readings: where it says that some are missing, none can be shown. */
export function drawInstant(summary: Summary, random: () => number): number {
  const stretches = countedStretches(summary);
  const totalMs = stretches.reduce((sum, [fromMs, toMs]) => sum + toMs - fromMs, 0);
  let restMs = random() * totalMs;
  for (const [fromMs, toMs] of stretches) {
    if (restMs < toMs - fromMs) return Math.floor(fromMs + restMs);
    restMs -= toMs - fromMs;
  }
  return summary.windowStartMs + summary.windowMs - 1;
}

function countedStretches({
  windowStartMs,
  windowMs,
  expectedCount,
  missing,
}: Summary): readonly (readonly [fromMs: number, toMs: number])[] {
  const endMs = windowStartMs + windowMs;
  // Not before the first reading that the window should have.
  let fromMs = windowStartMs + windowMs / Math.max(1, expectedCount);
  const stretches: [number, number][] = [];
  for (const [missingFromMs, missingToMs] of missing) {
    if (missingFromMs > fromMs) stretches.push([fromMs, missingFromMs]);
    fromMs = Math.max(fromMs, missingToMs);
  }
  if (fromMs < endMs) stretches.push([fromMs, endMs]);
  return stretches;
}

function itemsIn(body: unknown): readonly unknown[] {
  const items = valueIn(body, 'items') ?? valueIn(body, 'summaries');
  return Array.isArray(items) ? items : [];
}

// SPDX-License-Identifier: Apache-2.0
// An audit by random sampling: draws samples, calls for the raw readings by a request on the main log, waits
// for the sealed answers, and judges each. The key for the answers is made for one request and never kept.

import { fromHex, toBase64 } from '../../base/bytes.ts';
import { TielineError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { AgreementPair, Sealing } from '../../base/sealed.ts';
import type { Signer, Suite } from '../../base/suite.ts';
import type { Clock } from '../../host/clock.ts';
import { signRequest } from '../../sidechain/chain/request.ts';
import {
  type FoundReading,
  openRequestAnswer,
  unsealFound,
} from '../../sidechain/chain/request-answer.ts';
import { type ApiPlace, askApi, askApiBytes, detailOf, textIn, valueIn } from '../api-client.ts';
import { type Drawing, drawSamples } from './draw-samples.ts';
import { judgeSample, type Sample, type SampleVerdict } from './judge-sample.ts';

export type AuditOptions = Drawing & {
  readonly mainLogId: Uint8Array;
  readonly signer: Signer;
  readonly sealing: Sealing;
  readonly clock: Pick<Clock, 'nowMs'>;
  /** How long answers are waited for. */
  readonly waitMs: number;
  readonly wait: (ms: number) => Promise<void>;
  readonly onProgress: (answered: number, asked: number) => void;
};

export type AuditedSample = { readonly sample: Sample; readonly verdict: SampleVerdict };

/** @throws TielineError as `drawSamples` does, `no-summaries`, `not-taken` */
export async function audit(
  suite: Suite,
  place: ApiPlace,
  options: AuditOptions,
): Promise<readonly AuditedSample[]> {
  const samples = await drawSamples(suite, place, options);
  if (samples.length === 0) {
    throw new TielineError('no-summaries', 'the centre has no summary of this chain to sample', {
      hint: 'name another span with --from and --to, or wait for the first window to close',
    });
  }
  const audited: AuditedSample[] = [];
  for (let from = 0; from < samples.length; from += limits.requestAsksMax) {
    const asked = samples.slice(from, from + limits.requestAsksMax);
    const found = await callFor(place, { ...options, samples: asked });
    for (const [i, sample] of asked.entries()) {
      const { trusted } = options;
      const verdict = judgeSample(suite, sample, { found: found.get(i), trusted });
      audited.push({ sample, verdict });
    }
  }
  return audited;
}

type Calling = AuditOptions & { readonly samples: readonly Sample[] };

/** What the chain has found, by the number of the ask. */
async function callFor(
  place: ApiPlace,
  calling: Calling,
): Promise<ReadonlyMap<number, FoundReading>> {
  const { samples, sealing, signer, mainLogId, clock, waitMs } = calling;
  const pair = sealing.newPair();
  const timeMs = clock.nowMs();
  const untilMs = timeMs + Math.min(Math.max(waitMs, 60_000), limits.requestMsMax);
  const asks = samples.map(({ summary, timeMs: at }) => ({ device: summary.device, timeMs: at }));
  const chainId = fromHex(calling.chainId) ?? new Uint8Array();
  const request = signRequest(
    { chainId, timeMs, untilMs, sealTo: pair.publicKey, asks },
    mainLogId,
    signer,
  );
  const taken = await askApi(place, '/api/v1/requests', { post: { request: toBase64(request) } });
  const id = textIn(taken.body, 'id');
  if ((taken.status !== 200 && taken.status !== 201) || id === undefined) {
    throw new TielineError('not-taken', `the main log did not take it: ${detailOf(taken)}`, {
      hint: 'a request needs the key of a person with the role regulator or dispatch',
    });
  }
  const found = new Map<number, FoundReading>();
  for (;;) {
    const { body } = await askApi(place, `/api/v1/requests/${id}`);
    const answered = valueIn(body, 'answered');
    for (const ask of Array.isArray(answered) ? answered : []) {
      if (found.has(ask)) continue;
      const one = await fetchAnswer(place, { id, ask, pair, sealing });
      if (one !== undefined) found.set(ask, one);
    }
    calling.onProgress(found.size, samples.length);
    if (found.size >= samples.length || clock.nowMs() - timeMs >= waitMs) return found;
    await calling.wait(pollMs);
  }
}

const pollMs = 1_000;

/** What cannot be opened is an answer all the same: it says nothing. */
async function fetchAnswer(
  place: ApiPlace,
  of: {
    readonly id: string;
    readonly ask: number;
    readonly pair: AgreementPair;
    readonly sealing: Sealing;
  },
): Promise<FoundReading | undefined> {
  const bytes = await askApiBytes(place, `/api/v1/requests/${of.id}/answers/${of.ask}`);
  if (bytes === undefined) return undefined;
  const opened = openRequestAnswer(bytes);
  if (!opened.ok) return { kind: 'none', reason: `malformed: ${opened.detail}`.slice(0, 256) };
  const requestId = fromHex(of.id) ?? new Uint8Array();
  const answer = { ...opened.value.answer, requestId, ask: of.ask };
  const found = unsealFound(of.sealing, answer, of.pair);
  return found.ok ? found.value : { kind: 'none', reason: found.detail };
}

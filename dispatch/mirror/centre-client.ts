// SPDX-License-Identifier: Apache-2.0
// The centre as a mirror asks it. Every answer is attacker-controlled: it is bounded in size and
// time, and each part of it has the form it must have, or the answer as a whole is refused.

import { fromBase64, fromHex, fromUtf8, toHex } from '../../base/bytes.ts';
import { TielineError } from '../../base/errors.ts';
import { historyLimits } from '../../base/history-limits.ts';
import { limits } from '../../base/limits.ts';
import { type HttpAnswer, httpGet } from '../../host/http-client.ts';
import { decodeReceiptMessage } from '../../sidechain/chain/receipt-message.ts';
import type { ShownChain } from './judge.ts';
import { mirrorLimits } from './mirror-limits.ts';

/** Asks once. In tests, whatever they want. */
export type Ask = (path: string) => Promise<HttpAnswer>;

export type CopiedPage<T> = { readonly items: readonly T[]; readonly next: number | undefined };

export type ShownAnchor = { readonly logIndex: number; readonly bytes: Uint8Array };
export type ShownMessage = { readonly sequence: number; readonly bytes: Uint8Array };
export type HistoryClaim = { readonly position: number; readonly keptFromMs: number };
type Json = Readonly<Record<string, unknown>>;

export function askOver(options: {
  readonly url: string;
  readonly token: string | undefined;
  readonly ca: Uint8Array | undefined;
}): Ask {
  const { answerBytesMax: bytesMax, answerTimeoutMs: timeoutMs } = mirrorLimits;
  return (path) => httpGet({ ...options, bytesMax, timeoutMs }, path);
}

export class CentreClient {
  readonly #ask: Ask;
  readonly #sleep: (ms: number) => Promise<void>;

  constructor(ask: Ask, sleep: (ms: number) => Promise<void>) {
    this.#ask = ask;
    this.#sleep = sleep;
  }

  async checkpoint(): Promise<string> {
    const text = fromUtf8(await this.#body('/api/v1/log'));
    return text ?? '';
  }

  async genesis(): Promise<Uint8Array> {
    const path = '/api/v1/log/genesis';
    return bytesIn(path, await this.#json(path), 'genesis');
  }

  /** Leaf hashes from `from` on. */
  async leaves(from: number, countMax: number): Promise<readonly Uint8Array[]> {
    const limit = Math.min(countMax, historyLimits.leavesPageMax);
    const path = `/api/v1/log/leaves?from=${from}&limit=${limit}`;
    const bytes = bytesIn(path, await this.#json(path), 'leaves');
    if (bytes.length % 32 !== 0 || bytes.length > 32 * limit) throw refused(path, 'leaves');
    return Array.from({ length: bytes.length / 32 }, (_, i) => bytes.slice(32 * i, 32 * i + 32));
  }

  anchors(from: number): Promise<CopiedPage<ShownAnchor>> {
    const countMax = historyLimits.anchorsPageMax;
    return this.#leavesWith({ list: 'anchors', item: 'anchor', countMax }, from);
  }

  /** Acts of the organisations, from the leaf `from` on. */
  acts(from: number): Promise<CopiedPage<ShownAnchor>> {
    const countMax = limits.recordsPageMax;
    return this.#leavesWith({ list: 'acts', item: 'act', countMax }, from);
  }

  /** What stands at some leaves of the log, with the leaf of each. */
  async #leavesWith(
    { list, item, countMax }: { list: string; item: string; countMax: number },
    from: number,
  ): Promise<CopiedPage<ShownAnchor>> {
    const path = `/api/v1/log/${list}?from=${from}`;
    const answer = await this.#json(path);
    const items = listIn(path, answer, list, countMax).map((one) => ({
      logIndex: numberIn(path, one, 'logIndex'),
      bytes: bytesIn(path, one, item),
    }));
    return pageOf(path, answer, { items, from, places: items.map(({ logIndex }) => logIndex) });
  }

  /** How the keys of the log changed hands, from the first time on; none where that is not shown. */
  async handOvers(): Promise<readonly Uint8Array[]> {
    const path = '/api/v1/log/hand-overs';
    try {
      const answer = await this.#json(path);
      const items = listIn(path, answer, 'handOvers', limits.logKeyChangesMax);
      return items.map((one) => bytesIn(path, one, 'handOver'));
    } catch (error) {
      if (error instanceof TielineError && error.code === 'api-status') return [];
      throw error;
    }
  }

  /** Organisations and persons, as they are shown. */
  registry(): Promise<Json> {
    return this.#json('/api/v1/registry');
  }

  /** What members of a chain have reported, and whom the centre trusts no more, as key ids in hex. */
  async reports(
    chain: string,
  ): Promise<{ readonly reports: readonly Uint8Array[]; readonly distrusted: readonly string[] }> {
    const path = `/api/v1/chains/${chain}`;
    // In this order: what was reported between the two is shown in the second.
    const { distrusted } = await this.#json(path);
    const answer = await this.#json(`${path}/reports`);
    const reports = listIn(path, answer, 'reports', limits.reportsPageMax);
    if (!Array.isArray(distrusted) || !distrusted.every((one) => /^[0-9a-f]{16}$/.test(one))) {
      throw refused(path, 'distrusted');
    }
    return { reports: reports.map((one) => bytesIn(path, one, 'signed')), distrusted };
  }

  /** Before the same is asked again. */
  rest(): Promise<void> {
    return this.#sleep(1_000);
  }

  /** The command, rule, request or act at this leaf; undefined where none is shown. */
  async record(logIndex: number): Promise<Uint8Array | undefined> {
    try {
      const message = decodeReceiptMessage(await this.#body(`/api/v1/records/${logIndex}`));
      return message.ok ? message.value.anchor : undefined;
    } catch (error) {
      if (error instanceof TielineError && error.code === 'api-status') return undefined;
      throw error;
    }
  }

  async messages(
    from: number,
  ): Promise<CopiedPage<ShownMessage> & { readonly history: HistoryClaim }> {
    const path = `/api/v1/summary-messages?from=${from}`;
    const answer = await this.#json(path);
    const items = listIn(path, answer, 'messages', limits.historyBatchMessagesMax).map((one) => ({
      sequence: numberIn(path, one, 'sequence'),
      bytes: bytesIn(path, one, 'message'),
    }));
    const places = items.map(({ sequence }) => sequence);
    const claim = objectIn(path, answer.history);
    const keptFromMs = Date.parse(String(claim.keptFrom));
    if (!Number.isSafeInteger(keptFromMs)) throw refused(path, 'history.keptFrom');
    const history = { position: numberIn(path, claim, 'position'), keptFromMs };
    return { ...pageOf(path, answer, { items, from, places }), history };
  }

  /** In the order of the ids; `next`: the last of them, where there are more. */
  async enrolments(after: Uint8Array): Promise<{
    readonly items: readonly (ShownChain & { readonly chainId: Uint8Array })[];
    readonly next: Uint8Array | undefined;
  }> {
    const path = `/api/v1/enrolments?after=${toHex(after)}`;
    const answer = await this.#json(path);
    const items = listIn(path, answer, 'enrolments', historyLimits.enrolmentsPageMax).map(
      (one) => ({
        chainId: chainIdIn(path, one.chain),
        genesis: bytesIn(path, one, 'genesis'),
        enrolment: bytesIn(path, one, 'enrolment'),
        membership: one.membership === null ? undefined : bytesIn(path, one, 'membership'),
      }),
    );
    let last = toHex(after);
    for (const { chainId } of items) {
      if (toHex(chainId) <= last) throw refused(path, 'its order');
      last = toHex(chainId);
    }
    const next = answer.next === null ? undefined : chainIdIn(path, answer.next);
    if (next !== undefined && toHex(next) !== last) throw refused(path, 'next');
    return { items, next: items.length === 0 ? undefined : next };
  }

  /** Rows of the history as the centre shows them, of windows in the span. */
  async summaries(
    chain: string,
    span: { readonly fromMs: number; readonly toMs: number },
    cursor: string | undefined,
  ): Promise<{ readonly rows: readonly Json[]; readonly next: string | undefined }> {
    const to = span.toMs === Number.MAX_SAFE_INTEGER ? '' : `&to=${span.toMs}`;
    const more = cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const path =
      `/api/v1/chains/${chain}/summaries?revisions=all&limit=${limits.historyPageMax}` +
      `&from=${span.fromMs}${to}${more}`;
    const answer = await this.#json(path);
    const rows = listIn(path, answer, 'summaries', limits.historyPageMax);
    const { next } = answer;
    if (next !== null && (typeof next !== 'string' || next.length > 64 || rows.length === 0)) {
      throw refused(path, 'next');
    }
    return { rows, next: next ?? undefined };
  }

  async #json(path: string): Promise<Json> {
    const text = fromUtf8(await this.#body(path));
    try {
      return objectIn(path, JSON.parse(text ?? ''));
    } catch {
      throw refused(path, 'its JSON');
    }
  }

  /** Waits where it is told to, so many times. */
  async #body(path: string): Promise<Uint8Array> {
    for (let tries = 0; ; tries++) {
      const { status, retryAfter, body } = await this.#ask(path);
      if (status === 200) return body;
      const isPutOff = status === 429 || status === 503;
      if (!isPutOff || tries >= mirrorLimits.triesMax) throw statusError(path, status, body);
      const seconds = /^\d{1,4}$/.test(retryAfter ?? '') ? Number(retryAfter) : 1;
      await this.#sleep(Math.min(mirrorLimits.waitMsMax, Math.max(200, seconds * 1_000)));
    }
  }
}

function statusError(path: string, status: number, body: Uint8Array): TielineError {
  const detail = /"detail":"([^"\\]{1,200})/.exec(fromUtf8(body.slice(0, 4_096)) ?? '')?.[1] ?? '';
  const message = `the centre answers ${status} to ${path.slice(0, 200)}: ${detail}`;
  if (status === 401 || status === 403) {
    return new TielineError('api-token', message, {
      hint: 'give a token with --token-file: `tieline dispatch token --role regulator` makes one',
    });
  }
  const retry = status >= 500 || status === 429 ? 'transient' : 'permanent';
  return new TielineError('api-status', message, { retry });
}

function refused(path: string, what: string): TielineError {
  const message = `the centre's answer to ${path.slice(0, 200)} has not the form it must have: ${what}`;
  return new TielineError('api-answer', message);
}

function objectIn(path: string, value: unknown): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  throw refused(path, 'not an object');
}

function listIn(path: string, from: Json, name: string, countMax: number): readonly Json[] {
  const value = from[name];
  if (!Array.isArray(value) || value.length > countMax) throw refused(path, name);
  return value.map((item) => objectIn(path, item));
}

function numberIn(path: string, from: Json, name: string): number {
  const value = from[name];
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw refused(path, name);
}

function bytesIn(path: string, from: Json, name: string): Uint8Array {
  const value = from[name];
  const bytes = typeof value === 'string' ? fromBase64(value) : undefined;
  if (bytes === undefined) throw refused(path, name);
  return bytes;
}

function chainIdIn(path: string, value: unknown): Uint8Array {
  const id = typeof value === 'string' && /^[0-9a-f]{64}$/.test(value) ? fromHex(value) : undefined;
  if (id === undefined) throw refused(path, 'a chain id');
  return id;
}

/** Places grow, and so does the next page: no endless circle. */
function pageOf<T>(
  path: string,
  answer: Json,
  given: {
    readonly items: readonly T[];
    readonly from: number;
    readonly places: readonly number[];
  },
): CopiedPage<T> {
  const { items, from, places } = given;
  let last = from - 1;
  for (const place of places) {
    // One message may be shown in parts, under one number.
    if (place < last || place < from) throw refused(path, 'its order');
    last = place;
  }
  if (answer.next === null) return { items, next: undefined };
  const next = numberIn(path, answer, 'next');
  if (next <= last || next <= from) throw refused(path, 'next');
  return { items, next };
}

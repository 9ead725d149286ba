// SPDX-License-Identifier: Apache-2.0
// Holds the history that the centre shows against the summaries that its chains prove: row by row,
// field by field, from the first window to the last. What was altered, taken out or put in by hand
// is named, with what it was.

import { toHex } from '../../base/bytes.ts';
import { limits } from '../../base/limits.ts';
import { summaryView } from '../api/summary-view.ts';
import { historyRowOf } from '../history/history-row.ts';
import type { CentreClient, HistoryClaim } from './centre-client.ts';
import type { Difference, DifferenceKind } from './difference.ts';
import { mirrorLimits } from './mirror-limits.ts';
import type { MirrorStore, ProvenOutput } from './mirror-store.ts';

export const historyKinds: readonly DifferenceKind[] = [
  'history-altered',
  'history-missing',
  'history-added',
];

/** What of a row is measured, or says of what and when. */
const fields = [
  'device',
  'obis',
  'unit',
  'from',
  'to',
  'revision',
  'quality',
  'reason',
  'first',
  'last',
  'min',
  'max',
  'mean',
  'delta',
  'count',
  'expectedCount',
  'missing',
  'screened',
  'events',
  'meterDefinition',
] as const;

type Row = Readonly<Record<string, unknown>>;
type Span = { readonly fromMs: number; readonly toMs: number };

export type CompareOptions = {
  readonly store: MirrorStore;
  readonly client: CentreClient;
  readonly history: HistoryClaim;
  readonly nowMs: () => number;
  /** Copies what was accepted meanwhile: rows may be newer than what was copied. */
  readonly catchUp: () => Promise<void>;
};

/** All of one chain. */
export async function compareChain(
  options: CompareOptions,
  chainId: Uint8Array,
): Promise<{ readonly rows: number; readonly found: readonly Difference[] }> {
  const compare = new ChainCompare(options, chainId);
  let fromMs = 0;
  let rows = 0;
  for (;;) {
    const span = await compare.nextSpan(fromMs);
    rows += await compare.span(span);
    if (span.toMs === Number.MAX_SAFE_INTEGER) break;
    fromMs = span.toMs;
  }
  return { rows, found: await compare.finish() };
}

class ChainCompare {
  readonly #options: CompareOptions;
  readonly #chainId: Uint8Array;
  readonly #chain: string;
  readonly #found: Difference[] = [];
  /** Rows that were not proven when they were seen. */
  readonly #unknown = new Map<string, Row>();
  /** Ids of proven summaries that were seen anywhere, out of their place. */
  readonly #moved = new Set<string>();
  readonly #missing = new Map<string, ProvenOutput>();

  constructor(options: CompareOptions, chainId: Uint8Array) {
    this.#options = options;
    this.#chainId = chainId;
    this.#chain = toHex(chainId);
  }

  /** As many windows as can be held against each other at once; the last has no end. */
  async nextSpan(fromMs: number): Promise<Span> {
    const { store } = this.#options;
    const toMs = Number.MAX_SAFE_INTEGER;
    const countMax = mirrorLimits.compareRowsMax;
    const outputs = await store.outputs(this.#chainId, { fromMs, toMs }, countMax);
    const last = outputs.at(-1);
    if (outputs.length < countMax || last === undefined) return { fromMs, toMs };
    const isOneStart = last.startMs === outputs[0]?.startMs;
    return { fromMs, toMs: isOneStart ? last.startMs + 1 : last.startMs };
  }

  async span(span: Span): Promise<number> {
    const { store } = this.#options;
    const proven = await store.outputs(this.#chainId, span, limits.databaseRowsMax - 1);
    const byId = new Map(proven.map((output) => [idOf(output), output]));
    const seen = new Set<string>();
    let cursor: string | undefined;
    let count = 0;
    const pagesMax = Math.ceil(proven.length / limits.historyPageMax) + 4;
    for (let page = 0; page < pagesMax; page++) {
      const shown = await this.#options.client.summaries(this.#chain, span, cursor);
      for (const row of shown.rows) {
        count += 1;
        await this.#row(row, byId, seen);
      }
      cursor = shown.next;
      if (cursor === undefined || this.#unknown.size >= mirrorLimits.addedMax) break;
    }
    // Not seen since the rest of an endless list was left: nothing is said of those.
    if (cursor !== undefined) return count;
    for (const [id, output] of byId) {
      if (!seen.has(id) && this.#isExpected(output)) this.#missing.set(id, output);
    }
    return count;
  }

  async finish(): Promise<readonly Difference[]> {
    if (this.#unknown.size > 0) await this.#options.catchUp();
    for (const [id, row] of this.#unknown) {
      const output = await this.#outputOf(id);
      if (output !== undefined) this.#hold(row, output);
      else this.#found.push(this.#difference('history-added', id, { detail: aboutRow(row) }));
    }
    for (const [id, output] of this.#missing) {
      if (this.#moved.has(id)) continue;
      const detail = aboutRow(this.#viewOf(output));
      this.#found.push(this.#difference('history-missing', id, { detail }));
    }
    return this.#found;
  }

  async #row(row: Row, byId: ReadonlyMap<string, ProvenOutput>, seen: Set<string>): Promise<void> {
    const id = typeof row.id === 'string' ? row.id.slice(0, 64) : '';
    if (seen.has(id)) {
      this.#unknown.set(`${id} once more`, row);
      return;
    }
    seen.add(id);
    const output = byId.get(id);
    if (output !== undefined) {
      this.#hold(row, output);
      return;
    }
    const elsewhere = await this.#outputOf(id);
    if (elsewhere === undefined) this.#unknown.set(id, row);
    else {
      this.#moved.add(id);
      this.#hold(row, elsewhere);
    }
  }

  /** Each field that is not as it is proven. */
  #hold(row: Row, output: ProvenOutput): void {
    const view: Row = this.#viewOf(output);
    for (const field of fields) {
      const shown = textOf(row[field]);
      const proven = textOf(view[field]);
      if (shown === proven) continue;
      const what = { field, shown, proven, detail: aboutRow(view) };
      this.#found.push(this.#difference('history-altered', idOf(output), what));
    }
  }

  async #outputOf(id: string): Promise<ProvenOutput | undefined> {
    const [, height, outputIndex] = /^(\d{1,15})-(\d{1,15})$/.exec(id) ?? [];
    if (height === undefined) return undefined;
    const at = { height: Number(height), outputIndex: Number(outputIndex) };
    return this.#options.store.output(this.#chainId, at);
  }

  /** The centre may take its time to show what it has accepted, and not for ever. */
  #isExpected({ startMs, sequence, copiedMs }: ProvenOutput): boolean {
    const { history, nowMs } = this.#options;
    if (startMs < history.keptFromMs) return false;
    return sequence <= history.position || nowMs() - copiedMs > mirrorLimits.historyLateMs;
  }

  #viewOf(output: ProvenOutput) {
    const row = historyRowOf({ ...output, chainId: this.#chainId }, output.bytes);
    return summaryView(row, `/api/v1/chains/${this.#chain}/summaries`);
  }

  #difference(
    kind: DifferenceKind,
    id: string,
    what: { readonly detail: string; readonly field?: string; shown?: string; proven?: string },
  ): Difference {
    const isThere = kind === 'history-added';
    return {
      kind,
      chain: this.#chain,
      place: `summary ${id}`,
      field: what.field ?? '',
      shown: what.shown ?? (isThere ? 'a row' : 'nothing'),
      proven: what.proven ?? (isThere ? 'nothing' : 'a summary'),
      detail: what.detail,
    };
  }
}

function idOf({ height, outputIndex }: ProvenOutput): string {
  return `${height}-${outputIndex}`;
}

function aboutRow(row: Row): string {
  const device = String(row.device).slice(0, 128);
  const obis = String(row.obis).slice(0, 24);
  return `device ${device}, register ${obis}, window from ${String(row.from).slice(0, 32)}`;
}

/** JSON with its members in one order. */
function textOf(value: unknown): string {
  const text = JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
  return (text ?? 'nothing').slice(0, 1_000);
}

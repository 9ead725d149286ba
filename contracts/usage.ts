// SPDX-License-Identifier: Apache-2.0
// What a register counted in a stretch of time: the exact sum of the deltas of its windows, and by
// name every window that is missing, estimated, edited or of which nobody can tell. The centre
// reckons a bill with it from its history, and whoever checks the bill from the proofs.

import { type Decimal, rescale } from '../base/decimal.ts';
import { limits } from '../base/limits.ts';
import type { SummaryQuality } from './summary.ts';
import { type Span, WindowOrder } from './window-order.ts';

export type UsageWindow = {
  readonly startMs: number;
  readonly windowMs: number;
  readonly revision: number;
  readonly quality: SummaryQuality;
  readonly reason: string;
  readonly delta: Decimal | null;
  /** The last reading in it. */
  readonly last: Decimal | null;
  readonly events: readonly string[];
};

/**
 * `absent`: no summary has come. `unknown`: one has, but nobody can tell what was counted.
 * `ambiguous`: two summaries of one window, of which the first counts.
 */
export type StretchKind = 'absent' | 'missing' | 'estimated' | 'edited' | 'unknown' | 'ambiguous';

export type UsageStretch = {
  readonly fromMs: number;
  readonly toMs: number;
  readonly kind: StretchKind;
  readonly reason: string;
};

export type UsageResult = {
  /** Null where no window counted anything. */
  readonly total: Decimal | null;
  /** Windows there should be, as long as the newest; and those whose delta is in the total. */
  readonly expectedCount: number;
  readonly countedCount: number;
  readonly validatedCount: number;
  /** Windows that were revised after they were first summed up. */
  readonly revisedCount: number;
  readonly eventCount: number;
  /** In order, neighbours of one kind and reason together. */
  readonly stretches: readonly UsageStretch[];
  readonly stretchesOmitted: number;
  readonly closing: { readonly value: Decimal; readonly windowEndMs: number } | null;
};

/** Every window is there, and validated. */
export function isWhole({ expectedCount, validatedCount, stretches }: UsageResult): boolean {
  return expectedCount > 0 && validatedCount === expectedCount && stretches.length === 0;
}

export class Usage {
  readonly #span: Span;
  readonly #order: WindowOrder;
  readonly #stretches: UsageStretch[] = [];
  #omitted = 0;
  #total: Decimal | null = null;
  #counted = 0;
  #validated = 0;
  #revised = 0;
  #events = 0;
  #closing: UsageResult['closing'] = null;

  /** Windows that start in it belong to it. */
  constructor(span: Span) {
    this.#span = span;
    this.#order = new WindowOrder(span);
  }

  /** In the order of their starts; of each the latest revision. */
  add(window: UsageWindow): void {
    const { startMs, windowMs, delta, last, quality, reason } = window;
    const endMs = startMs + windowMs;
    const { again, absent } = this.#order.next(window);
    if (again) {
      this.#name({ fromMs: startMs, toMs: endMs, kind: 'ambiguous', reason: 'a window twice' });
      return;
    }
    if (absent !== undefined) this.#name(absentIn(absent));
    this.#events += window.events.length;
    if (window.revision > 0) this.#revised += 1;
    if (last !== null) this.#closing = { value: last, windowEndMs: endMs };
    if (quality === 'validated') this.#validated += 1;
    else this.#name({ fromMs: startMs, toMs: endMs, kind: quality, reason });
    if (delta === null) {
      if (quality === 'missing') return;
      this.#name({ fromMs: startMs, toMs: endMs, kind: 'unknown', reason: 'no reading before it' });
      return;
    }
    this.#counted += 1;
    this.#total = this.#total === null ? delta : sumOf(this.#total, delta);
  }

  result(): UsageResult {
    const stretches = [...this.#stretches];
    let omitted = this.#omitted;
    const rest = this.#order.rest();
    if (rest !== undefined) {
      if (stretches.length < limits.usageStretchesMax) stretches.push(absentIn(rest));
      else omitted += 1;
    }
    return {
      total: this.#total,
      expectedCount: startsBetween(this.#span, this.#order.windowMs),
      countedCount: this.#counted,
      validatedCount: this.#validated,
      revisedCount: this.#revised,
      eventCount: this.#events,
      stretches,
      stretchesOmitted: omitted,
      closing: this.#closing,
    };
  }

  #name(stretch: UsageStretch): void {
    const last = this.#stretches.at(-1);
    if (
      last !== undefined &&
      last.kind === stretch.kind &&
      last.reason === stretch.reason &&
      last.toMs === stretch.fromMs
    ) {
      this.#stretches[this.#stretches.length - 1] = { ...last, toMs: stretch.toMs };
    } else if (this.#stretches.length < limits.usageStretchesMax) {
      this.#stretches.push(stretch);
    } else {
      this.#omitted += 1;
    }
  }
}

/** Windows on the clock that start in it. */
function startsBetween({ fromMs, toMs }: Span, windowMs: number): number {
  if (windowMs === 0) return 0;
  return Math.ceil(toMs / windowMs) - Math.ceil(fromMs / windowMs);
}

function absentIn(span: Span): UsageStretch {
  return { ...span, kind: 'absent', reason: 'no summary' };
}

/** Exact: at the finer exponent of the two. */
export function sumOf(a: Decimal, b: Decimal): Decimal {
  const exponent = Math.min(a.exponent, b.exponent);
  const at = (value: Decimal) => rescale(value.mantissa, { from: value.exponent, to: exponent });
  return { mantissa: at(a) + at(b), exponent };
}

export function differenceOf(a: Decimal, b: Decimal): Decimal {
  return sumOf(a, { mantissa: -b.mantissa, exponent: b.exponent });
}

const thousands: Readonly<Record<string, string>> = { Wh: 'kWh', varh: 'kvarh', VAh: 'kVAh' };

/** As it stands on a bill: in thousands where the unit is one of energy. */
export function billed(
  total: Decimal,
  unit: string,
): { readonly value: Decimal; readonly unit: string } {
  const thousand = thousands[unit];
  if (thousand === undefined) return { value: total, unit };
  return { value: { mantissa: total.mantissa, exponent: total.exponent - 3 }, unit: thousand };
}

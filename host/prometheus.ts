// SPDX-License-Identifier: Apache-2.0
// Metrics in the text format of Prometheus (0.0.4): families of samples as plain data, and the two
// kinds that a program has to keep itself, counters by label and histograms.

export type Labels = Readonly<Record<string, string>>;
export type Sample = { readonly labels?: Labels; readonly value: number };

export type MetricFamily = {
  /** With its unit last; of a counter, `_total`. */
  readonly name: string;
  readonly help: string;
  readonly samples: readonly (Sample & { readonly suffix?: string })[];
  readonly type: 'counter' | 'gauge' | 'histogram';
};

export const prometheusType = 'text/plain; version=0.0.4; charset=utf-8';

export function gauge(name: string, help: string, value: number | readonly Sample[]): MetricFamily {
  return { name, help, type: 'gauge', samples: samplesOf(value) };
}

export function counter(
  name: string,
  help: string,
  value: number | readonly Sample[],
): MetricFamily {
  return { name, help, type: 'counter', samples: samplesOf(value) };
}

function samplesOf(value: number | readonly Sample[]): readonly Sample[] {
  return typeof value === 'number' ? [{ value }] : value;
}

export function formatMetrics(families: readonly MetricFamily[]): string {
  return families
    .map(({ name, help, type, samples }) => {
      const lines = samples.map(
        ({ suffix = '', labels, value }) =>
          `${name}${suffix}${formatLabels(labels)} ${number(value)}`,
      );
      const text = help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
      return [`# HELP ${name} ${text}`, `# TYPE ${name} ${type}`, ...lines, ''].join('\n');
    })
    .join('');
}

function formatLabels(labels: Labels = {}): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function number(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value);
}

/** Counts by label; labels are words of ours, so that there are only so many. */
export class Counts {
  readonly #counts = new Map<string, { readonly labels: Labels; value: number }>();

  add(labels: Labels): void {
    const key = JSON.stringify(labels);
    const known = this.#counts.get(key) ?? { labels, value: 0 };
    known.value += 1;
    this.#counts.set(key, known);
  }

  get samples(): readonly Sample[] {
    return [...this.#counts.values()];
  }
}

/** Seconds, from half a millisecond to half a minute. */
const boundsSeconds = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
];

export class Durations {
  readonly #counts = boundsSeconds.map(() => 0);
  #count = 0;
  #sum = 0;

  observe(seconds: number): void {
    const place = boundsSeconds.findIndex((bound) => seconds <= bound);
    if (place >= 0) this.#counts[place] = (this.#counts[place] ?? 0) + 1;
    this.#count += 1;
    this.#sum += seconds;
  }

  family(name: string, help: string): MetricFamily {
    let below = 0;
    const buckets = boundsSeconds.map((bound, i) => {
      below += this.#counts[i] ?? 0;
      return { suffix: '_bucket', labels: { le: String(bound) }, value: below };
    });
    const samples = [
      ...buckets,
      { suffix: '_bucket', labels: { le: '+Inf' }, value: this.#count },
      { suffix: '_sum', value: this.#sum },
      { suffix: '_count', value: this.#count },
    ];
    return { name, help, type: 'histogram', samples };
  }
}

// SPDX-License-Identifier: Apache-2.0
// Results as a table of text, one line each.

import type { Rate, Result } from './measure.ts';

export function tableOf(results: readonly Result[]): string {
  const rows = results.map(({ name, bytes, perSecond, limit, ofLimit }) => [
    name,
    `${bytes} B`,
    ...cellsOf(perSecond),
    limit.name,
    ...cellsOf(limit.perSecond),
    `${(100 * ofLimit).toPrecision(3)} %`,
  ]);
  const head = ['', 'bytes', 'per second', '', 'limit', 'per second', '', 'of limit'];
  const lines = [head, ...rows];
  const widths = head.map((_, i) => Math.max(...lines.map((line) => line[i]?.length ?? 0)));
  const isText = (column: number): boolean => head[column] === '' || head[column] === 'limit';
  return lines
    .map((line) =>
      line
        .map((cell, i) => (isText(i) ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function cellsOf({ median, min, max }: Rate): [string, string] {
  return [grouped(median), `(${grouped(min)}–${grouped(max)})`];
}

/** 1234567 as `1 234 567`. */
function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ' ');
}

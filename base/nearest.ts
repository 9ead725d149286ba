// SPDX-License-Identifier: Apache-2.0
// "Did you mean …?": the known word that somebody who typed another one most likely meant, or none.

/** As a hint to people. */
export function didYouMean(typed: string, known: readonly string[]): string | undefined {
  const near = nearest(typed, known);
  return near === undefined ? undefined : `did you mean ${near}?`;
}

/** Case, `-` and `_` do not count; half-remembered endings (`timeout` for `timeoutMs`) do as near. */
export function nearest(typed: string, known: readonly string[]): string | undefined {
  const wanted = fold(typed);
  const rated = known
    .map((word) => ({ word, distance: distanceOf(wanted, fold(word)) }))
    .filter(({ distance, word }) => distance <= Math.max(1, Math.floor(fold(word).length / 3)))
    .toSorted((a, b) => a.distance - b.distance);
  return (rated[0] ?? known.map((word) => ({ word })).find(({ word }) => begins(word, wanted)))
    ?.word;
}

function fold(word: string): string {
  return word.toLowerCase().replace(/[-_\s]/g, '');
}

function begins(word: string, wanted: string): boolean {
  return wanted.length >= 3 && (fold(word).startsWith(wanted) || wanted.startsWith(fold(word)));
}

/** Edits from one word to the other: insert, delete, replace, swap two neighbours (Damerau, Levenshtein). */
function distanceOf(from: string, to: string): number {
  const table: number[][] = [];
  const at = (i: number, j: number): number => table[i]?.[j] ?? 0;
  for (let i = 0; i <= from.length; i++) {
    const row: number[] = [];
    table.push(row);
    for (let j = 0; j <= to.length; j++) {
      if (i === 0 || j === 0) {
        row.push(i + j);
        continue;
      }
      const replaced = at(i - 1, j - 1) + (from[i - 1] === to[j - 1] ? 0 : 1);
      const swappable = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      const swapped = swappable ? at(i - 2, j - 2) + 1 : replaced;
      row.push(Math.min(replaced, swapped, at(i - 1, j) + 1, at(i, j - 1) + 1));
    }
  }
  return at(from.length, to.length);
}

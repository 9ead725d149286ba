// SPDX-License-Identifier: Apache-2.0
// "Did you mean …?": the known word that somebody who typed another one most likely meant, or none.

/** Case, `-` and `_` do not count; half-remembered endings (`timeout` for `timeoutMs`) do as near. */
export function nearest(typed: string, known: readonly string[]): string | undefined {
  const wanted = fold(typed);
  const rated = known
    .map((word) => ({ word, distance: distanceOf(wanted, fold(word)) }))
    .filter(({ distance, word }) => distance <= Math.max(1, Math.floor(word.length / 3)))
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

/** Edits (insert, delete, replace) from one word to the other: Levenshtein, one row at a time. */
function distanceOf(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}

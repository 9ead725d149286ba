// SPDX-License-Identifier: Apache-2.0
// Which of several forms a client wants: by `Accept` (RFC 9110 §12.5.1), the one he likes best that
// there is, and of equals the first.

/** undefined where he takes none of them. Attacker-controlled. */
export function preferred(
  accept: string | undefined,
  mediaTypes: readonly string[],
): string | undefined {
  if (accept === undefined || accept.trim() === '') return mediaTypes[0];
  const ranges = accept.slice(0, 1_000).split(',').map(rangeOf);
  let best: { readonly type: string; readonly quality: number } | undefined;
  for (const type of mediaTypes) {
    const quality = qualityOf(type, ranges);
    if (quality > (best?.quality ?? 0)) best = { type, quality };
  }
  return best?.type;
}

type Range = { readonly type: string; readonly quality: number };

function rangeOf(text: string): Range {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
  const quality =
    weight === undefined ? 1 : /^(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(weight) ? Number(weight) : 0;
  return { type, quality };
}

/** Of the ranges that hold the type, the most exact one says. */
function qualityOf(type: string, ranges: readonly Range[]): number {
  const [main = ''] = type.split('/');
  for (const wanted of [type, `${main}/*`, '*/*']) {
    const range = ranges.find((one) => one.type === wanted);
    if (range !== undefined) return range.quality;
  }
  return 0;
}

// SPDX-License-Identifier: Apache-2.0
// A bug that others had, put into our source while it is loaded: no line of the product knows of
// it. Each names the known bug; an edit whose text is not found, or found twice, is an error, so
// that none goes stale unseen.

import { TielineError } from '../../../base/errors.ts';
import type { GatewayClimate } from '../gateways/weather.ts';
import type { WorldKind } from '../run-seed.ts';
import type { Climate } from '../world/weather.ts';

/** `file` from the root of the project. */
export type Edit = { readonly file: string; readonly find: string; readonly replace: string };

export type Mutant = {
  readonly name: string;
  /** Which known pitfall it is. */
  readonly note: number;
  /** What is wrong with it. */
  readonly bug: string;
  readonly edits: readonly Edit[];
  /** Where it shows; left out: among bare cores. */
  readonly world?: WorldKind;
  /** Of those the ones where it shows within reasonable time; left out: any. */
  readonly climate?: Climate | GatewayClimate;
};

/** @throws TielineError `mutant-stale`. */
export function applyEdit(source: string, { file, find, replace }: Edit): string {
  const parts = source.split(find);
  if (parts.length === 2) return parts.join(replace);
  const text = `${file} has the text of a mutant ${parts.length - 1} times: ${find}`;
  throw new TielineError('mutant-stale', text, {
    hint: 'bring the mutant in line with the source',
  });
}

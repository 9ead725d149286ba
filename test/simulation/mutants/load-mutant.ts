// SPDX-License-Identifier: Apache-2.0
// Edits sources on their way into this thread. To be called before any of them is imported.

import { registerHooks } from 'node:module';
import { TielineError } from '../../../base/errors.ts';
import { applyEdit, type Mutant } from './mutant.ts';

const root = new URL('../../../', import.meta.url).href;

/** @returns a check, for when all is imported, that every edit was made. */
export function loadMutant({ name, edits }: Mutant): () => void {
  const left = new Set(edits);
  registerHooks({
    load: (url, context, nextLoad) => {
      const loaded = nextLoad(url, context);
      const due = edits.filter(({ file }) => url === `${root}${file}`);
      if (due.length === 0 || loaded.source === undefined) return loaded;
      for (const edit of due) left.delete(edit);
      return { ...loaded, source: due.reduce(applyEdit, textOf(loaded.source)) };
    },
  });
  return () => {
    const [unloaded] = left;
    if (unloaded === undefined) return;
    const text = `nothing loads ${unloaded.file}, which ${name} edits`;
    throw new TielineError('mutant-stale', text, { hint: 'name the file as it is called now' });
  };
}

function textOf(source: string | ArrayBuffer | NodeJS.TypedArray): string {
  return typeof source === 'string' ? source : new TextDecoder().decode(source);
}

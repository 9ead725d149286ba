// SPDX-License-Identifier: Apache-2.0
// Text that people read: names, reasons, places. It comes out on terminals and in log lines, so nothing in it
// may move a cursor, end a line or turn the order of what stands beside it.

import { type Field, refined, text } from './fields.ts';
import { limits } from './limits.ts';

/** Control characters, line and paragraph separators, and what changes the direction of writing. */
const unseen = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u;

/** Shown as it stands, on one line. */
export function isPlain(written: string): boolean {
  return !unseen.test(written);
}

/** May be empty. */
export function plainText(lengthMax: number): Field<string> {
  return refined(text(lengthMax), 'text without control characters', isPlain);
}

/** Plain text that is not empty: what something is called. */
export function label(lengthMax: number): Field<string> {
  return refined(
    text(lengthMax),
    'text that is not empty and has no control characters',
    (written) => written !== '' && isPlain(written),
  );
}

/** What a member, a person, a key or a chain may be called. */
export const nameField = label(limits.nameMax);

/** The same, for names that a person types. */
export function isName(typed: string): boolean {
  return nameField.read(typed, 'name').ok;
}

// SPDX-License-Identifier: Apache-2.0
// Which text may be signed.

/** Text that has one encoding: no lone surrogates (UTF-8 has none), no byte order mark at the start
 * (RFC 3629 §6 advises against it, and decoders differ in keeping it). */
export function isText(text: string): boolean {
  return text.isWellFormed() && !text.startsWith('\uFEFF');
}

// SPDX-License-Identifier: Apache-2.0
// What a mirror finds: where the centre shows something else than what is proven, with what was and
// what should be.

export type DifferenceKind =
  /** The checkpoint of the main log is not signed by the keys that count for its size. */
  | 'log-signature'
  /** The log is smaller than one that was signed before. */
  | 'log-rolled-back'
  /** Two logs were signed: the notes of both are kept. */
  | 'split-view'
  /** Leaves that do not make the signed root. */
  | 'leaves'
  /** Keys of the log that changed without a hand-over that holds, or with another one than before. */
  | 'log-keys'
  /** An act of the organisations that does not hold. */
  | 'act'
  /** The registry that is shown is not what the acts on the log make. */
  | 'registry'
  /** A record by somebody who had no right to it, or without the form or readers of its kind. */
  | 'record'
  /** A window of the market that says something else than the demands in it. */
  | 'market-window'
  /** A chain whose genesis, enrolment or membership does not hold. */
  | 'chain'
  /** An anchor that is not what its leaf says, or does not hold by its signatures. */
  | 'anchor'
  /** A leaf whose anchor is not shown. */
  | 'anchor-missing'
  /** A summary message that is not proven, or brings another output than before. */
  | 'message'
  /** A report that no member of the chain can have signed, or whose evidence does not hold. */
  | 'report'
  /** A report that was shown before. */
  | 'report-missing'
  /** A member is trusted although evidence is proven, or not trusted although none is. */
  | 'distrusted'
  /** What was copied does not hold any more: this disk, or who writes on it. */
  | 'copy-damaged'
  /** A row of the history that differs from the proven summary. */
  | 'history-altered'
  /** A proven summary that the history does not show. */
  | 'history-missing'
  /** A row that nothing proves. */
  | 'history-added';

export type Difference = {
  readonly kind: DifferenceKind;
  /** 64 hex digits; empty for the main log itself. */
  readonly chain: string;
  /** What it is about: `summary 12-0`, `leaf 7`, `size 9`. */
  readonly place: string;
  /** Of a row; empty elsewhere. */
  readonly field: string;
  /** What the centre shows. */
  readonly shown: string;
  /** What is proven. */
  readonly proven: string;
  /** For people: the device and the window of a row, and why. */
  readonly detail: string;
};

/** Of anything but a row of the history. `chain`: in hex; empty for the main log itself. */
export function differenceOf(
  kind: DifferenceKind,
  chain: string,
  place: string,
  { shown, proven }: { readonly shown: string; readonly proven: string },
): Difference {
  return { kind, chain, place, field: '', shown, proven, detail: '' };
}

/** One difference, however often it is seen. */
export function differenceKey({ kind, chain, place, field }: Difference): string {
  return [kind, chain, place, field].join('|');
}

export function differenceText(difference: Difference): string {
  const { kind, chain, place, field, shown, proven, detail } = difference;
  const where = chain === '' ? 'main log' : `chain ${chain}`;
  const about = detail === '' ? '' : ` (${detail})`;
  const what =
    field === ''
      ? `shown is ${shown}, proven is ${proven}`
      : `${field} is ${shown}, proven is ${proven}`;
  return `DIFFERENCE ${kind} ${where} ${place}${about}: ${what}`;
}

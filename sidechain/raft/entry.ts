// SPDX-License-Identifier: Apache-2.0
// One entry of the replicated log, and the sizes by which entries are batched. What the data means
// is not known here, but for `config`, which changes who is a member. An entry is never altered
// once it is made.

/** Names a member. Positive integers, used once: a member that lost its disk comes back under a new
 * one. */
export type NodeId = number;

/** Where a node id is asked for and there is none: nobody voted for, no leader known. */
export const noNode: NodeId = 0;

/** `config` data is a configuration change; all else, and what a new leader opens its term with, is
 * `normal`. */
export type EntryKind = 'normal' | 'config';

/** What is proposed, before a leader gives it a term and an index. */
export type Proposal = { readonly kind: EntryKind; readonly data: Uint8Array };

export type Entry = Proposal & {
  /** Of the leader that made it. Never falls along the log. */
  readonly term: number;
  /** Place in the log, from 1, without gaps. */
  readonly index: number;
};

/** The term and index of an entry: by log matching they say all about the log up to there. */
export type Position = { readonly term: number; readonly index: number };

/** Room for kind, term and index, so that empty entries have a size too. */
const entryOverheadBytes = 16;

/** What an entry counts for in the limits of messages and batches, in bytes. */
function entryBytes(entry: Entry): number {
  return entry.data.length + entryOverheadBytes;
}

export function entriesBytes(entries: readonly Entry[]): number {
  return entries.reduce((sum, entry) => sum + entryBytes(entry), 0);
}

/** Of the data alone: an empty entry counts nothing, so no limit can keep one out. */
export function payloadBytes(proposals: readonly Proposal[]): number {
  return proposals.reduce((sum, proposal) => sum + proposal.data.length, 0);
}

/** The longest beginning that fits into `bytesMax`, yet at least one entry: else a large one would
 * block. Looks no further than that. */
export function limitBytes(
  entries: readonly Entry[],
  bytesMax: number,
  range: { readonly start: number; readonly end: number } = { start: 0, end: entries.length },
): readonly Entry[] {
  let bytes = 0;
  let end = range.start;
  while (end < range.end) {
    const entry = entries[end];
    bytes += entry === undefined ? 0 : entryBytes(entry);
    if (bytes > bytesMax && end > range.start) break;
    end += 1;
  }
  return entries.slice(range.start, end);
}

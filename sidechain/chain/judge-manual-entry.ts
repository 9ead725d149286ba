// SPDX-License-Identifier: Apache-2.0
// Whether a manual entry counts: its person may enter, and it has that person's next number.

import { equal } from '../../base/bytes.ts';
import { accept, type Result, refuse } from '../../base/errors.ts';
import type { SignedEntry } from './entry.ts';
import { decodeManualEntry } from './manual-entry.ts';
import type { Registry } from './registry.ts';

export type ManualEntryRefusal =
  | 'malformed'
  /** The very entry that is this person's last. */
  | 'duplicate'
  /** A number that this person has used. */
  | 'replay'
  /** A number beyond the next: an entry before it is missing. */
  | 'skip';

/** @returns its number. */
export function judgeManualEntry(
  { id, keyId, payload }: Pick<SignedEntry, 'id' | 'keyId' | 'payload'>,
  registry: Pick<Registry, 'manualSequence'>,
): Result<number, ManualEntryRefusal> {
  const decoded = decodeManualEntry(payload);
  if (!decoded.ok) return refuse('malformed', decoded.detail);
  const { sequence } = decoded.value;
  const last = registry.manualSequence(keyId);
  if (last !== undefined && equal(last.entryId, id)) return refuse('duplicate', 'it is here');
  const lastSequence = last?.sequence ?? 0;
  if (sequence <= lastSequence) return refuse('replay', `${lastSequence} were entered`);
  if (sequence > lastSequence + 1) return refuse('skip', `${lastSequence + 1} is the next`);
  return accept(sequence);
}

// SPDX-License-Identifier: Apache-2.0
// Whether the members as they are now would take a note that was signed before they changed. It looks at
// names alone: the signatures were checked when they were gathered.

import { parseNote } from '../../base/note.ts';
import { checkPolicy, type Signatories } from '../../sidechain/chain/anchor.ts';
import { chainOrigin, cosignerName } from '../../sidechain/chain/names.ts';

/** False where a line is by one who was revoked since, or where more voters are asked for now. */
export function isStillSigned(
  note: string,
  { chainId, signatories }: { readonly chainId: Uint8Array; readonly signatories: Signatories },
): boolean {
  const parsed = parseNote(note, { strict: true });
  if (!parsed.ok) return false;
  const names = new Set(parsed.value.lines.map(({ name }) => name));
  names.delete(chainOrigin(chainId));
  const signers = signatories.members.filter(
    ({ keyId, revoked }) => !revoked && names.has(cosignerName(chainId, keyId)),
  );
  return signers.length === names.size && checkPolicy(signers, signatories).ok;
}

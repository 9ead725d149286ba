// SPDX-License-Identifier: Apache-2.0
// Holds what is stored beside the blocks against what they say: the genesis, the applied state, and
// the newest checkpoint that this gateway has signed.

import { equal, toHex } from '../../base/bytes.ts';
import { formatCheckpoint, verifyLogSignature } from '../../base/checkpoint.ts';
import { verifyCosignature } from '../../base/cosignature.ts';
import type { Result } from '../../base/errors.ts';
import { type Note, parseNote } from '../../base/note.ts';
import type { Suite } from '../../base/suite.ts';
import type { OpenGenesis } from '../chain/genesis.ts';
import type { Ledger } from '../chain/ledger.ts';
import { chainOrigin, cosignerName } from '../chain/names.ts';
import type { Flaw } from './audit-block.ts';
import type { ChainInfo } from './chain-file.ts';
import type { Cosigned } from './cosigned-table.ts';
import type { StoredState } from './state-table.ts';

/**
 * The genesis must be the one that names the chain. The gateway need not be a member: its grant may be in
 * a block that it does not have yet.
 */
export function flawOfGenesis(
  opened: Result<OpenGenesis, 'genesis'>,
  chain: ChainInfo,
): string | undefined {
  if (!opened.ok) return `the genesis is none: ${opened.detail}`;
  const { chainId } = opened.value;
  return equal(chainId, chain.chainId)
    ? undefined
    : `the genesis is that of chain ${toHex(chainId)}`;
}

/** The stored state against the ledger's, once the ledger has come to its height. */
export function flawOfState(ledger: Ledger, stored: StoredState): Flaw | undefined {
  if (ledger.head.header.height !== stored.height) return undefined;
  const pairs = ledger.statePairs();
  const wrong = pairs.find(([key, value], i) => {
    const [storedKey, storedValue] = stored.pairs[i] ?? [];
    return storedKey !== key || storedValue === undefined || !equal(storedValue, value);
  });
  if (wrong !== undefined) {
    return {
      reason: 'state',
      detail: `the stored state has not what the blocks wrote: ${wrong[0]}`,
    };
  }
  if (pairs.length === stored.pairs.length) return undefined;
  return { reason: 'state', detail: 'the stored state has values that no block wrote' };
}

/** The signed checkpoint against the root of the headers, with both its signatures. */
export function flawOfCosigned(
  suite: Suite,
  cosigned: Cosigned,
  against: {
    readonly chainId: Uint8Array;
    readonly root: Uint8Array;
    readonly member: { readonly keyId: Uint8Array; readonly publicKey: Uint8Array } | undefined;
  },
): Flaw | undefined {
  const { size, root, note } = cosigned;
  const say = (detail: string): Flaw => ({ reason: 'cosigned', detail });
  if (!equal(root, against.root)) {
    return say(`the signed root of ${size} blocks is not that of their headers`);
  }
  const parsed = parseNote(note, { strict: true });
  if (!parsed.ok) return say(`the signed checkpoint is none: ${parsed.detail}`);
  const origin = chainOrigin(against.chainId);
  if (parsed.value.body !== formatCheckpoint({ origin, size, root })) {
    return say('the text of the signed checkpoint names another size or root');
  }
  const { member } = against;
  if (member === undefined) return say('it is signed by nobody who is a member');
  return areSigned(suite, parsed.value, { ...against, ...member })
    ? undefined
    : say('the signatures under the checkpoint do not hold');
}

function areSigned(
  suite: Suite,
  { body, lines }: Note,
  by: { readonly chainId: Uint8Array; readonly keyId: Uint8Array; readonly publicKey: Uint8Array },
): boolean {
  const { publicKey } = by;
  const [logLine, cosignature, ...more] = lines;
  if (logLine === undefined || cosignature === undefined || more.length > 0) return false;
  const log = { name: chainOrigin(by.chainId), publicKey };
  const cosigner = { name: cosignerName(by.chainId, by.keyId), publicKey };
  return (
    verifyLogSignature(suite, body, logLine, log) &&
    verifyCosignature(suite, body, cosignature, cosigner).ok
  );
}

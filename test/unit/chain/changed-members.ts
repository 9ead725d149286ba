// SPDX-License-Identifier: Apache-2.0
// Proof bundles of a chain whose members have changed: a newcomer granted and promoted, one of the first
// three revoked. They prove a reading by the newcomer, who has co-signed the anchor with one of the others.

import { toKeyId } from '../../../base/ids.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { formatNote } from '../../../base/note.ts';
import { encodeBundle } from '../../../sidechain/chain/bundle.ts';
import { firstPeriod } from '../../../sidechain/chain/key-periods.ts';
import type { ProvenChange } from '../../../sidechain/chain/membership-proof.ts';
import { proveReading } from '../../../sidechain/chain/prove.ts';
import { formatTrustedKeys } from '../../../sidechain/chain/trusted-keys.ts';
import { packAt, schemaPayload, startMs, testSigner } from './fixture.ts';
import { Group } from './group.ts';

const newcomer = 3;

class Changed extends Group {
  override readonly signers = [10, 11, 12, 30].map(testSigner);
}

const group = new Changed({ voters: 3, followers: 0 });
const keyId = toKeyId(group.signer(newcomer).keyId);
const { publicKey } = group.signer(newcomer);
const grant = { kind: 'grant', publicKey, name: 'newcomer', role: 'follower' } as const;
const entries = [
  () => group.membership({ ...grant, address: '192.0.2.7:7700', supersedes: null }),
  () => group.membership({ kind: 'promote', keyId }),
  () => group.revocation(1),
];
// One a block, so that its path in its block is empty.
const changes = entries.map((make) => {
  const given = make();
  return { given, block: group.apply([given]) };
});
group.apply([group.schema({}, newcomer)]);
const block = group.apply([group.batch(1, [packAt(startMs, 42)], { by: newcomer })]);
const body = group.bodies.at(-1);
if (body === undefined) throw new Error('a block has a body');

const size = group.ledger.tree.size;
const anchor = group.anchor({ by: newcomer, cosigners: [0, newcomer] });
const index = group.mainLog.append(anchor);
const given = group.revocation(2);
const later = [...changes, { given, block: group.apply([given]) }];

function proven(under: number, all = changes): readonly ProvenChange[] {
  return all.map(({ given, block: { headerBytes, header } }) => ({
    entry: given.entry,
    entryIndex: 0,
    entryPath: [],
    header: headerBytes,
    headerPath: group.ledger.tree.inclusion(header.height, under),
  }));
}

const parts = {
  genesis: group.genesisBytes,
  header: block.headerBytes,
  headerPath: group.ledger.tree.inclusion(block.header.height, size),
  anchor,
  receipts: group.mainLog.receipts(index),
  reading: proveReading(
    suite,
    { body, outputs: block.outputs },
    { entryIndex: 0, packIndex: 0, schema: schemaPayload },
  ),
};

/** A note over all blocks by these members, the first of whom signs as the log. */
function noteBy(...members: readonly number[]): string {
  const text = group.checkpoint();
  const [author = 0] = members;
  return formatNote(text, [
    group.logLine(text, author),
    ...members.map((member) => group.cosignature(text, member)),
  ]);
}

function underNote(note: string): Uint8Array {
  const membership = { changes: proven(group.ledger.tree.size, later), note };
  return encodeBundle({ ...parts, membership });
}

export const changedMembers = {
  chainId: group.chainId,
  height: block.header.height,
  /** Of all that ever were, and the main log's. */
  keys: formatTrustedKeys(suite, {
    periods: firstPeriod(group.mainLog.mainLog),
    chainId: group.chainId,
    members: group.members,
  }),
  /** Under the anchor's checkpoint. */
  bundle: encodeBundle({ ...parts, membership: { changes: proven(size) } }),
  /** Under a later checkpoint, at which another had been revoked. */
  later: underNote(noteBy(0, newcomer)),
  /** The same, by one where two are asked for. */
  unsigned: underNote(noteBy(newcomer)),
  /** Without the promotion; then without any change. */
  incomplete: encodeBundle({
    ...parts,
    membership: { changes: proven(size).filter((_, i) => i !== 1) },
  }),
  untold: encodeBundle(parts),
};

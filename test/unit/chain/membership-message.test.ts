// SPDX-License-Identifier: Apache-2.0
// What the centre is told when the members of a chain have changed: it believes the members that it
// knows, the persons of the genesis, and nobody else.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toKeyId } from '../../../base/ids.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { formatNote } from '../../../base/note.ts';
import { openGenesis } from '../../../sidechain/chain/genesis.ts';
import type { MembershipChange } from '../../../sidechain/chain/membership.ts';
import {
  checkMembershipMessage,
  openMembershipMessage,
  signMembershipMessage,
} from '../../../sidechain/chain/membership-message.ts';
import {
  foundingMembership,
  type Membership,
  type ProvenChange,
} from '../../../sidechain/chain/membership-proof.ts';
import { membershipStatements } from '../../../sidechain/store/membership-table.ts';
import { everyFlip } from '../base/flip.ts';
import { engineer, stranger, testSigner } from './fixture.ts';
import { Group } from './group.ts';
import { mutated } from './mutate.ts';

const newcomer = testSigner(30);

function grantOf(signer = newcomer, name = 'newcomer'): MembershipChange {
  return {
    kind: 'grant',
    publicKey: signer.publicKey,
    name,
    role: 'voter',
    address: null,
    supersedes: null,
  };
}

/** A chain of three whose members change; it has signers for those that come. */
class Changing extends Group {
  readonly changes: Omit<ProvenChange, 'headerPath'>[] = [];
  override readonly signers = [0, 1, 2].map((i) => testSigner(10 + i)).concat(newcomer);

  change(change: MembershipChange, by = engineer): void {
    const entry = this.membership(change, { by });
    const block = this.apply([entry]);
    const body = this.bodies.at(-1);
    if (body === undefined) throw new Error('a block has a body');
    for (const { params = [] } of membershipStatements(suite, { body, block })) {
      const [, , bytes, entryIndex, , header] = params;
      this.changes.push({
        entry: bytes as Uint8Array,
        entryIndex: entryIndex as number,
        entryPath: [],
        header: header as Uint8Array,
      });
    }
  }

  message(cosigners: readonly number[], by = cosigners[0] ?? 0): Uint8Array {
    const body = this.checkpoint();
    const { tree } = this.ledger;
    const lines = [this.logLine(body, by), ...cosigners.map((one) => this.cosignature(body, one))];
    const changes = this.changes.map((change) => {
      const height = this.blocks.findIndex(({ headerBytes }) => headerBytes === change.header);
      return { ...change, headerPath: tree.inclusion(height, tree.size) };
    });
    const message = { changes, note: formatNote(body, lines) };
    return signMembershipMessage(message, this.chainId, this.signer(by));
  }

  get founding(): Membership {
    const opened = openGenesis(suite, this.genesisBytes);
    if (!opened.ok) throw new Error(opened.detail);
    return foundingMembership(suite, opened.value.genesis);
  }

  judge(message: Uint8Array, membership = this.founding, distrusted: readonly Uint8Array[] = []) {
    const opened = openMembershipMessage(message);
    if (!opened.ok) return opened;
    const known = { chainId: this.chainId, membership, distrusted };
    return checkMembershipMessage(suite, opened.value, known);
  }
}

function threeAnd(...changes: readonly MembershipChange[]): Changing {
  const group = new Changing({ voters: 3, followers: 0 });
  group.apply([group.schema()]);
  for (const change of changes) group.change(change);
  return group;
}

describe('a change of members, told to the centre', () => {
  it('is believed where the members before and after have signed enough', () => {
    const group = threeAnd(grantOf());
    const judged = group.judge(group.message([0, 1, 3]));
    expect(judged).toMatchObject({ ok: true, value: { version: 1 } });
    expect(judged.ok && judged.value.members.map(({ name }) => name)).toEqual([
      ...['gateway 0', 'gateway 1', 'gateway 2', 'newcomer'],
    ]);
    expect(judged.ok && judged.value.members).toEqual(group.members);
  });

  it('is refused where the members before have not', () => {
    const group = threeAnd(grantOf(), grantOf(testSigner(31), 'another'));
    // Of four with the newcomer three sign, and only one of the three before.
    expect(group.judge(group.message([0, 3]))).toMatchObject({ ok: false, code: 'policy' });
  });

  it('is refused where of the members before too few have, though those after are enough', () => {
    const group = threeAnd(grantOf());
    for (const member of [1, 2]) {
      group.change({ kind: 'revoke', keyId: toKeyId(group.signer(member).keyId) });
    }
    expect(group.judge(group.message([0, 3]))).toMatchObject({ ok: false, code: 'policy' });
    expect(group.judge(group.message([0, 1, 3]))).toMatchObject({ ok: true });
  });

  it('is refused where the members after have not', () => {
    const group = threeAnd(grantOf());
    expect(group.judge(group.message([0, 1]))).toMatchObject({ ok: false, code: 'policy' });
  });

  it('counts no member that has signed two histories', () => {
    const group = threeAnd(grantOf());
    const distrusted = [group.signer(0).keyId];
    expect(group.judge(group.message([0, 1, 3]), group.founding, distrusted)).toMatchObject({
      code: 'policy',
    });
  });

  it('passes over what is known, and brings nothing twice', () => {
    const revoke = { kind: 'revoke', keyId: toKeyId(testSigner(12).keyId) } as const;
    const group = threeAnd(grantOf(), revoke);
    const all = group.judge(group.message([0, 1, 3]));
    expect(all).toMatchObject({ ok: true, value: { version: 2 } });
    if (!all.ok) return;
    const again = group.judge(group.message([0, 1, 3]), all.value);
    expect(again).toEqual({ ok: true, value: all.value });
  });

  it('is not believed of a revoked member alone, nor of a stranger', () => {
    const revoke = { kind: 'revoke', keyId: toKeyId(testSigner(12).keyId) } as const;
    const group = threeAnd(revoke);
    expect(group.judge(group.message([0, 1]))).toMatchObject({ ok: true, value: { version: 1 } });
    expect(group.judge(group.message([2]))).toMatchObject({ ok: false, code: 'policy' });
    expect(group.judge(group.message([3]))).toMatchObject({ ok: false, code: 'unknown-signer' });
  });

  it('is refused where a person without the right has signed it', () => {
    const group = threeAnd(grantOf());
    const forged = group.membership(grantOf(), { version: 1, by: stranger });
    const [first] = group.changes;
    if (first !== undefined) group.changes[0] = { ...first, entry: forged.entry };
    expect(group.judge(group.message([0, 1, 3]))).toMatchObject({ ok: false, code: 'membership' });
  });

  it('is refused where a change is left out, or comes twice', () => {
    const group = threeAnd(grantOf(), grantOf(testSigner(31), 'another'));
    const [one, other] = group.changes;
    if (one === undefined || other === undefined) throw new Error('two changes');
    for (const changes of [[other], [one, one], [other, one]]) {
      group.changes.splice(0, 2, ...changes);
      const judged = group.judge(group.message([0, 1, 2, 3]));
      expect(judged).toMatchObject({ ok: false, code: 'membership' });
    }
  });

  it('has no bit that may be another', () => {
    const group = threeAnd(grantOf());
    const message = group.message([0, 1, 3]);
    let count = 0;
    for (const flipped of everyFlip(message)) {
      if (count++ % 7 === 0) expect(group.judge(flipped).ok).toBe(false);
    }
  });

  it('survives whatever is sent in its place', () => {
    const group = threeAnd(grantOf());
    fc.assert(
      fc.property(mutated(group.message([0, 1, 3])), (bytes) => {
        group.judge(bytes);
      }),
      { seed: 11, numRuns: 300 },
    );
  });
});

// SPDX-License-Identifier: Apache-2.0
// One history: after the same index all members have the same hash over all that came before, in
// memory and on their disks. So every ledger is a prefix of every longer one.

import type { NodeId } from '../../../sidechain/raft/entry.ts';
import type { Tell } from '../happening.ts';
import type { Ledger } from '../member/ledger.ts';
import { Violation } from '../violation.ts';

const name = 'ledger-prefix';

export function ledgerPrefix(): Tell {
  const heads = new Map<number, string>();
  const check = (member: NodeId, { index, hash, last }: Ledger): void => {
    const head = `${hash} [${last}]`;
    const other = heads.get(index) ?? head;
    if (other !== head) {
      throw new Violation(name, `index ${index}: ${member} has head ${head}, another ${other}`);
    }
    heads.set(index, head);
  };
  return (happening) => {
    const { member } = happening;
    if (happening.kind === 'started') check(member, happening.image.applied.ledger);
    if (happening.kind === 'applied') check(member, happening.step.ledger);
    if (happening.kind !== 'durable') return;
    const { transaction } = happening;
    if (transaction.kind === 'applied') check(member, transaction.applied.ledger);
    if (transaction.kind === 'log' && transaction.snapshot !== undefined) {
      check(member, transaction.snapshot.ledger);
    }
  };
}

// SPDX-License-Identifier: Apache-2.0
// Committed is durable (etcd's `CommittedIsDurableInv`): a leader commits only what is on the disks
// of a majority of its voters; in a joint configuration, of both halves.

import type { Configuration } from '../../../sidechain/raft/configuration/configuration.ts';
import type { NodeId, Position } from '../../../sidechain/raft/entry.ts';
import type { Tell } from '../happening.ts';
import type { DurableImage } from '../member/durable-image.ts';
import { Violation } from '../violation.ts';

const name = 'durable-commit';

/** `configurations`: those it had since it was looked at last, for it may have committed in any of them. */
type Reign = { term: number; commit: number; configurations: Configuration[] };

export function durableCommit(truthOf: (member: NodeId) => DurableImage): Tell {
  const reigns = new Map<NodeId, Reign>();
  const isDurable = ({ voters, votersOutgoing }: Configuration, position: Position): boolean =>
    [voters, votersOutgoing].every((half) => {
      const holders = half.filter((id) => truthOf(id).log.holds(position));
      return half.length === 0 || holders.length * 2 > half.length;
    });
  return (happening) => {
    if (happening.kind === 'started') reigns.delete(happening.member);
    if (happening.kind === 'configured') {
      reigns.get(happening.member)?.configurations.push(happening.configuration);
    }
    if (happening.kind !== 'took') return;
    const { member, status, log } = happening;
    const { term, commit: index, configuration } = status;
    const before = reigns.get(member);
    if (status.role === 'leader' && before?.term === term && index > before.commit) {
      const position = { term: log.term(index) ?? -1, index };
      const possible = [...before.configurations, configuration];
      if (!possible.some((one) => isDurable(one, position))) {
        const text = `${member} commits index ${index} in term ${term}, which no majority holds`;
        throw new Violation(name, text);
      }
    }
    const isSame = before?.term === term && before.commit === index;
    if (isSame && before.configurations.at(-1) === configuration) return;
    reigns.set(member, { term, commit: index, configurations: [configuration] });
  };
}

// SPDX-License-Identifier: Apache-2.0
// Which configurations somebody may still go by: who is to be spared so that a majority of each is
// left. What a group cannot survive proves nothing.

import type { ConfigurationChange } from '../../../sidechain/raft/configuration/change.ts';
import { decodeChange } from '../../../sidechain/raft/configuration/change.ts';
import type { Configuration } from '../../../sidechain/raft/configuration/configuration.ts';
import { reconfigure } from '../../../sidechain/raft/configuration/reconfigure.ts';
import { restoreMembers } from '../../../sidechain/raft/configuration/restore.ts';
import type { NodeId } from '../../../sidechain/raft/entry.ts';
import { Inflights } from '../../../sidechain/raft/progress/inflights.ts';
import { Progress } from '../../../sidechain/raft/progress/progress.ts';
import type { Machine } from './machine.ts';
import type { World } from './world.ts';

/** What a change makes of a configuration; `undefined` if it does not fit. */
export function changed(
  configuration: Configuration,
  change: ConfigurationChange,
): Configuration | undefined {
  const inflights = new Inflights({ messagesMax: 1, bytesMax: 1 });
  const create = ({ isLearner }: { readonly isLearner: boolean }) =>
    new Progress({ next: 1, isLearner, session: 1, inflights });
  const members = reconfigure(restoreMembers(configuration, create), change, create);
  return members.ok ? members.value.configuration : undefined;
}

/** As applied by anybody, and as it comes to be when what stands in the logs is applied. */
export function configurationsInUse(world: World): readonly Configuration[] {
  return [...world.machines.values()].filter(({ isLost }) => !isLost).flatMap(configurationsOf);
}

function configurationsOf({ disk }: Machine): readonly Configuration[] {
  const { applied, log } = disk.truth;
  let configuration = applied.configuration;
  const found = [configuration];
  for (const { index, kind, data } of log.entries) {
    if (kind !== 'config' || index <= applied.ledger.index) continue;
    const change = decodeChange(data);
    if (!change.ok) continue;
    configuration = changed(configuration, change.value) ?? configuration;
    found.push(configuration);
  }
  return found;
}

/** Whether a majority of each set of voters is left without those. */
export function survives(configuration: Configuration, without: (id: NodeId) => boolean): boolean {
  return [configuration.voters, configuration.votersOutgoing].every((half) => {
    const left = half.filter((id) => !without(id));
    return half.length === 0 || left.length * 2 > half.length;
  });
}

/** Whether the group can do for ever without those, beside all that are gone already. */
export function maySpare(world: World, ids: readonly NodeId[]): boolean {
  const isMissing = (id: NodeId): boolean =>
    ids.includes(id) || (world.machines.get(id)?.isLost ?? true);
  return configurationsInUse(world).every((one) => survives(one, isMissing));
}

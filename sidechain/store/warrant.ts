// SPDX-License-Identifier: Apache-2.0
// What a committed change of Raft's configuration may be: one step towards the members that the ledger
// has when the change is applied. Anything else is a leader's own idea, and changes nothing, alike on
// all members.

import { accept, type Result, refuse } from '../../base/errors.ts';
import type { Member } from '../chain/member.ts';
import { type ConfigurationChange, decodeChange, kindOf } from '../raft/configuration/change.ts';
import {
  type Configuration,
  isMember,
  withId,
  withoutId,
} from '../raft/configuration/configuration.ts';

export type Warranted = {
  readonly change: ConfigurationChange;
  /** As the change leaves it. */
  readonly configuration: Configuration;
};

/** `data` of an entry of kind `config`, attacker-controlled: a leader's word. */
export function warrantOf(
  data: Uint8Array,
  standing: { readonly configuration: Configuration; readonly members: readonly Member[] },
): Result<Warranted, 'unwarranted'> {
  const decoded = decodeChange(data);
  if (!decoded.ok) return refuse('unwarranted', decoded.detail);
  const change = decoded.value;
  const [step] = change.changes;
  if (kindOf(change).kind !== 'simple' || step === undefined) {
    return refuse('unwarranted', 'not one member after the other');
  }
  const { configuration, members } = standing;
  const { voters, learners } = configuration;
  const { operation, member: id } = step;
  const member = members[id - 1];
  const isActive = member?.revoked === false;
  const isLearner = learners.includes(id);
  switch (operation) {
    case 'add-learner':
      if (!isActive || isMember(configuration, id)) break;
      return accept({
        change,
        configuration: { ...configuration, learners: withId(learners, id) },
      });
    case 'add-voter':
      if (!isActive || member.role !== 'voter' || !isLearner) break;
      return accept({ change, configuration: moved(configuration, id) });
    case 'remove': {
      const rest = { voters: withoutId(voters, id), learners: withoutId(learners, id) };
      if (member?.revoked !== true || !isMember(configuration, id)) break;
      if (rest.voters.length === 0) break;
      return accept({ change, configuration: { ...configuration, ...rest } });
    }
    case 'update':
      break;
  }
  return refuse('unwarranted', `${operation} of member ${id} is not what the ledger asks for`);
}

function moved(configuration: Configuration, id: number): Configuration {
  const { voters, learners } = configuration;
  return { ...configuration, voters: withId(voters, id), learners: withoutId(learners, id) };
}

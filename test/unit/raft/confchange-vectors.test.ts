// SPDX-License-Identifier: Apache-2.0
// The configuration-change cases of etcd-io/raft, exactly: configuration, progress, and which
// change is refused why.

import { accept, type Result, refuse } from '../../../base/errors.ts';
import { emptyConfiguration } from '../../../sidechain/raft/configuration/configuration.ts';
import type { CreateProgress } from '../../../sidechain/raft/configuration/draft.ts';
import type { Members } from '../../../sidechain/raft/configuration/members.ts';
import {
  changeSimply,
  enterJoint,
  leaveJoint,
  type ReconfigureRefusal,
} from '../../../sidechain/raft/configuration/reconfigure.ts';
import { Inflights } from '../../../sidechain/raft/progress/inflights.ts';
import { Progress } from '../../../sidechain/raft/progress/progress.ts';
import { parseChanges } from '../../scenario/commands.ts';
import { type Case, valuesOf } from '../../scenario/data-driven.ts';
import { describeConfiguration, describeProgress } from '../../scenario/describe.ts';
import { type Runner, testVectors } from './vectors.ts';

testVectors({ folder: 'confchange', caseCount: 58, newRunner });

/** Our codes in its words. */
const refusals: Readonly<Record<ReconfigureRefusal, string>> = {
  'already-joint': 'config is already joint',
  'not-joint': "can't leave a non-joint config",
  'simple-while-joint': "can't apply simple config change in joint config",
  'no-voters-to-leave': "can't make a zero-voter config joint",
  'no-voters-left': 'removed all voters',
  'several-voters-at-once': 'more than one voter changed without entering joint config',
};

function newRunner(): Runner {
  let members: Members = { configuration: emptyConfiguration, progress: new Map() };
  let lastIndex = 0;
  const createProgress: CreateProgress = ({ isLearner }) =>
    new Progress({
      next: Math.max(lastIndex, 1),
      isLearner,
      recentActive: true,
      session: 1,
      inflights: new Inflights({ messagesMax: 10, bytesMax: Number.MAX_SAFE_INTEGER }),
    });
  return (one) => {
    const result = run(members, one, createProgress);
    lastIndex += 1;
    if (!result.ok) return [result.detail];
    members = result.value;
    return describe(members);
  };
}

function run(members: Members, one: Case, createProgress: CreateProgress): Result<Members> {
  const changes = parseChanges(one.input);
  const autoLeave = valuesOf(one, 'autoleave')[0] === 'true';
  switch (one.command) {
    case 'simple':
      return inItsWords(changeSimply(members, changes, createProgress));
    case 'enter-joint':
      return inItsWords(enterJoint(members, { changes, autoLeave }, createProgress));
    case 'leave-joint':
      if (changes.length > 0) return refuse('input', 'this command takes no input');
      return inItsWords(leaveJoint(members, createProgress));
    default:
      return refuse('command', 'unknown command');
  }
}

function inItsWords(result: Result<Members, ReconfigureRefusal>): Result<Members> {
  return result.ok ? accept(result.value) : refuse(result.code, refusals[result.code]);
}

function describe({ configuration, progress }: Members): readonly string[] {
  const rows = [...progress].map(([id, one]) =>
    describeProgress(id, {
      ...one,
      isPaused: one.isPaused,
      inflightCount: 0,
      isInflightFull: false,
    }),
  );
  return [describeConfiguration(configuration), ...rows];
}

// SPDX-License-Identifier: Apache-2.0
// Our core's values written as etcd-io/raft writes its own, so that the outcome of its scenarios
// can be compared line by line. Both of its encodings of a configuration change bear one name here.

import { fromUtf8 } from '../../base/bytes.ts';
import { decodeChange, type MemberChange } from '../../sidechain/raft/configuration/change.ts';
import type { Configuration } from '../../sidechain/raft/configuration/configuration.ts';
import type { Role } from '../../sidechain/raft/core.ts';
import type { Entry, NodeId, Position, Proposal } from '../../sidechain/raft/entry.ts';
import type { Message } from '../../sidechain/raft/message.ts';
import type { ProgressState } from '../../sidechain/raft/progress/progress.ts';
import type { ProgressStatus } from '../../sidechain/raft/status.ts';
import type { HardState, Snapshot } from '../../sidechain/raft/storage.ts';

export const kindNames: Readonly<Record<Message['kind'], string>> = {
  append: 'MsgApp',
  'append-response': 'MsgAppResp',
  vote: 'MsgVote',
  'vote-response': 'MsgVoteResp',
  'pre-vote': 'MsgPreVote',
  'pre-vote-response': 'MsgPreVoteResp',
  heartbeat: 'MsgHeartbeat',
  'heartbeat-response': 'MsgHeartbeatResp',
  snapshot: 'MsgSnap',
  propose: 'MsgProp',
  'transfer-leader': 'MsgTransferLeader',
  'timeout-now': 'MsgTimeoutNow',
  'read-index': 'MsgReadIndex',
  'read-index-response': 'MsgReadIndexResp',
  'storage-append-response': 'MsgStorageAppendResp',
  'storage-apply-response': 'MsgStorageApplyResp',
};

export const roleNames: Readonly<Record<Role, string>> = {
  follower: 'StateFollower',
  candidate: 'StateCandidate',
  'pre-candidate': 'StatePreCandidate',
  leader: 'StateLeader',
};

const progressNames: Readonly<Record<ProgressState, string>> = {
  probe: 'StateProbe',
  replicate: 'StateReplicate',
  snapshot: 'StateSnapshot',
};

const operationLetters: Readonly<Record<MemberChange['operation'], string>> = {
  'add-voter': 'v',
  'add-learner': 'l',
  remove: 'r',
  update: 'u',
};

export function describeHardState({ term, vote, commit }: HardState): string {
  return `Term:${term}${vote === 0 ? '' : ` Vote:${vote}`} Commit:${commit}`;
}

function describeEntry(entry: Proposal & Partial<Position>): string {
  const place = `${entry.term ?? 0}/${entry.index ?? 0}`;
  if (entry.kind === 'normal') {
    return `${place} EntryNormal ${JSON.stringify(fromUtf8(entry.data))}`;
  }
  const change = decodeChange(entry.data);
  const changes = change.ok ? change.value.changes : [];
  const letters = changes.map((one) => ` ${operationLetters[one.operation]}${one.member}`);
  return `${place} EntryConfChange${letters.join('')}`;
}

export function describeSnapshot({ index, term, configuration }: Snapshot): string {
  return `Index:${index} Term:${term} ConfState:${describeStored(configuration)}`;
}

function describeStored(configuration: Configuration): string {
  const { voters, votersOutgoing, learners, learnersNext, autoLeave } = configuration;
  const list = (ids: readonly NodeId[]) => `[${ids.join(' ')}]`;
  return (
    `Voters:${list(voters)} VotersOutgoing:${list(votersOutgoing)} ` +
    `Learners:${list(learners)} LearnersNext:${list(learnersNext)} AutoLeave:${autoLeave}`
  );
}

/** As in `voters=(1 2)&&(1) learners=(3) autoleave`. */
export function describeConfiguration(configuration: Configuration): string {
  const { voters, votersOutgoing, learners, learnersNext, autoLeave } = configuration;
  const set = (ids: readonly NodeId[]) => `(${ids.join(' ')})`;
  return [
    `voters=${set(voters)}${votersOutgoing.length > 0 ? `&&${set(votersOutgoing)}` : ''}`,
    ...(learners.length > 0 ? [`learners=${set(learners)}`] : []),
    ...(learnersNext.length > 0 ? [`learners_next=${set(learnersNext)}`] : []),
    ...(autoLeave ? ['autoleave'] : []),
  ].join(' ');
}

export function describeProgress(id: NodeId, progress: ProgressStatus): string {
  const { state, match, next, isLearner, isPaused, recentActive } = progress;
  const { pendingSnapshot, inflightCount, isInflightFull } = progress;
  return [
    `${id}: ${progressNames[state]} match=${match} next=${next}`,
    ...(isLearner ? ['learner'] : []),
    ...(isPaused ? ['paused'] : []),
    ...(pendingSnapshot > 0 ? [`pendingSnap=${pendingSnapshot}`] : []),
    ...(recentActive ? [] : ['inactive']),
    ...(inflightCount > 0 ? [`inflight=${inflightCount}${isInflightFull ? '[full]' : ''}`] : []),
  ].join(' ');
}

export type Described = {
  readonly from: string;
  readonly to: string;
  readonly name: string;
  readonly term: number;
  readonly log?: Position | undefined;
  readonly rejectHint?: number | undefined;
  readonly commit?: number | undefined;
  readonly vote?: number | undefined;
  readonly entries?: readonly (Proposal & Partial<Position>)[];
  readonly snapshot?: Snapshot | undefined;
  readonly responses?: readonly Message[];
};

export function describeMessage(message: Message): readonly string[] {
  return describeParts(partsOf(message));
}

function partsOf(message: Message): Described {
  const { from, to, term, kind } = message;
  const common = { from: String(from), to: String(to), name: kindNames[kind], term };
  switch (message.kind) {
    case 'append':
      return { ...common, log: message.previous, commit: message.commit, entries: message.entries };
    case 'append-response': {
      const hint = message.rejection?.hint;
      const log = { term: hint?.term ?? 0, index: message.index };
      return { ...common, log, rejectHint: hint?.index };
    }
    case 'vote':
    case 'pre-vote':
      return { ...common, log: message.last };
    case 'vote-response':
    case 'pre-vote-response':
      return { ...common, rejectHint: message.granted ? undefined : 0 };
    case 'heartbeat':
      return { ...common, commit: message.commit };
    case 'snapshot':
      return { ...common, snapshot: message.snapshot };
    case 'propose':
      return { ...common, entries: message.proposals };
    case 'transfer-leader':
      return { ...common, from: String(message.transferee) };
    case 'storage-append-response':
      return { ...common, from: 'AppendThread', log: message.last, snapshot: message.snapshot };
    case 'storage-apply-response':
      return { ...common, from: 'ApplyThread', term: 0, entries: message.entries };
    default:
      return common;
  }
}

export function describeParts(parts: Described): readonly string[] {
  const { log = { term: 0, index: 0 }, entries = [], responses = [] } = parts;
  const head = [
    `${parts.from}->${parts.to} ${parts.name} Term:${parts.term} Log:${log.term}/${log.index}`,
    ...(parts.rejectHint === undefined ? [] : [`Rejected (Hint: ${parts.rejectHint})`]),
    ...(parts.commit ? [`Commit:${parts.commit}`] : []),
    ...(parts.vote ? [`Vote:${parts.vote}`] : []),
  ].join(' ');
  const lines = withList(head, entries.map(describeEntry));
  if (parts.snapshot !== undefined) lines.push(`  Snapshot: ${describeSnapshot(parts.snapshot)}`);
  if (responses.length === 0) return lines;
  const last = lines.pop();
  const inner = indent(responses.flatMap(describeMessage));
  return [...lines, `${last} Responses:[`, ...inner, ']'];
}

function withList(head: string, entries: readonly string[]): string[] {
  if (entries.length === 0) return [head];
  if (entries.length === 1) return [`${head} Entries:[${entries[0]}]`];
  return [`${head} Entries:[`, ...indent(entries), ']'];
}

export function indent(lines: readonly string[]): readonly string[] {
  return lines.map((line) => `  ${line}`);
}

export function describeEntries(entries: readonly Entry[]): readonly string[] {
  return entries.map(describeEntry);
}

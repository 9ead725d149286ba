// SPDX-License-Identifier: Apache-2.0
// A history in words, a line for each thing that happened. The same seed gives the same bytes.

import type { Entry } from '../../sidechain/raft/entry.ts';
import type { PeerMessage } from '../../sidechain/raft/message.ts';
import type { Ready } from '../../sidechain/raft/ready.ts';
import type { Happening } from './happening.ts';
import type { Transaction } from './member/durable-image.ts';

export function traceLine(happening: Happening, nowMs: number): string {
  const time = (nowMs / 1_000).toFixed(3).padStart(9);
  return `${time} ${happening.member} ${happening.kind.padEnd(13)} ${wordsOf(happening)}`.trimEnd();
}

function wordsOf(happening: Happening): string {
  switch (happening.kind) {
    case 'started': {
      const { hardState, log, applied } = happening.image;
      const { term, vote } = hardState;
      const held = `log ${log.base.index}..${log.lastIndex}`;
      return `term ${term}, vote ${vote}, ${held}, applied ${applied.ledger.index}`;
    }
    case 'emptied':
    case 'taken-back':
      return '';
    case 'ended':
      return happening.why;
    case 'durable':
      return transactionWords(happening.transaction);
    case 'took':
      return readyWords(happening.ready, happening.status.term);
    case 'said':
      return messageWords(happening.message);
    case 'applied': {
      const { judged, ledger } = happening.step;
      const verdict =
        judged === undefined
          ? happening.entry.kind
          : `${judged.operation.client}:${judged.operation.number} ${judged.verdict}`;
      return `${happening.entry.index} ${verdict}, head ${ledger.hash}`;
    }
    case 'configured':
      return JSON.stringify(happening.configuration);
    case 'settled':
      return `${happening.operation.client}:${happening.operation.number}`;
    case 'read-asked':
      return `${happening.read}`;
    case 'read-confirmed':
      return `${happening.read} as of ${happening.index}`;
    case 'answered':
      return `by ${happening.by}`;
    case 'leads':
      return `in term ${happening.term}`;
    case 'signed':
      return `${happening.size} blocks`;
    case 'cosigned':
      return `${happening.size} blocks, ${happening.root.slice(0, 16)}`;
    case 'told': {
      const { height, hash, accepted } = happening.block;
      return `block ${height} ${hash}: ${accepted.map((id) => id.slice(0, 8)).join(' ')}`;
    }
    case 'kept':
      return happening.entry.slice(0, 8);
    case 'acknowledged': {
      const { entry, verdict, height } = happening;
      return `${entry.slice(0, 8)} ${verdict} in block ${height}`;
    }
    case 'noted':
      return happening.words;
  }
}

function transactionWords(transaction: Transaction): string {
  switch (transaction.kind) {
    case 'log': {
      const { hardState, snapshot, entries } = transaction;
      return [
        ...(hardState === undefined ? [] : [`term ${hardState.term} vote ${hardState.vote}`]),
        ...(snapshot === undefined ? [] : [`snapshot ${snapshot.ledger.index}`]),
        entriesWords(entries),
      ].join(' ');
    }
    case 'applied':
      return `applied ${transaction.applied.ledger.index}`;
    case 'compacted':
      return `compacted ${transaction.index}`;
  }
}

function readyWords({ role, leader, entries, committed, messages }: Ready, term: number): string {
  const counts = `${entries.length} to write, ${committed.length} to apply, ${messages.length} to say`;
  return `${role} in term ${term}, leader ${leader}: ${counts}`;
}

function messageWords(message: PeerMessage): string {
  const head = `${message.kind} to ${message.to} in term ${message.term}`;
  switch (message.kind) {
    case 'append': {
      const { previous, entries, commit } = message;
      const after = `${previous.index}@${previous.term}`;
      return `${head}: after ${after} ${entriesWords(entries)}, commit ${commit}`;
    }
    case 'append-response': {
      const { hint } = message.rejection ?? {};
      const words = hint === undefined ? 'has' : `rejects, perhaps at ${hint.index}@${hint.term},`;
      return `${head}: ${words} ${message.index}`;
    }
    case 'vote':
    case 'pre-vote':
      return `${head}: last ${message.last.index}@${message.last.term}${message.transfer ? ', asked to' : ''}`;
    case 'vote-response':
    case 'pre-vote-response':
      return `${head}: ${message.granted ? 'granted' : 'refused'}`;
    case 'heartbeat':
      return `${head}: commit ${message.commit}`;
    case 'snapshot':
      return `${head}: ${message.snapshot.index}@${message.snapshot.term}`;
    default:
      return head;
  }
}

function entriesWords(entries: readonly Entry[]): string {
  const [first, last] = [entries[0], entries.at(-1)];
  if (first === undefined || last === undefined) return 'nothing';
  return `${first.index}@${first.term}..${last.index}@${last.term}`;
}

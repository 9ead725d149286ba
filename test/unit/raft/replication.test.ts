// SPDX-License-Identifier: Apache-2.0
// Replication: Raft §5.3 and §5.4.2, and where others went wrong.

import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../base/bytes.ts';
import type { Entry } from '../../../sidechain/raft/entry.ts';
import type { Append } from '../../../sidechain/raft/message.ts';
import type { Group } from '../../scenario/group.ts';
import {
  electedGroup,
  newGroup,
  propose,
  settle,
  takeKind,
  takeMessages,
  tick,
} from './new-group.ts';

const plain = { preVote: false, checkQuorum: false };

function entry(term: number, index: number): Entry {
  return { term, index, kind: 'normal', data: utf8(`${term}/${index}`) };
}

function append(part: Partial<Append>): Append {
  const previous = { term: 1, index: 1 };
  const common = { from: 2, to: 1, term: 2, entries: [], commit: 1, session: 7 };
  return { kind: 'append', previous, ...common, ...part };
}

/** Term and index of what a member holds durable, after the bootstrap. */
function logOf(group: Group, id: number): readonly string[] {
  const { storage } = group.member(id);
  const entries = storage.entries(storage.firstIndex(), storage.lastIndex() + 1, 1e9) ?? [];
  return entries.map(({ term, index }) => `${term}/${index}`);
}

describe('a follower', () => {
  test('acknowledges only what is persisted with the acknowledgement', () => {
    const { node } = newGroup({ voters: 3, ...plain }).member(1);
    node.step(append({ entries: [entry(2, 2)] }));
    const ready = node.ready();
    expect(ready.entries).toHaveLength(1);
    expect(ready.hardState).toMatchObject({ term: 2 });
    expect(ready.messages).toMatchObject([{ kind: 'append-response', index: 2, session: 7 }]);
  });

  test('an old, short append does not cut the log (async-raft 9540c904)', () => {
    const group = newGroup({ voters: 3, ...plain });
    const all = [entry(2, 2), entry(2, 3), entry(2, 4)];
    group.member(1).node.step(append({ entries: all }));
    takeMessages(group, 1);
    group.member(1).node.step(append({ entries: all.slice(0, 1), commit: 2 }));
    takeMessages(group, 1);
    expect(logOf(group, 1)).toEqual(['2/2', '2/3', '2/4']);
    expect(group.member(1).node.status().commit).toBe(2);
  });

  test('what it has already is not written again', () => {
    const group = newGroup({ voters: 3, ...plain });
    group.member(1).node.step(append({ entries: [entry(2, 2)] }));
    takeMessages(group, 1);
    group.member(1).node.step(append({ entries: [entry(2, 2), entry(2, 3)] }));
    expect(group.member(1).node.ready().entries).toEqual([entry(2, 3)]);
  });

  test('a conflict cuts from there on, and the rest is written anew', () => {
    const group = newGroup({ voters: 3, ...plain });
    group.member(1).node.step(append({ entries: [entry(2, 2), entry(2, 3), entry(2, 4)] }));
    takeMessages(group, 1);
    const previous = { term: 2, index: 2 };
    group.member(1).node.step(append({ from: 3, term: 3, previous, entries: [entry(3, 3)] }));
    takeMessages(group, 1);
    expect(logOf(group, 1)).toEqual(['2/2', '3/3']);
  });

  test('it commits no further than the leader is known to agree', () => {
    const group = newGroup({ voters: 3, ...plain });
    group.member(1).node.step(append({ entries: [entry(2, 2), entry(2, 3)] }));
    takeMessages(group, 1);
    // The new leader's log may differ after index 2; its commit index speaks of its own.
    const previous = { term: 2, index: 2 };
    group.member(1).node.step(append({ from: 3, term: 3, previous, commit: 9 }));
    expect(group.member(1).node.status().commit).toBe(2);
  });

  test('a rejection skips all of its terms that the leader cannot have there', () => {
    const group = newGroup({ voters: 3, ...plain });
    const tail = [entry(2, 2), entry(4, 3), entry(4, 4), entry(5, 5)];
    group.member(1).node.step(append({ term: 5, entries: tail }));
    takeMessages(group, 1);
    group.member(1).node.step(append({ term: 6, previous: { term: 3, index: 5 } }));
    expect(takeKind(group, 1, 'append-response')).toMatchObject([
      { index: 5, rejection: { hint: { term: 2, index: 2 } } },
    ]);
  });

  test('an append below the commit index is answered with the commit index', () => {
    const group = electedGroup({ voters: 3, ...plain });
    group.member(2).node.step(append({ from: 1, to: 2, term: 1 }));
    expect(takeKind(group, 2, 'append-response')).toMatchObject([
      { index: 2, rejection: undefined },
    ]);
  });

  test('what is said to be committed beyond the log is refused, and the log stays', () => {
    const group = newGroup({ voters: 3, ...plain });
    group.member(1).node.step(append({ entries: [entry(2, 2), entry(2, 3)], commit: 3 }));
    takeMessages(group, 1);
    const previous = { term: 2, index: 3 };
    group.member(1).node.step(append({ term: 3, previous, entries: [entry(3, 4)] }));
    takeMessages(group, 1);
    expect(logOf(group, 1)).toEqual(['2/2', '2/3', '3/4']);
    const heartbeat = { kind: 'heartbeat', from: 2, to: 1, term: 3, readRound: 0 } as const;
    expect(group.member(1).node.step({ ...heartbeat, commit: 99 })).toMatchObject({
      ok: false,
      code: 'malformed',
    });
    expect(logOf(group, 1)).toEqual(['2/2', '2/3', '3/4']);
    expect(group.member(1).node.status().commit).toBe(3);
  });

  test('a leader of an older term is told the term', () => {
    const group = newGroup({ voters: 3 });
    group.member(1).node.step(append({ term: 5 }));
    takeMessages(group, 1);
    expect(group.member(1).node.step(append({ from: 3, term: 4 }))).toMatchObject({
      code: 'lower-term',
    });
    expect(takeKind(group, 1, 'append-response')).toMatchObject([{ to: 3, term: 5 }]);
  });

  test('a message without a term, or far ahead of ours, is refused and changes nothing', () => {
    const group = newGroup({ voters: 3 });
    const before = group.member(1).node.status();
    const leap = 2 ** 20 + 1;
    const refusals = [0, leap].map((term) => group.member(1).node.step(append({ term })));
    expect(refusals).toMatchObject([{ code: 'malformed' }, { code: 'term-leap' }]);
    expect(group.member(1).node.status()).toEqual(before);
    expect(group.member(1).node.step(append({ term: leap - 1 })).ok).toBe(true);
  });
});

describe('a leader', () => {
  test('commits nothing of an earlier term by counting (Raft §5.4.2, figure 8)', () => {
    const group = newGroup({ voters: 3, ...plain });
    // Member 1 holds an entry of term 2 that nobody else has, and is elected in term 3.
    group.member(1).node.step(append({ entries: [entry(2, 2)] }));
    takeMessages(group, 1);
    group.member(1).node.campaign();
    group.processReady(1);
    group.deliver(2);
    group.processReady(2);
    group.deliver(1);
    expect(group.member(1).node.status()).toMatchObject({ role: 'leader', term: 3 });
    const { session = 0 } = group.member(1).node.status().progress.get(2) ?? {};
    const common = { from: 2, to: 1, term: 3, session, rejection: undefined } as const;
    takeMessages(group, 1);
    group.member(1).node.step({ kind: 'append-response', ...common, index: 2 });
    expect(group.member(1).node.status().commit).toBe(1);
    group.member(1).node.step({ kind: 'append-response', ...common, index: 3 });
    expect(group.member(1).node.status().commit).toBe(3);
  });

  test('commits what a quorum acknowledged, never what was sent (openraft #1802)', () => {
    const group = electedGroup({ voters: 5 });
    propose(group, 1, 'a');
    takeMessages(group, 1);
    expect(group.member(1).node.status().commit).toBe(2);
    const { progress } = group.member(1).node.status();
    for (const [i, from] of [2, 3].entries()) {
      const { session = 0 } = progress.get(from) ?? {};
      const common = { to: 1, term: 1, index: 3, rejection: undefined } as const;
      group.member(1).node.step({ kind: 'append-response', from, session, ...common });
      expect(group.member(1).node.status().commit).toBe(i === 0 ? 2 : 3);
    }
  });

  test('does not count its own entry before it is durable (etcd-io/etcd #10508)', () => {
    const group = electedGroup({ voters: 3 });
    propose(group, 1, 'a');
    const { node } = group.member(1);
    const ready = node.ready();
    for (const message of ready.messages) group.member(message.to).node.step(message);
    for (const message of takeMessages(group, 2)) node.step(message);
    expect(node.status().commit).toBe(2);
    node.advance();
    expect(node.status().commit).toBe(3);
  });

  test('probes over whole terms until the logs agree, then streams', () => {
    const group = newGroup({ voters: 3, ...plain });
    const stale = Array.from({ length: 40 }, (_, i) => entry(5, 2 + i));
    group.member(3).node.step(append({ to: 3, from: 9, term: 5, entries: stale }));
    takeMessages(group, 3);
    group.member(1).node.campaign();
    group.stabilize([1, 2]);
    for (let i = 0; i < 30; i += 1) propose(group, 1, 'x');
    group.stabilize([1, 2]);
    group.member(1).restart();
    for (let term = 2; term <= 6; term += 1) group.member(1).node.campaign();
    group.messages = [];
    const said = group.stabilize([1, 2, 3]);
    expect(group.member(1).node.status()).toMatchObject({ role: 'leader', term: 6 });
    // One append is rejected, the next one fits: sent and received, that makes four.
    expect(said.filter((line) => /^ {2}1->3 MsgApp .*Entries/.test(line))).toHaveLength(4);
    expect(logOf(group, 3)).toEqual(logOf(group, 1));
  });

  test('sends no more than the window allows, in messages and bytes', () => {
    const inflightMessagesMax = 4;
    const group = electedGroup({ voters: 2, inflightMessagesMax });
    for (let i = 0; i < 10; i += 1) propose(group, 1, `${i}`);
    expect(takeKind(group, 1, 'append')).toHaveLength(inflightMessagesMax);
    expect(group.member(1).node.status().progress.get(2)).toMatchObject({ isInflightFull: true });

    const bytes = electedGroup({ voters: 2, appendBytesMax: 100, inflightBytesMax: 250 });
    for (let i = 0; i < 10; i += 1) propose(bytes, 1, 'x'.repeat(100));
    expect(takeKind(bytes, 1, 'append')).toHaveLength(3);
  });

  test('cuts appends to their limit, yet sends an entry of any size', () => {
    const group = electedGroup({ voters: 2, appendBytesMax: 100 });
    takeMessages(group, 1);
    group.member(1).node.reportUnreachable(2);
    group.member(1).node.propose([utf8('x'.repeat(500)), utf8('a'), utf8('b')]);
    const [first] = takeKind(group, 1, 'append');
    expect(first?.entries).toHaveLength(1);
    settle(group);
    group.member(2).node.step({ ...append({ from: 1, to: 2, term: 1 }), ...first });
    settle(group);
    tick(group, 1, 1);
    settle(group);
    expect(logOf(group, 2)).toEqual(logOf(group, 1));
  });

  test('fills the window again as soon as a probe is answered', () => {
    const group = electedGroup({ voters: 2, appendBytesMax: 1 });
    group.member(1).node.reportUnreachable(2);
    for (let i = 0; i < 5; i += 1) propose(group, 1, `${i}`);
    group.processReady(1);
    expect(group.messages).toHaveLength(1);
    group.deliver(2);
    group.processReady(2);
    group.deliver(1);
    const appends = takeKind(group, 1, 'append').filter(({ entries }) => entries.length > 0);
    expect(appends).toHaveLength(4);
  });

  test('refuses proposals beyond what may be uncommitted, but never the first', () => {
    const group = electedGroup({ voters: 3, uncommittedBytesMax: 100 });
    propose(group, 1, 'x'.repeat(150));
    const refused = group.member(1).node.propose([utf8('y')]);
    expect(refused).toMatchObject({ ok: false, code: 'uncommitted-full' });
    settle(group);
    propose(group, 1, 'y');
  });
});

describe('stale acknowledgements', () => {
  test('what a member acknowledged before it was removed counts for nothing later', () => {
    // drmingdrmer/raft-rejoin-bug, etcd-io/raft #349: the leader would believe in entries that are
    // gone.
    const group = electedGroup({ voters: 3 });
    propose(group, 1, 'a');
    takeMessages(group, 1);
    const old = group.member(1).node.status().progress.get(3)?.session ?? 0;
    for (const operation of ['remove', 'add-voter'] as const) {
      const changes = [{ operation, member: 3 }];
      const context = new Uint8Array();
      group.member(1).node.proposeChange({ transition: 'auto', changes, context });
      tick(group, 1, 1);
      group.stabilize([1, 2]);
    }
    group.messages = [];
    const before = group.member(1).node.status().progress.get(3);
    const late = { from: 3, to: 1, term: 1, index: 3, rejection: undefined } as const;
    group.member(1).node.step({ kind: 'append-response', session: old, ...late });
    expect(before).toMatchObject({ match: 0 });
    expect(group.member(1).node.status().progress.get(3)).toEqual(before);
    settle(group);
    tick(group, 1, 1);
    settle(group);
    expect(logOf(group, 3)).toEqual(logOf(group, 1));
  });

  test('duplicates and late rejections do not throw progress back', () => {
    const group = electedGroup({ voters: 3 });
    propose(group, 1, 'a');
    settle(group);
    const before = group.member(1).node.status().progress.get(2);
    const { session = 0 } = before ?? {};
    const rejection = { hint: { term: 1, index: 1 } };
    const late = { kind: 'append-response', from: 2, to: 1, term: 1, session } as const;
    group.member(1).node.step({ ...late, index: 2, rejection });
    group.member(1).node.step({ ...late, index: 2, rejection: undefined });
    expect(group.member(1).node.status().progress.get(2)).toEqual(before);
  });
});

describe('proposals', () => {
  test('a follower passes them on to the leader', () => {
    const group = electedGroup({ voters: 3 });
    const result = group.member(2).node.propose([utf8('a'), utf8('b')]);
    expect(result).toEqual({ ok: true, value: { kind: 'forwarded', to: 1 } });
    settle(group);
    expect(logOf(group, 3)).toEqual(['1/2', '1/3', '1/4']);
  });

  test('what is passed on to one who does not lead is refused, not passed on again', () => {
    const group = electedGroup({ voters: 3 });
    const envelope = { from: 3, to: 2, term: 0 } as const;
    const proposals = [{ kind: 'normal', data: utf8('a') }] as const;
    const context = utf8('r');
    for (const message of [
      { ...envelope, kind: 'propose', proposals } as const,
      { ...envelope, kind: 'read-index', context } as const,
    ]) {
      expect(group.member(2).node.step(message)).toMatchObject({ ok: false, code: 'no-leader' });
    }
    expect(group.member(2).node.hasReady()).toBe(false);
  });

  test('where forwarding is off it names the leader', () => {
    const group = electedGroup({ voters: 3, forwardProposals: false });
    expect(group.member(2).node.propose([utf8('a')])).toMatchObject({
      code: 'not-forwarded',
      detail: 'propose to the leader, member 1',
    });
  });

  test('the leader refuses what it is passed like what it is given', () => {
    const group = electedGroup({ voters: 3, uncommittedBytesMax: 1 });
    propose(group, 1, 'aa');
    const proposals = [{ kind: 'normal', data: utf8('b') }] as const;
    const passed = { kind: 'propose', from: 2, to: 1, term: 0, proposals } as const;
    expect(group.member(1).node.step(passed)).toMatchObject({ code: 'uncommitted-full' });
    const garbage = [{ kind: 'config', data: utf8('?') }] as const;
    expect(group.member(1).node.step({ ...passed, proposals: garbage })).toMatchObject({
      code: 'malformed-change',
    });
  });
});

// SPDX-License-Identifier: Apache-2.0
// The decoders of what members tell each other and the centre beside blocks, and of what is carried away
// and brought back: states and segments.

import { zstdCompressSync } from 'node:zlib';
import { concat, u32 } from '../../base/bytes.ts';
import { formatCheckpoint, signCheckpoint } from '../../base/checkpoint.ts';
import { TielineError } from '../../base/errors.ts';
import { nodeSuite as suite } from '../../base/node-suite.ts';
import { formatNote } from '../../base/note.ts';
import { decodeSilence, encodeSilence } from '../../contracts/silence.ts';
import { openEnrolment, signEnrolment } from '../../sidechain/chain/enrolment.ts';
import {
  openMembershipMessage,
  signMembershipMessage,
} from '../../sidechain/chain/membership-message.ts';
import { chainOrigin } from '../../sidechain/chain/names.ts';
import { decodeRefused, encodeRefused } from '../../sidechain/chain/own-outputs.ts';
import { openReport, signReport } from '../../sidechain/chain/report.ts';
import { encodeSnapshot, openSnapshot } from '../../sidechain/chain/snapshot.ts';
import {
  type MemberMessage,
  memberChannel,
  ofChannel,
  toChannel,
} from '../../sidechain/member-message.ts';
import { type SegmentBytes, SegmentWriter, walkSegment } from '../../sidechain/store/segment.ts';
import {
  chainId,
  dispatcher,
  gateway,
  mainGenesis,
  mainGenesisBytes,
  startMs,
} from '../unit/chain/fixture.ts';
import type { Decoder } from './decoder.ts';

const hash = new Uint8Array(32).fill(7);
const origin = chainOrigin(chainId);
const checkpoint = formatCheckpoint({ origin, size: 7, root: hash });
const note = formatNote(checkpoint, [signCheckpoint(suite, origin, checkpoint, gateway)]);
const member = gateway.keyId;
const reports = [
  signReport(
    { kind: 'evidence', timeMs: startMs, member, one: note, other: note },
    chainId,
    gateway,
  ),
  signReport(
    {
      ...{ kind: 'withheld', timeMs: startMs, leader: member, term: 4, entryId: hash },
      ...{ waitedMs: 31_000, height: 12 },
    } as const,
    chainId,
    gateway,
  ),
];
const change = { entry: hash, entryIndex: 0, entryPath: [hash], header: hash, headerPath: [hash] };
const mainLogId = suite.sha256(mainGenesisBytes);
const snapshot = encodeSnapshot({
  ...{ header: hash, groupHashes: [hash], headerPath: [hash], checkpoint: note },
  ...{ consistency: [hash], outputIndex: 0, outputSalt: hash.slice(0, 16), outputPath: [] },
  ...{ changes: [change], pairs: [['a', hash] as const, ['b', new Uint8Array()] as const] },
});
const messages: readonly MemberMessage[] = [
  { kind: 'recall' },
  { kind: 'introduce' },
  { kind: 'body-wanted', index: 3 },
  { kind: 'body', index: 3, entry: { term: 1, kind: 'normal', data: hash } },
  { kind: 'standing', height: 3, headerHash: hash, clock: 'synchronised', isAnswer: false },
  { kind: 'reached', ids: [2, 3] },
  { kind: 'snapshot-piece', height: 255, offset: 0, bytes: hash },
];

function segmentOf(): Uint8Array {
  const writer = new SegmentWriter();
  const head = { kind: 'head', version: 1, chainId, from: 0, to: 0, lastIndex: 1 } as const;
  const pieces = [
    writer.add({ ...head, before: { index: 0, term: 0 } }),
    writer.add({ kind: 'entry', index: 1, term: 1, type: 'normal', data: hash }),
    writer.add({ kind: 'block', height: 0, logIndex: 1, header: hash }),
    writer.add({ kind: 'output', height: 0, position: 0, salt: hash.slice(0, 16), bytes: hash }),
  ];
  return concat(...pieces, writer.end());
}

/** What is damaged is an operating error that says so. */
async function walk(bytes: Uint8Array): Promise<number> {
  const source: SegmentBytes = {
    name: 'a segment',
    length: bytes.length,
    read: async (offset, length) => bytes.slice(offset, offset + length),
  };
  let count = 0;
  try {
    for await (const _ of walkSegment(source)) count += 1;
  } catch (error) {
    if (!(error instanceof TielineError) || error.code !== 'segment-damaged') throw error;
  }
  return count;
}

/** Behind the compression. */
function walkFrame(items: Uint8Array): Promise<number> {
  const frame = zstdCompressSync(items);
  return walk(concat(Uint8Array.of(0x54, 0x4c, 0x41, 0x31), u32(frame.length), frame, u32(0)));
}

export const statementDecoders: readonly Decoder[] = [
  { name: 'report', samples: reports, read: openReport },
  {
    name: 'membership-message',
    samples: [signMembershipMessage({ changes: [change], note }, chainId, gateway)],
    read: openMembershipMessage,
  },
  {
    name: 'enrolment',
    samples: [signEnrolment({ chainId, name: 'a', timeMs: startMs }, mainLogId, dispatcher)],
    read: (bytes) =>
      openEnrolment(suite, bytes, { registry: mainGenesis.genesis, id: mainGenesis.mainLog.id }),
  },
  {
    name: 'silence',
    samples: [encodeSilence({ kind: 'silent', gateway: member, sinceMs: 1, timeMs: 2 } as never)],
    read: decodeSilence,
  },
  {
    name: 'refused-output',
    samples: [encodeRefused({ id: hash, reason: 'packs', position: 1 })],
    read: decodeRefused,
  },
  {
    name: 'member-message',
    samples: messages.map((message) => toChannel(message).body),
    read: (body) => ofChannel({ kind: 'channel', channel: memberChannel, lane: 'control', body }),
  },
  { name: 'snapshot', samples: [snapshot], read: openSnapshot },
  { name: 'segment', samples: [segmentOf()], read: walk },
  { name: 'segment-frame', samples: [concat(u32(32), hash)], read: walkFrame },
];

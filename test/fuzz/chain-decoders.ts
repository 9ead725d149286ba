// SPDX-License-Identifier: Apache-2.0
// The decoders of the chain, of messages between members, and of files.

import fc from 'fast-check';
import { gatewayConfigSchema } from '../../agent/config.ts';
import { parseMemberFile } from '../../agent/member-file.ts';
import { verifyUsage } from '../../agent/usage-verdict.ts';
import { toHex, utf8 } from '../../base/bytes.ts';
import { formatCheckpoint } from '../../base/checkpoint.ts';
import { TielineError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import { nodeSuite as suite } from '../../base/node-suite.ts';
import {
  formatAddCheckpoint,
  parseAddCheckpoint,
  parseLines,
} from '../../dispatch/witness/add-checkpoint.ts';
import { parseLearned } from '../../drivers/bus/line-memory.ts';
import { parseConfig } from '../../host/config.ts';
import { openAnchor } from '../../sidechain/chain/anchor.ts';
import { openAnswer, signAnswer } from '../../sidechain/chain/answer.ts';
import { decodeBatch } from '../../sidechain/chain/batch.ts';
import { decodeBlock, encodeBlock } from '../../sidechain/chain/block.ts';
import { decodeBundle } from '../../sidechain/chain/bundle.ts';
import { decodeBundleSet, encodeBundleSet } from '../../sidechain/chain/bundle-set.ts';
import { openEntry } from '../../sidechain/chain/entry.ts';
import { decodeGap } from '../../sidechain/chain/gap.ts';
import { openGenesis } from '../../sidechain/chain/genesis.ts';
import { decodeAct, encodeAct, openGovernance } from '../../sidechain/chain/governance.ts';
import { decodeHeader } from '../../sidechain/chain/header.ts';
import { firstPeriod } from '../../sidechain/chain/key-periods.ts';
import { openMainGenesis } from '../../sidechain/chain/main-genesis.ts';
import { formatMainLogFile, parseMainLogFile } from '../../sidechain/chain/main-log-file.ts';
import { openRecord } from '../../sidechain/chain/main-record.ts';
import { decodeManualEntry, encodeManualEntry } from '../../sidechain/chain/manual-entry.ts';
import { decodeMembership } from '../../sidechain/chain/membership.ts';
import {
  decodeReceiptMessage,
  encodeReceiptMessage,
} from '../../sidechain/chain/receipt-message.ts';
import {
  decodeSummaryMessage,
  encodeSummaryMessage,
} from '../../sidechain/chain/summary-message.ts';
import { formatTrustedKeys, parseTrustedKeys } from '../../sidechain/chain/trusted-keys.ts';
import { verifyBundle } from '../../sidechain/chain/verify-bundle.ts';
import { decodeChange } from '../../sidechain/raft/configuration/change.ts';
import { FrameReader } from '../../sidechain/transport/frame.ts';
import {
  decodeHello,
  decodeMessage,
  encodeMessage,
} from '../../sidechain/transport/message-codec.ts';
import { decodePlain } from '../../sidechain/transport/plain-cbor.ts';
import { readingBundle, summaryBundle } from '../unit/chain/bundle-maker.ts';
import {
  chainId,
  gateway,
  genesisBytes,
  mainGenesis,
  mainGenesisBytes,
  mainLogSigner,
  packAt,
  startMs,
} from '../unit/chain/fixture.ts';
import { Group } from '../unit/chain/group.ts';
import {
  personByRole,
  proposalOf,
  recordOf,
  south,
  voteFor,
} from '../unit/dispatch/consortium-log.ts';
import { wireMessage } from '../unit/transport/messages.ts';
import { lenientText } from './base-decoders.ts';
import type { Decoder } from './decoder.ts';

const group = new Group();
const entries = [group.batch(1, [packAt(startMs, 1)]), group.gap(1)];
const payloadsOf = (given: readonly { readonly entry: Uint8Array }[]) =>
  given.flatMap(({ entry }) => {
    const opened = openEntry(suite, entry);
    return opened.ok ? [opened.value.payload] : [];
  });
const payloads = payloadsOf(entries);
const changes = payloadsOf([group.revocation(1)]);
const manual = encodeManualEntry({
  ...{ sequence: 1, kind: 'inspection', subject: 'meter', timeMs: startMs },
  ...{ values: [['1-0:1.8.0*255', 123_456, -1, 'kWh']], text: 'seal intact', reason: null },
});
const { headerBytes } = group.apply([group.schema()]);
const anchor = group.anchor();
const index = group.mainLog.append(anchor);
const message = group.mainLog.message({ anchor, index });
const { mainLog } = mainGenesis;
const summaryMessage = encodeSummaryMessage({
  ...{ chainId: group.chainId, header: headerBytes, size: 2, headerPath: [new Uint8Array(32)] },
  outputs: [{ index: 0, salt: new Uint8Array(16), bytes: headerBytes }],
  hashes: [],
});
const frames = fc.sample(wireMessage, { seed: 1, numRuns: 64 }).map(encodeMessage);
const bundles = [readingBundle(), summaryBundle()];
const answer = signAnswer({ kind: 'stored', height: 1, indexes: [1] }, chainId, mainLogSigner);
const proposal = proposalOf([{ kind: 'remove-organisation', name: 'east' }]);
const governance = [proposal, voteFor(proposal, south)];
const witnessed = `${formatCheckpoint({ origin: 'a/b', size: 2, root: new Uint8Array(32) })}
— a/b ${'A'.repeat(92)}\n`;
const command = recordOf('command', personByRole.dispatch);
const config = `name: a\nmqtt: {url: 'mqtt://h:1'}\nlines: [{name: b, serial: /dev/x, protocol: p1}]
meters:\n  - {name: m, meter: dsmr-p1, line: b, periods: [{registers: [counter], periodMs: 900}]}`;

/** Every frame of a stream, as a hello and as a message of each lane. */
function readFrames(bytes: Uint8Array): unknown {
  const reader = new FrameReader(limits.transportControlFrameBytesMax);
  reader.push(bytes);
  for (;;) {
    const frame = reader.next();
    if (!frame.ok || frame.value === undefined) return frame;
    decodeHello(frame.value);
    for (const lane of ['control', 'log', 'bulk'] as const) {
      decodeMessage(frame.value, { from: 1, lane });
    }
  }
}

/** A configuration that is none is an operating error, with every place. */
function readConfig(bytes: Uint8Array): unknown {
  try {
    const text = lenientText(bytes);
    return parseConfig({ text, file: 'gateway.yaml', schema: gatewayConfigSchema });
  } catch (error) {
    if (error instanceof TielineError && error.code === 'config') return undefined;
    throw error;
  }
}

export const chainDecoders: readonly Decoder[] = [
  { name: 'entry', samples: entries.map(({ entry }) => entry), read: (b) => openEntry(suite, b) },
  { name: 'batch', samples: payloads.slice(0, 1), read: decodeBatch },
  { name: 'gap', samples: payloads.slice(1), read: decodeGap },
  { name: 'membership', samples: changes, read: decodeMembership },
  { name: 'manual-entry', samples: [manual], read: decodeManualEntry },
  { name: 'block', samples: [encodeBlock(group.body(entries))], read: decodeBlock },
  { name: 'header', samples: [headerBytes], read: decodeHeader },
  { name: 'genesis', samples: [genesisBytes], read: (bytes) => openGenesis(suite, bytes) },
  {
    name: 'main-genesis',
    samples: [mainGenesisBytes],
    read: (bytes) => openMainGenesis(suite, bytes),
  },
  { name: 'governance', samples: governance, read: (bytes) => openGovernance(suite, bytes) },
  {
    name: 'act',
    samples: [encodeAct({ proposal, votes: governance.slice(1) })],
    read: decodeAct,
  },
  {
    name: 'add-checkpoint',
    samples: [
      utf8(formatAddCheckpoint({ from: 2, consistency: [new Uint8Array(32)], note: witnessed })),
    ],
    read: parseAddCheckpoint,
  },
  { name: 'witness-lines', samples: [utf8(witnessed)], read: parseLines },
  { name: 'record', samples: [command], read: openRecord },
  { name: 'anchor', samples: [anchor], read: openAnchor },
  { name: 'answer', samples: [answer], read: (b) => openAnswer(suite, b, { chainId, mainLog }) },
  { name: 'receipt-message', samples: [encodeReceiptMessage(message)], read: decodeReceiptMessage },
  { name: 'summary-message', samples: [summaryMessage], read: decodeSummaryMessage },
  { name: 'bundle', samples: bundles, read: decodeBundle },
  { name: 'bundle-proof', samples: bundles, read: (bytes) => verifyBundle(suite, bytes, []) },
  {
    name: 'bundle-set',
    samples: [
      encodeBundleSet({
        cover: { chainId, device: 'd', obis: '1-0:1.8.0*255', fromMs: 0, toMs: startMs },
        bundles,
      }),
    ],
    read: (bytes) => {
      decodeBundleSet(bytes);
      verifyUsage(suite, bytes, []);
    },
  },
  { name: 'raft-change', samples: [new Uint8Array()], read: decodeChange },
  { name: 'transport-frames', samples: frames, read: readFrames },
  { name: 'transport-cbor', samples: frames.map((frame) => frame.slice(5)), read: decodePlain },
  {
    name: 'trusted-keys',
    samples: [
      utf8(
        formatTrustedKeys(suite, { periods: firstPeriod(mainLog), chainId, members: [gateway] }),
      ),
    ],
    read: (bytes) => parseTrustedKeys(suite, lenientText(bytes)),
  },
  {
    name: 'main-log-file',
    samples: [utf8(formatMainLogFile(mainLog))],
    read: (bytes) => parseMainLogFile(lenientText(bytes)),
  },
  {
    name: 'member-file',
    samples: [utf8(`{"name":"a","publicKey":"${toHex(gateway.publicKey)}","address":"h:1"}`)],
    read: (bytes) => parseMemberFile(lenientText(bytes)),
  },
  {
    name: 'learned-file',
    samples: [
      utf8(
        '{"version":1,"lines":{"bus":{"unit 1":{"latency":[[1,2]],"cuts":{"m":[1]},"wireUse":{"0":{"reading":[[8,9]],"perMinute":[]}}}}}}',
      ),
    ],
    read: (bytes) => parseLearned(lenientText(bytes)),
  },
  { name: 'configuration', samples: [utf8(config)], read: readConfig },
];

// SPDX-License-Identifier: Apache-2.0
// The decoders of those who copy or check a centre, and believe it nothing; and of what they pin.

import { fromUtf8, toBase64, toHex, utf8 } from '../../base/bytes.ts';
import { signCheckpoint } from '../../base/checkpoint.ts';
import { TielineError } from '../../base/errors.ts';
import { nodeSuite as suite } from '../../base/node-suite.ts';
import { formatNote } from '../../base/note.ts';
import { CentreClient } from '../../dispatch/mirror/centre-client.ts';
import { judgeAnchorCopy, judgeChain, judgeCheckpoint } from '../../dispatch/mirror/judge.ts';
import { judgeAct } from '../../dispatch/mirror/judge-act.ts';
import { judgeReport } from '../../dispatch/mirror/report-copy.ts';
import {
  engineGenesisText,
  readEngineGenesis,
} from '../../dispatch/ordering/consortium/engine-genesis.ts';
import { checkRecordReceipt } from '../../dispatch/put-record.ts';
import { formatSize, parseSize } from '../../dispatch/witness/add-checkpoint.ts';
import { signEnrolment } from '../../sidechain/chain/enrolment.ts';
import { encodeAct, signProposal } from '../../sidechain/chain/governance.ts';
import { firstPeriod } from '../../sidechain/chain/key-periods.ts';
import { foundingRegistry } from '../../sidechain/chain/main-genesis.ts';
import {
  checkStatementReceipts,
  encodeReceiptMessage,
  mainLeafHash,
} from '../../sidechain/chain/receipt-message.ts';
import { signReport } from '../../sidechain/chain/report.ts';
import { dispatcher, mainGenesis, mainLogSigner, startMs } from '../unit/chain/fixture.ts';
import { Group } from '../unit/chain/group.ts';
import { lenientText } from './base-decoders.ts';
import type { Decoder } from './decoder.ts';

const group = new Group();
group.apply([group.schema()]);
const anchor = group.anchor();
const index = group.mainLog.append(anchor);
const message = group.mainLog.message({ anchor, index });
const receiptLog = group.mainLog.mainLog;
// Enrolled with the main log whose genesis is known.
const { mainLog } = mainGenesis;
const { origin } = mainLog;
const enrolled = new Group({ altered: { mainLog } });
enrolled.apply([enrolled.schema()]);
const enrolledAnchor = enrolled.anchor();
const { chainId, genesisBytes: genesis } = enrolled;
const enrolment = signEnrolment({ chainId, name: 'a', timeMs: startMs }, mainLog.id, dispatcher);
const shown = { genesis, enrolment, membership: undefined };
const registry = foundingRegistry(mainGenesis.genesis);
const provenLog = { periods: firstPeriod(mainLog), registries: [registry] };
const chain = judgeChain(suite, shown, provenLog);
const proposal = signProposal(
  {
    version: 1,
    changes: [{ kind: 'remove-organisation', name: 'a' }],
    timeMs: startMs,
    reason: '',
  },
  mainLog.id,
  mainLogSigner,
);
const entry = { leader: new Uint8Array(8), term: 1, entryId: new Uint8Array(32), waitedMs: 1 };
const withheld = { kind: 'withheld', ...entry, height: 1, timeMs: startMs } as const;
const report = signReport(withheld, chainId, mainLogSigner);
const body = `${origin}\n7\n${toBase64(new Uint8Array(32))}\n`;
const note = formatNote(body, [signCheckpoint(suite, origin, body, mainLogSigner)]);
const consensusKey = mainLogSigner.publicKey;
const engine = engineGenesisText(suite, mainLog, [{ name: 'a', consensusKey }], startMs);

const base64 = toBase64(anchor);
const answers = [
  { genesis: base64, leaves: toBase64(new Uint8Array(64)), next: null },
  { anchors: [{ logIndex: 3, anchor: base64 }], next: 4 },
  {
    messages: [{ sequence: 1, message: base64 }],
    next: null,
    history: { position: 1, keptFrom: '2026-01-01T00:00:00Z' },
  },
  {
    enrolments: [{ chain: toHex(chainId), genesis: base64, enrolment: base64, membership: null }],
    next: null,
  },
  { acts: [{ logIndex: 3, act: base64 }], next: 4 },
  { distrusted: ['00'.repeat(8)], reports: [{ signed: base64 }] },
  { summaries: [{ device: 'a', values: [1] }], next: 'cursor' },
].map((answer) => utf8(JSON.stringify(answer)));

/** An operating error says what is wrong; whatever else is thrown is ours. */
async function refusing(read: () => unknown, ...codes: readonly string[]): Promise<unknown> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof TielineError && codes.includes(error.code)) return undefined;
    throw error;
  }
}

/** The same answer to whatever a mirror asks; the first byte is the status. */
async function askCentre(bytes: Uint8Array): Promise<void> {
  const ask = async () => ({
    status: (bytes[0] ?? 0) > 0xf0 ? 503 : 200,
    retryAfter: fromUtf8(bytes.slice(0, 3)),
    body: bytes,
  });
  const client = new CentreClient(ask, async () => {});
  const span = { fromMs: 0, toMs: 1 };
  const asked = [
    () => client.checkpoint(),
    () => client.genesis(),
    () => client.leaves(0, 8),
    () => client.anchors(0),
    () => client.acts(1),
    () => client.registry(),
    () => client.reports(toHex(chainId)),
    () => client.record(1),
    () => client.messages(0),
    () => client.enrolments(new Uint8Array(32)),
    () => client.summaries(toHex(chainId), span, undefined),
  ];
  for (const one of asked) await refusing(one, 'api-answer', 'api-status');
}

/** As whoever shows it, and as if it were what the log has. */
function judgeAnchor(bytes: Uint8Array): unknown {
  if (!chain.ok) throw new Error(`the chain of the sample is sound: ${chain.detail}`);
  const leafHash = mainLeafHash(suite, bytes);
  const known = { chain: chain.value, previous: undefined, leafHash, distrusted: [] };
  return judgeAnchorCopy(suite, bytes, known);
}

function judgeReportOf(bytes: Uint8Array): unknown {
  if (!chain.ok) throw new Error(`the chain of the sample is sound: ${chain.detail}`);
  return judgeReport(suite, bytes, chain.value);
}

export const mirrorDecoders: readonly Decoder[] = [
  { name: 'centre-answer', samples: answers, read: askCentre },
  {
    name: 'mirror-checkpoint',
    samples: [utf8(note)],
    read: (bytes) => judgeCheckpoint(suite, lenientText(bytes), firstPeriod(mainLog)),
  },
  {
    name: 'mirror-chain',
    samples: [genesis],
    read: (bytes) => judgeChain(suite, { ...shown, genesis: bytes }, provenLog),
  },
  {
    name: 'mirror-act',
    samples: [encodeAct({ proposal, votes: [] }), encodeAct({ proposal, votes: [proposal] })],
    read: (bytes) => judgeAct(suite, bytes, { registry, version: 0 }, mainLog.id),
  },
  { name: 'mirror-report', samples: [report], read: judgeReportOf },
  { name: 'mirror-anchor', samples: [enrolledAnchor], read: judgeAnchor },
  {
    name: 'statement-receipt',
    samples: message.receipts,
    read: (bytes) =>
      checkStatementReceipts(suite, anchor, { receipts: [bytes], mainLog: receiptLog }),
  },
  {
    name: 'record-receipt',
    samples: [encodeReceiptMessage(message)],
    read: (bytes) => refusing(() => checkRecordReceipt(bytes, firstPeriod(receiptLog)), 'receipt'),
  },
  { name: 'witness-size', samples: [formatSize(7)], read: parseSize },
  {
    name: 'engine-genesis',
    samples: [utf8(engine)],
    read: (bytes) =>
      refusing(() => readEngineGenesis(suite, lenientText(bytes), mainLog), 'engine-genesis'),
  },
];

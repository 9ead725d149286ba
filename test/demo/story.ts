// SPDX-License-Identifier: Apache-2.0
// What the demonstration shows: the path of a reading, hop by hop, as the running programs tell it
// themselves; and the proof of one at its end.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GatewayStatus } from '../../agent/status.ts';
import type { Children } from './children.ts';
import type { Gateway } from './gateways.ts';
import type { Network, Tell } from './network.ts';
import { type Waiting, waitFor } from './waiting.ts';

export type Outcome = {
  readonly readings: number;
  readonly blocks: number;
  readonly summaries: number;
  readonly anchors: number;
  readonly receipts: number;
  readonly proof: string;
  readonly verified: boolean;
  readonly gateways: number;
};

/** The gateways at one moment, as one. */
export type Together = Omit<Outcome, 'proof' | 'verified'> & {
  /** Those that have read their meters. */
  readonly reading: number;
  readonly receiptSize: number;
};

type Milestone = {
  readonly hop: string;
  readonly reached: (all: Together) => boolean;
  readonly text: (all: Together) => string;
};

export const toReceipt: readonly Milestone[] = [
  {
    hop: 'measure',
    reached: ({ reading, gateways }) => reading === gateways,
    text: ({ reading }) => `${reading} meters answer, each value with OBIS name and quality`,
  },
  {
    hop: 'sign',
    reached: ({ blocks }) => blocks >= 3,
    text: () => 'readings of each second in one batch, signed by their gateway (Ed25519)',
  },
  {
    hop: 'order',
    reached: ({ blocks }) => blocks >= 5,
    text: ({ blocks, gateways }) =>
      `batches in hash-linked blocks, durable on ${gateways} gateways: ${blocks} blocks`,
  },
  {
    hop: 'anchor',
    reached: ({ anchors }) => anchors > 0,
    text: () => 'the leader sends a co-signed checkpoint of the sidechain up over MQTT',
  },
  {
    hop: 'receipt',
    reached: ({ receiptSize }) => receiptSize > 4,
    text: ({ receiptSize }) =>
      `the main chain has taken ${receiptSize} blocks; its receipt stands on the sidechain`,
  },
];

export const toSummary: readonly Milestone[] = [
  {
    hop: 'summary',
    reached: ({ summaries }) => summaries > 0,
    text: ({ summaries }) =>
      `windows of 10 s (15 min in real life): ${summaries} summaries at the centre`,
  },
];

/** @param before what gateways that were killed had counted until then. */
export async function togetherNow(
  gateways: readonly Gateway[],
  before: readonly GatewayStatus[] = [],
): Promise<Together> {
  const now = (await Promise.all(gateways.map((gateway) => gateway.status()))).flatMap(
    (status) => status ?? [],
  );
  const sum = (count: (status: GatewayStatus) => number): number =>
    [...now, ...before].reduce((total, status) => total + count(status), 0);
  const most = (count: (status: GatewayStatus) => number): number => Math.max(0, ...now.map(count));
  return {
    reading: now.filter((status) => readCount(status) > 0).length,
    readings: sum(readCount),
    blocks: most(({ ledger }) => ledger.height + 1),
    receiptSize: most(({ ledger }) => ledger.receiptSize),
    summaries: most(({ uplink }) => uplink.summariesStored),
    anchors: sum(({ uplink }) => uplink.anchor.sentCount),
    receipts: sum(({ uplink }) => uplink.anchor.receiptCount),
    gateways: gateways.length,
  };
}

function readCount({ meters }: GatewayStatus): number {
  return meters.reduce((total, meter) => total + meter.readCount, 0);
}

/** Tells each hop when it is reached. @throws when one is not reached in time. */
export async function tellMilestones(
  gateways: readonly Gateway[],
  milestones: readonly Milestone[],
  { tell, waiting }: { readonly tell: Tell; readonly waiting: Waiting },
): Promise<void> {
  for (const { hop, reached, text } of milestones) {
    const all = await waitFor(`the hop \`${hop}\``, waiting, async () => {
      const now = await togetherNow(gateways);
      return reached(now) ? now : undefined;
    });
    tell(hop, text(all));
  }
}

/** Writes the proof of the newest anchored reading and of a summary, and verifies both offline. */
export async function prove(
  children: Children,
  network: Network,
  given: { readonly dir: string; readonly tell: Tell; readonly from: Gateway },
): Promise<Pick<Outcome, 'proof' | 'verified'>> {
  const { dir, tell, from } = given;
  const proof = join(dir, 'reading.proof');
  const made = await children.command('proof', '--data', from.data, '--out', proof);
  tell('proof', made.out.trim());
  const reading = await children.command('verify', proof, '--keys', `${proof}.keys`);
  for (const line of reading.out.trimEnd().split('\n')) tell('verify', line);

  const summary = join(dir, 'summary.proof');
  const url = await summaryProofUrl(network);
  await writeFile(summary, new Uint8Array(await (await fetch(url)).arrayBuffer()));
  const summarised = await children.command('verify', summary, '--keys', `${proof}.keys`);
  tell('verify', `${url}`);
  for (const line of summarised.out.trimEnd().split('\n')) tell('verify', line);
  return { proof, verified: made.code === 0 && reading.code === 0 && summarised.code === 0 };
}

async function summaryProofUrl({ dispatchApi, chainId }: Network): Promise<string> {
  const response = await fetch(`${dispatchApi}/api/v1/chains/${chainId}/summaries?limit=1`);
  const { summaries } = (await response.json()) as { summaries: readonly { proof: string }[] };
  const [first] = summaries;
  if (first === undefined) throw new Error('the centre shows no summary');
  return dispatchApi + first.proof;
}

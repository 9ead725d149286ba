// SPDX-License-Identifier: Apache-2.0
// What the demonstration shows: the path of a reading, hop by hop, as the running programs tell it
// themselves.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GatewayStatus } from '../../agent/status.ts';
import type { Children } from './children.ts';
import type { Network, Tell } from './network.ts';

export type Outcome = {
  readonly readings: number;
  readonly blocks: number;
  readonly summaries: number;
  readonly anchors: number;
  readonly receipts: number;
  readonly proof: string;
  readonly verified: boolean;
};

type Milestone = {
  readonly hop: string;
  readonly reached: (status: GatewayStatus) => boolean;
  readonly text: (status: GatewayStatus) => string;
};

const readCount = ({ meters }: GatewayStatus): number =>
  meters.reduce((sum, meter) => sum + meter.readCount, 0);

const milestones: readonly Milestone[] = [
  {
    hop: 'measure',
    reached: ({ meters }) => meters.length > 0 && meters.every((meter) => meter.readCount > 0),
    text: ({ meters }) => `${meters.length} meters answer, each value with OBIS name and quality`,
  },
  {
    hop: 'sign',
    reached: ({ ledger }) => ledger.height >= 2,
    text: ({ gateway }) => `readings of each second in one batch, signed by ${gateway} (Ed25519)`,
  },
  {
    hop: 'order',
    reached: ({ ledger }) => ledger.height >= 4,
    text: ({ ledger }) =>
      `batches in hash-linked blocks, durable in SQLite: height ${ledger.height}`,
  },
  {
    hop: 'anchor',
    reached: ({ uplink }) => uplink.anchor.sentCount > 1,
    text: () => 'a co-signed checkpoint of the sidechain goes up over MQTT',
  },
  {
    hop: 'receipt',
    reached: ({ ledger }) => ledger.receiptSize > 4,
    text: ({ ledger }) =>
      `the main chain has taken ${ledger.receiptSize} blocks; its receipt stands on the sidechain`,
  },
  {
    hop: 'summary',
    reached: ({ uplink }) => uplink.summariesStored > 0,
    text: ({ uplink }) =>
      `windows of 10 s (15 min in real life): ${uplink.summariesStored} summaries at the centre`,
  },
];

export async function gatewayStatus(network: Network): Promise<GatewayStatus> {
  const response = await fetch(`${network.gatewayApi}/api/v1/status`);
  return (await response.json()) as GatewayStatus;
}

/** Tells each hop when it is reached. @throws when one is not reached in time. */
export async function tellMilestones(
  network: Network,
  tell: Tell,
  options: { readonly timeoutMs: number; readonly ending: AbortSignal },
): Promise<void> {
  const deadline = Date.now() + options.timeoutMs;
  for (const { hop, reached, text } of milestones) {
    for (;;) {
      if (options.ending.aborted) return;
      const status = await gatewayStatus(network);
      if (reached(status)) {
        tell(hop, text(status));
        break;
      }
      if (Date.now() > deadline) {
        throw new Error(`the hop \`${hop}\` was not reached: ${JSON.stringify(status)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
}

/** Writes the proof of the newest anchored reading and of a summary, and verifies both offline. */
export async function prove(
  children: Children,
  network: Network,
  given: { readonly dir: string; readonly tell: Tell },
): Promise<Outcome> {
  const { dir, tell } = given;
  const proof = join(dir, 'reading.proof');
  const made = await children.command('proof', '--data', network.gatewayData, '--out', proof);
  tell('proof', made.out.trim());
  const reading = await children.command('verify', proof, '--keys', `${proof}.keys`);
  for (const line of reading.out.trimEnd().split('\n')) tell('verify', line);

  const summary = join(dir, 'summary.proof');
  const url = await summaryProofUrl(network);
  await writeFile(summary, new Uint8Array(await (await fetch(url)).arrayBuffer()));
  const summarised = await children.command('verify', summary, '--keys', `${proof}.keys`);
  tell('verify', `${url}`);
  for (const line of summarised.out.trimEnd().split('\n')) tell('verify', line);

  const { ledger, uplink, ...rest } = await gatewayStatus(network);
  return {
    readings: readCount({ ledger, uplink, ...rest }),
    blocks: ledger.height + 1,
    summaries: uplink.summariesStored,
    anchors: uplink.anchor.sentCount,
    receipts: uplink.anchor.receiptCount,
    proof,
    verified: made.code === 0 && reading.code === 0 && summarised.code === 0,
  };
}

async function summaryProofUrl({ dispatchApi, chainId }: Network): Promise<string> {
  const response = await fetch(`${dispatchApi}/api/v1/chains/${chainId}/summaries?limit=1`);
  const { summaries } = (await response.json()) as { summaries: readonly { proof: string }[] };
  const [first] = summaries;
  if (first === undefined) throw new Error('the centre shows no summary');
  return dispatchApi + first.proof;
}

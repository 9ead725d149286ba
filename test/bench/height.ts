// SPDX-License-Identifier: Apache-2.0
// A long chain: how soon its gateway is there again after a crash, and how fast the whole of it is audited,
// beside nothing but its signatures. Each block has a batch of one pack.

import { auditDataDirectory } from '../../agent/chain-audit.ts';
import { loadGatewayConfig } from '../../agent/config.ts';
import { signerFromSeed } from '../../base/keys.ts';
import { nodeSuite as suite } from '../../base/node-suite.ts';
import type { Children } from '../demo/children.ts';
import { growChain } from './chain/long-chain.ts';
import { Member } from './chain/members.ts';
import { atSite, type Made, makeSite } from './chain/site.ts';
import { type Figure, median } from './figures.ts';
import type { Effort } from './measure.ts';

const blockCounts = { thorough: 1_000_000, short: 50_000 };
const restarts = 3;

export async function height({ runs }: Effort): Promise<readonly Figure[]> {
  const blockCount = runs > 3 ? blockCounts.thorough : blockCounts.short;
  return atSite(async (children, dir) => {
    const { gateways } = await makeSite(children, { dir, names: ['cellar'] });
    const [gateway] = gateways;
    if (gateway === undefined) throw new Error('a chain has a member');
    const young = await restart(children, gateway);
    await growChain(gateway.config, blockCount);
    const old = await restart(children, gateway);
    const audit = await audited(gateway);
    return [
      {
        name: `restart at ${blockCount} blocks, until the chain is open`,
        unit: 'ms',
        ...median(old),
        aim: '≤ 2000',
        beside: { 'a new chain': median(young).value },
      },
      {
        name: 'audit, blocks of one signature',
        unit: '1/s',
        value: audit,
        beside: bareSignatures(),
      },
    ];
  });
}

/** From the start of the process on, its program's loading and all; ended each time as by a power cut. */
async function restart(children: Children, gateway: Made): Promise<readonly number[]> {
  const tookMs: number[] = [];
  for (let run = 0; run < restarts; run++) {
    const member = new Member(children, gateway, 0);
    const startMs = performance.now();
    await member.start();
    tookMs.push(performance.now() - startMs);
    await member.kill();
  }
  return tookMs;
}

async function audited({ config }: Made): Promise<number> {
  const { data } = loadGatewayConfig(config);
  const startMs = performance.now();
  const report = await auditDataDirectory(suite, data, () => {});
  if (!report.ok) throw new Error(`block ${report.height}: ${report.reason}: ${report.detail}`);
  return ((report.height + 1) * 1_000) / (performance.now() - startMs);
}

const checkedCount = 5_000;

/** Checks of a signature and nothing else, one after another as the audit makes them. */
function bareSignatures(): Readonly<Record<string, number>> {
  const { publicKey, sign } = signerFromSeed(new Uint8Array(32).fill(7));
  const message = new Uint8Array(300);
  const signature = sign(message);
  const startMs = performance.now();
  for (let i = 0; i < checkedCount; i++) suite.verify(publicKey, message, signature);
  return { 'signatures alone': (checkedCount * 1_000) / (performance.now() - startMs) };
}

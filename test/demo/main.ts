// SPDX-License-Identifier: Apache-2.0
// The demonstration: `npm run demo`. Starts a whole network on this machine, shows a reading's path
// from a meter's register to a receipt of the main chain, kills the gateway that leads, shows that
// nothing stops, and verifies a reading offline.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { messageOf, TielineError } from '../../base/errors.ts';
import { Children } from './children.ts';
import { findOrBuildEngine } from './engine.ts';
import { audit, killLeader } from './failover.ts';
import { findProgram, type Network, startNetwork } from './network.ts';
import { type Outcome, prove, tellMilestones, togetherNow, toReceipt, toSummary } from './story.ts';

const help = `usage: npm run -s demo -- [--consortium] [--once] [--json]

  --consortium  four organisations keep the main chain together, on CometBFT
  --once        ends by itself after the first verified proof
  --json        the last line of standard output is one JSON object, the story goes to stderr`;

const pathText = `
  meter ──▶ pack ──▶ signed batch ──▶ sidechain block ──▶ summary
                                            │                │
                                       checkpoint ──▶ anchor ─┴─MQTT─▶ main chain ──▶ receipt
`;

const { values } = parseArgs({
  options: {
    consortium: { type: 'boolean', default: false },
    once: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

function say(line: string): void {
  (values.json ? process.stderr : process.stdout).write(`${line}\n`);
}

const startedMs = Date.now();
function tell(hop: string, text: string): void {
  const seconds = ((Date.now() - startedMs) / 1_000).toFixed(1).padStart(5);
  say(`${seconds} s  ${hop.padEnd(9)} ${text}`);
}

/** Where a person can look while it runs. */
function sayWhereToLook({ gateways, dispatchApi, chainId }: Network): void {
  say('');
  say('  It goes on. Look at it from another terminal:');
  for (const { config } of gateways) say(`    npm run -s tieline -- status --config ${config}`);
  say(`    npm run -s tieline -- chain verify --data ${gateways[0]?.data}`);
  say(`    curl -s '${dispatchApi}/api/v1/chains/${chainId}/summaries?limit=3'`);
  say('  Ctrl-C ends everything.');
  say('');
}

async function goOn({ gateways }: Network, ending: AbortSignal): Promise<void> {
  while (!ending.aborted) {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, 10_000);
      ending.addEventListener('abort', () => {
        clearTimeout(timer);
        resolve();
      });
    });
    if (ending.aborted) return;
    const { blocks, receiptSize, summaries } = await togetherNow(gateways);
    const anchored = `${blocks} blocks, ${receiptSize} under a receipt`;
    tell('running', `${anchored}, ${summaries} summaries at the centre`);
  }
}

async function demonstrate(ending: AbortController): Promise<number> {
  // Before anything is started: who can have no engine learns it at once.
  if (values.consortium) {
    const canBuild = findProgram('go') !== undefined;
    await findOrBuildEngine(say, { canBuild, ending: ending.signal });
  }
  const dir = await mkdtemp(join(tmpdir(), 'tieline-demo-'));
  const children = new Children(dir, ending.signal);
  let keeps = false;
  try {
    say(pathText);
    const network = await startNetwork(children, { dir, isConsortium: values.consortium }, tell);
    const { gateways } = network;
    const waiting = { deadlineMs: Date.now() + 60_000, ending: ending.signal };
    keeps = true;
    await tellMilestones(gateways, toReceipt, { tell, waiting });
    const killed = await killLeader(gateways, tell, waiting);
    await audit(children, gateways, tell);
    await tellMilestones(gateways, toSummary, { tell, waiting });
    // From the one that was killed: it has missed nothing.
    const proven = await prove(children, network, { dir, tell, from: killed.gateway });
    const all = await togetherNow(gateways, [killed.status]);
    const { readings, blocks, summaries, anchors, receipts } = all;
    const counts = { readings, blocks, summaries, anchors, receipts };
    const outcome: Outcome = { ...counts, ...proven, gateways: gateways.length };
    if (!values.once) {
      sayWhereToLook(network);
      await goOn(network, ending.signal);
    }
    await children.end();
    if (values.json) process.stdout.write(`${JSON.stringify(outcome)}\n`);
    else say(`\n  proof ${outcome.proof}, verified ${outcome.verified}; logs and data in ${dir}`);
    return outcome.verified ? 0 : 1;
  } catch (error) {
    // What failed is to be looked at, what was only begun is not.
    keeps ||= !ending.signal.aborted;
    if (!ending.signal.aborted) throw error;
    say(`\n  ended before its end${keeps ? `; logs and data in ${dir}` : ''}`);
    return 130;
  } finally {
    await children.end();
    if (!keeps) await rm(dir, { recursive: true, force: true });
  }
}

if (values.help) {
  say(help);
} else {
  const ending = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => ending.abort());
  }
  try {
    process.exitCode = await demonstrate(ending);
  } catch (error) {
    const hint = error instanceof TielineError && error.hint ? `\n  ${error.hint}` : '';
    if (!ending.signal.aborted)
      process.stderr.write(`the demonstration failed: ${messageOf(error)}${hint}\n`);
    process.exitCode = ending.signal.aborted ? 130 : 1;
  }
}

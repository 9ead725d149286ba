// SPDX-License-Identifier: Apache-2.0
// A world of gateways from its founding to its end, under the eyes of the invariants.

import { decodeBlock } from '../../../sidechain/chain/block.ts';
import type { NodeId } from '../../../sidechain/raft/entry.ts';
import { askedFirst } from '../invariants/asked-first.ts';
import { claimedCommit } from '../invariants/claimed-commit.ts';
import { cosignatures } from '../invariants/cosignatures.ts';
import { durablePromises } from '../invariants/durable-promises.ts';
import { electionSafety } from '../invariants/election-safety.ts';
import { EntriesOnce } from '../invariants/entries-once.ts';
import { leadersLog } from '../invariants/leaders-log.ts';
import { ledgerPrefix } from '../invariants/ledger-prefix.ts';
import { logMatching } from '../invariants/log-matching.ts';
import { neverBackwards } from '../invariants/never-backwards.ts';
import { singleVote } from '../invariants/single-vote.ts';
import { termBeforeWord } from '../invariants/term-before-word.ts';
import { termCoversLog } from '../invariants/term-covers-log.ts';
import { Faults } from '../world/faults.ts';
import type { CardImage } from './card-image.ts';
import { entryIdOf } from './card-news.ts';
import { GatewayClients } from './clients.ts';
import { gatewayFaultsOf } from './faults.ts';
import { GatewayHealing } from './healing.ts';
import type { GatewayWorld } from './world.ts';

export function watchOverGateways(world: GatewayWorld): EntriesOnce {
  const truthOf = (id: NodeId): CardImage => world.machine(id).disk.truth;
  const isLost = (id: NodeId): boolean => world.machine(id).isLost;
  const oracle = new EntriesOnce(truthOf);
  const voters = [...world.machines.keys()].filter((id) => world.isVoter(id));
  world.watchers.push(
    electionSafety(),
    singleVote(),
    logMatching(truthOf),
    termCoversLog(truthOf),
    durablePromises(truthOf),
    askedFirst(voters),
    termBeforeWord(truthOf),
    claimedCommit({ voters, truthOf, isLost }),
    leadersLog(truthOf),
    ledgerPrefix(),
    neverBackwards(),
    cosignatures(truthOf),
    oracle.see,
  );
  return oracle;
}

export async function liveWithGateways(world: GatewayWorld, oracle: EntriesOnce): Promise<void> {
  const guard = (error: unknown): void => world.fail(error);
  // What nobody waits for would end a real process.
  process.on('unhandledRejection', guard);
  try {
    for (const machine of world.machines.values()) machine.start();
    const clients = new GatewayClients(world);
    const faults = new Faults(gatewayFaultsOf(world));
    await world.pass(world.weather.faultsMs);
    faults.end();
    world.isCalm = true;
    await new GatewayHealing(world, clients).run();
    oracle.checkEnd(await entriesIn(world), (id) => !world.machine(id).isLost);
  } finally {
    process.off('unhandledRejection', guard);
    world.close();
  }
}

/** Ids of all that stands in blocks. */
async function entriesIn(world: GatewayWorld): Promise<ReadonlySet<string>> {
  const [machine] = world.running();
  const sql = 'SELECT data FROM log JOIN block ON block.log_index = log.idx';
  const rows = (await machine?.disk.still().read(sql)) ?? [];
  const blocks = rows.flatMap(({ data }) => {
    const body = data instanceof Uint8Array ? decodeBlock(data) : undefined;
    return body?.ok === true ? body.value.entries : [];
  });
  return new Set(blocks.map(({ entry }) => entryIdOf(entry)));
}

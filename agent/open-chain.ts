// SPDX-License-Identifier: Apache-2.0
// Opens the gateway's copy of its chain, and the way to the other members where it has any. The
// node owns both from then on, and closes them.

import { fromUtf8, toHex } from '../base/bytes.ts';
import { TielineError } from '../base/errors.ts';
import { nodeSuite as suite } from '../base/node-suite.ts';
import type { Signer } from '../base/suite.ts';
import type { Clock } from '../host/clock.ts';
import { readSecretFile } from '../host/files.ts';
import { watchFreeSpace } from '../host/free-space.ts';
import type { Log } from '../host/log.ts';
import type { Database } from '../host/sqlite.ts';
import { type OpenGenesis, openGenesis } from '../sidechain/chain/genesis.ts';
import type { Registry } from '../sidechain/chain/registry.ts';
import { untilIntroduced } from '../sidechain/introduction.ts';
import { type ChainMember, chainMembers } from '../sidechain/members.ts';
import { openNode, type SidechainNode } from '../sidechain/node.ts';
import { defaultRules, type NodeOptions, type NodeRules } from '../sidechain/node-options.ts';
import { openChainDatabase, readChain } from '../sidechain/store/chain-file.ts';
import { UplinkTable } from '../sidechain/store/uplink-table.ts';
import { openTransport } from '../sidechain/transport/open-transport.ts';
import type { Receiver, Transport } from '../sidechain/transport/transport.ts';
import { parseAddress } from './address.ts';
import { archiveRules } from './archive-rules.ts';
import { type GatewayConfig, loadGatewayConfig } from './config.ts';
import { gatewayContracts } from './contracts.ts';
import { dataFiles } from './data-files.ts';
import { summaryPosition } from './gateway-chain.ts';
import { addressOf, peerProblems } from './peers.ts';

type Parts = {
  readonly signer: Signer;
  readonly clock: Clock;
  readonly log: Log;
  /** Unpredictable bytes. */
  readonly random: (length: number) => Uint8Array;
  /** When blocks are cut; by default what waits for the configured window makes one. */
  readonly rules?: NodeRules;
  /** As a node's. */
  readonly onCommitted?: NodeOptions['onCommitted'];
  /** Nothing is waited for any more. */
  readonly ending?: AbortSignal;
  /** This gateway is no member as far as it knows, and waits until somebody grants it. */
  readonly onWaiting?: () => void;
};

export type OpenChain = {
  readonly node: SidechainNode;
  readonly database: Database;
  readonly genesisBytes: Uint8Array;
};

/** @throws TielineError as `openNode`; `config` where `listen` and `peers` do not fit the chain. */
export async function openChain(config: GatewayConfig, parts: Parts): Promise<OpenChain> {
  const { windowMs } = config.batch;
  const database = await openChainDatabase(config.data, 'existing');
  const room = await watchFreeSpace(config.data, { log: parts.log, every });
  try {
    const { genesisBytes } = await readChain(database);
    const genesis = openGenesis(suite, genesisBytes);
    if (!genesis.ok) throw new TielineError('database-damaged', genesis.detail);
    const node = await openNode({
      database,
      suite,
      rules: { ...defaultRules, ageMs: windowMs, holdMs: windowMs },
      ...parts,
      hasRoom: room.hasRoom,
      contracts: gatewayContracts(genesis.value.genesis),
      every,
      ...companyFor(config, genesis.value, parts),
      archive: archiveRules(config, summaryPosition(new UplinkTable(database)).load),
    });
    node.finished.catch(() => {}).finally(room.stop);
    return { node, database, genesisBytes };
  } catch (error) {
    room.stop();
    await database.close();
    throw error;
  }
}

/** Nothing for a chain of one that listens nowhere: it stays alone. */
function companyFor(
  config: GatewayConfig,
  { genesis, chainId }: OpenGenesis,
  parts: Parts,
): Pick<NodeOptions, 'transport' | 'addressOf' | 'introduction'> {
  const { signer, log, random, ending = new AbortController().signal } = parts;
  const own = signer.keyId;
  const { listen, peers } = config;
  if (genesis.members.length === 1 && listen === undefined && peers.length === 0) return {};
  const open = async (receiver: Receiver): Promise<Transport> =>
    openTransport({
      signer,
      keyPem: fromUtf8(await readSecretFile(dataFiles(config.data).key)) ?? '',
      chainId,
      listen: parseAddress(listen ?? '') ?? { host: '127.0.0.1', port: 0 },
      members: [],
      receiver,
      log: log.child({ part: 'members' }),
      random: () => new DataView(random(4).buffer).getUint32(0) / 2 ** 32,
      every,
    });
  // The same file once more: what is wrong is told with its place in it.
  const check = ({ members }: Registry) =>
    loadGatewayConfig(config.file, (given) => peerProblems(given, { members, own }));
  let known: readonly ChainMember[] = [];
  const reach = (member: ChainMember) => addressOf(member, config, [...known, member]);
  return {
    addressOf: reach,
    transport: (receiver, registry) => {
      check(registry);
      known = chainMembers(registry);
      return open(receiver);
    },
    introduction: (registry) => {
      check(registry);
      known = chainMembers(registry);
      log.info('waiting-for-grant', { gateway: toHex(own) });
      parts.onWaiting?.();
      const waiting = { suite, ownKeyId: own, known, addressOf: reach, every, ending };
      return untilIntroduced({ ...waiting, openTransport: open });
    },
  };
}

function every(intervalMs: number, run: () => void): () => void {
  const timer = setInterval(run, intervalMs);
  return () => clearInterval(timer);
}

// SPDX-License-Identifier: Apache-2.0
// Opens the gateway's copy of its chain, and the way to the other members where it has any. The
// node owns both from then on, and closes them.

import { fromUtf8 } from '../base/bytes.ts';
import { TielineError } from '../base/errors.ts';
import { nodeSuite as suite } from '../base/node-suite.ts';
import type { Signer } from '../base/suite.ts';
import type { Clock } from '../host/clock.ts';
import { readSecretFile } from '../host/files.ts';
import type { Log } from '../host/log.ts';
import type { Database } from '../host/sqlite.ts';
import { type OpenGenesis, openGenesis } from '../sidechain/chain/genesis.ts';
import { openNode, type SidechainNode } from '../sidechain/node.ts';
import { defaultRules, type NodeOptions, type NodeRules } from '../sidechain/node-options.ts';
import { openChainDatabase, readChain } from '../sidechain/store/chain-file.ts';
import { UplinkTable } from '../sidechain/store/uplink-table.ts';
import { openTransport } from '../sidechain/transport/open-transport.ts';
import { parseAddress } from './address.ts';
import { archiveRules } from './archive-rules.ts';
import { type GatewayConfig, loadGatewayConfig } from './config.ts';
import { gatewayContracts } from './contracts.ts';
import { dataFiles } from './data-files.ts';
import { summaryPosition } from './gateway-chain.ts';
import { addressOf, chainMember, peerProblems } from './peers.ts';

type Parts = {
  readonly signer: Signer;
  readonly clock: Clock;
  readonly log: Log;
  /** Unpredictable bytes. */
  readonly random: (length: number) => Uint8Array;
  /** When blocks are cut; by default what waits for the configured window makes one. */
  readonly rules?: NodeRules;
};

export type OpenChain = { readonly node: SidechainNode; readonly database: Database };

/** @throws TielineError as `openNode`; `config` where `listen` and `peers` do not fit the chain. */
export async function openChain(config: GatewayConfig, parts: Parts): Promise<OpenChain> {
  const database = await openChainDatabase(config.data, 'existing');
  try {
    const { genesisBytes } = await readChain(database);
    const genesis = openGenesis(suite, genesisBytes);
    if (!genesis.ok) throw new TielineError('database-damaged', genesis.detail);
    const network = networkOf(config, genesis.value, parts);
    const node = await openNode({
      database,
      suite,
      rules: { ...defaultRules, ageMs: config.batch.windowMs },
      ...parts,
      contracts: gatewayContracts(genesis.value.genesis),
      every,
      ...network,
      archive: archiveRules(config, summaryPosition(new UplinkTable(database)).load),
    });
    return { node, database };
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** Empty for a chain of one. @throws TielineError `config` */
function networkOf(
  config: GatewayConfig,
  { genesis, chainId }: OpenGenesis,
  { signer, log, random }: Parts,
): Pick<NodeOptions, 'transport' | 'addressOf'> {
  const chainMembers = genesis.members.map((member) => chainMember(suite, member));
  const chain = { members: chainMembers, own: signer.keyId };
  // The same file once more: what is wrong is told with its place in it.
  loadGatewayConfig(config.file, (given) => peerProblems(given, chain));
  const listen = parseAddress(config.listen ?? '');
  if (chainMembers.length === 1 || listen === undefined) return {};
  const members = chainMembers.map((member, i) => ({
    id: i + 1,
    publicKey: member.publicKey,
    address: addressOf(member, config, chainMembers),
  }));
  return {
    addressOf: ({ id }) => members.find((member) => member.id === id)?.address,
    transport: async (receiver) =>
      openTransport({
        signer,
        keyPem: fromUtf8(await readSecretFile(dataFiles(config.data).key)) ?? '',
        chainId,
        listen,
        members,
        receiver,
        log: log.child({ part: 'members' }),
        random: () => new DataView(random(4).buffer).getUint32(0) / 2 ** 32,
        every,
      }),
  };
}

function every(intervalMs: number, run: () => void): () => void {
  const timer = setInterval(run, intervalMs);
  return () => clearInterval(timer);
}

// SPDX-License-Identifier: Apache-2.0
// A gateway goes on under its next key, once the chain has it in the place of the one it has. Until Raft
// has let the old one go it answers under that; then the copy of the chain is given to the next, and the
// next key file takes the place of the old. Interrupted, it is taken up again by the next start.

import { randomBytes } from 'node:crypto';
import { equal, toHex } from '../base/bytes.ts';
import { TielineError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { nodeSuite as suite } from '../base/node-suite.ts';
import type { Signer } from '../base/suite.ts';
import { replaceFileDurably } from '../host/files.ts';
import { readKeyFile } from '../host/key-file.ts';
import type { Log } from '../host/log.ts';
import { openGenesis } from '../sidechain/chain/genesis.ts';
import type { SidechainNode } from '../sidechain/node.ts';
import type { NodeStatus } from '../sidechain/node-status.ts';
import { archivedLeaves } from '../sidechain/store/archived-groups.ts';
import { openChainDatabase, readChain } from '../sidechain/store/chain-file.ts';
import { damaged } from '../sidechain/store/damage.ts';
import type { Unsealed } from '../sidechain/store/outbox-anew.ts';
import { archivePath } from '../sidechain/store/segment-file.ts';
import { takeOver } from '../sidechain/store/take-over.ts';
import { UplinkTable } from '../sidechain/store/uplink-table.ts';
import type { GatewayConfig } from './config.ts';
import { gatewayContracts } from './contracts.ts';
import { dataFiles } from './data-files.ts';
import { dropWaitingReports } from './gateway-chain.ts';

type Place = Pick<GatewayConfig, 'data'>;

/** What a gateway ends with that is to go on under its next key. */
export const keyChanged = 'key-changed';

/** The key that follows, where there is one and the chain has made it a member. */
export async function successor(
  { data }: Place,
  { registry }: Pick<SidechainNode, 'registry'>,
): Promise<Signer | undefined> {
  const next = await nextSigner(data);
  return next !== undefined && registry.member(next.keyId)?.revoked === false ? next : undefined;
}

/** Tells once, when nobody needs the old key any more. @returns a function that ends the watch. */
export function onLetGo(
  node: Pick<SidechainNode, 'status'>,
  keyId: Uint8Array,
  tell: (error: TielineError) => void,
): () => void {
  const own = toHex(keyId);
  let aloneMs = 0;
  const timer = setInterval(() => {
    const status = node.status();
    aloneMs = status.peers.some((peer) => peer.isConnected) ? 0 : aloneMs + limits.keyChangePollMs;
    if (!isLetGo(status, own) && aloneMs < limits.keyChangePatienceMs) return;
    clearInterval(timer);
    const text = `gateway ${own} goes on under its next key`;
    tell(new TielineError(keyChanged, text, { retry: 'transient' }));
  }, limits.keyChangePollMs);
  return () => clearInterval(timer);
}

/** Out of Raft, or its only voter: then nobody else could let it go. */
function isLetGo({ membership }: NodeStatus, own: string): boolean {
  const voting = membership.members.filter(({ raftRole }) => raftRole === 'voter');
  const raftRole = membership.members.find(({ keyId }) => keyId === own)?.raftRole;
  return raftRole === 'none' || (voting.length === 1 && voting[0]?.keyId === own);
}

/** The gateway does not run. @throws TielineError as `takeOver`, and what opening the files throws. */
export async function changeKey(
  { data }: Place,
  given: { readonly unsealed: readonly Unsealed[]; readonly log: Log },
): Promise<void> {
  const { key, nextKey } = dataFiles(data);
  const signer = await readKeyFile(nextKey);
  const database = await openChainDatabase(data, 'existing');
  try {
    const { genesisBytes, gateway } = await readChain(database);
    const genesis = openGenesis(suite, genesisBytes);
    if (!genesis.ok) throw damaged(`the genesis: ${genesis.detail}`);
    await dropWaitingReports(new UplinkTable(database));
    const signedAnew = await takeOver({
      ...{ database, suite, signer, unsealed: given.unsealed },
      contracts: gatewayContracts(genesis.value.genesis),
      random: (length) => new Uint8Array(randomBytes(length)),
      archived: archivedLeaves(suite, archivePath(data)),
    });
    const [before, after] = [toHex(gateway), toHex(signer.keyId)];
    given.log.info('key-changed', { before, after, signedAnew });
  } finally {
    await database.close();
  }
  await replaceFileDurably(key, nextKey);
}

/** Where a change was interrupted between chain.db and the key file. */
export async function finishKeyChange({ data }: Place): Promise<void> {
  const next = await nextSigner(data);
  if (next === undefined) return;
  const database = await openChainDatabase(data, 'existing');
  let isDue = false;
  try {
    isDue = equal((await readChain(database)).gateway, next.keyId);
  } finally {
    await database.close();
  }
  const { key, nextKey } = dataFiles(data);
  if (isDue) await replaceFileDurably(key, nextKey);
}

async function nextSigner(data: string): Promise<Signer | undefined> {
  try {
    return await readKeyFile(dataFiles(data).nextKey);
  } catch (error) {
    if (error instanceof TielineError && error.code === 'file-missing') return undefined;
    throw error;
  }
}

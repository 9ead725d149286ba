// SPDX-License-Identifier: Apache-2.0
// The engine's own directory, as its programs expect it: its settings, the genesis, and two keys of
// its own. The key that votes is never the key that signs the log.

import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { concat, toBase64, toHex, utf8 } from '../../../base/bytes.ts';
import { generateSeed, signerFromSeed } from '../../../base/keys.ts';
import { limits } from '../../../base/limits.ts';
import { nodeSuite } from '../../../base/node-suite.ts';
import { createFileDurably } from '../../../host/files.ts';
import { validatorAddress } from './engine-genesis.ts';

export type EngineKey = { readonly seed: Uint8Array; readonly publicKey: Uint8Array };

export type EngineNode = {
  /** Of the organisation: shown to the others. */
  readonly name: string;
  /** Where it listens for the others. */
  readonly listen: string;
  /** `id@host:port` of all others. */
  readonly peers: readonly string[];
  readonly consensusKey: EngineKey;
  readonly nodeKey: EngineKey;
  readonly genesisText: string;
};

/** Between the engine and the ledger. */
export function engineSockets(home: string) {
  return { app: join(home, 'app.sock'), rpc: join(home, 'rpc.sock') };
}

/** Of the key that votes. */
export function validatorFiles(home: string) {
  return {
    key: join(home, 'config', 'priv_validator_key.json'),
    /** The key of a node that comes back: while it is here, the other one is nobody's. */
    waitingKey: join(home, 'config', 'priv_validator_key.waiting.json'),
    state: join(home, 'data', 'priv_validator_state.json'),
  };
}

export function newEngineKey(): EngineKey {
  const seed = generateSeed();
  return { seed, publicKey: signerFromSeed(seed).publicKey };
}

/** How the others name a node. */
export function engineNodeId({ publicKey }: Pick<EngineKey, 'publicKey'>): string {
  return toHex(validatorAddress(nodeSuite, publicKey));
}

/** @throws TielineError `file` where any of it is there already. */
export async function createEngineHome(home: string, node: EngineNode): Promise<void> {
  await createEngineKeys(home, node);
  await completeEngineHome(home, node);
}

/** Its keys alone, and that it has voted for nothing. */
export async function createEngineKeys(
  home: string,
  { consensusKey, nodeKey }: Pick<EngineNode, 'consensusKey' | 'nodeKey'>,
): Promise<void> {
  const { key, state } = validatorFiles(home);
  for (const path of [key, state]) await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const secret = { mode: 0o600 };
  await createFileDurably(key, validatorKeyText(consensusKey), secret);
  await createFileDurably(
    join(home, 'config', 'node_key.json'),
    json({ priv_key: privateKeyOf(nodeKey) }),
    secret,
  );
  await createFileDurably(state, json({ height: '0', round: 0, step: 0 }), secret);
}

/** What can be said when all are known. */
export async function completeEngineHome(
  home: string,
  node: Pick<EngineNode, 'name' | 'listen' | 'peers' | 'genesisText'>,
): Promise<void> {
  const config = join(home, 'config');
  await createFileDurably(join(config, 'genesis.json'), utf8(node.genesisText), { mode: 0o644 });
  await createFileDurably(join(config, 'config.toml'), utf8(configText(node)), { mode: 0o644 });
}

/** The file with the key that votes. */
export function validatorKeyText(key: EngineKey): Uint8Array {
  const address = toHex(validatorAddress(nodeSuite, key.publicKey)).toUpperCase();
  return json({ address, pub_key: publicKeyOf(key), priv_key: privateKeyOf(key) });
}

function publicKeyOf({ publicKey }: EngineKey) {
  return { type: 'tendermint/PubKeyEd25519', value: toBase64(publicKey) };
}

function privateKeyOf({ seed, publicKey }: EngineKey) {
  return { type: 'tendermint/PrivKeyEd25519', value: toBase64(concat(seed, publicKey)) };
}

function json(value: unknown): Uint8Array {
  return utf8(`${JSON.stringify(value, null, 2)}\n`);
}

/** Text of TOML and of JSON is written alike, within what names may hold. */
function configText({
  name,
  listen,
  peers,
}: Pick<EngineNode, 'name' | 'listen' | 'peers'>): string {
  const transactionBytes = limits.messageBytesMax + 1_024;
  return `# The engine of this node. What is not here is as the engine has it by itself.
# Its sockets to the ledger are given to it by \`tieline dispatch\`.

moniker = ${JSON.stringify(name)}
log_level = "error"

[p2p]
laddr = ${JSON.stringify(`tcp://${listen}`)}
persistent_peers = ${JSON.stringify(peers.join(','))}
pex = false                        # all organisations are named above
addr_book_strict = false           # and may be in private networks
allow_duplicate_ip = true
flush_throttle_timeout = "10ms"

[rpc]
max_request_batch_size = ${limits.engineCallBatchMax}
max_body_bytes = ${limits.engineAnswerBytesMax * 8}

[mempool]
recheck = true
max_tx_bytes = ${transactionBytes}
max_txs_bytes = ${limits.ingestBytesMax}

[consensus]
create_empty_blocks = false        # a quiet network makes no blocks
timeout_propose = "1s"
timeout_prevote = "500ms"
timeout_precommit = "500ms"
timeout_commit = "500ms"           # between two blocks

[storage]
discard_abci_responses = true

[tx_index]
indexer = "null"
`;
}

// SPDX-License-Identifier: Apache-2.0
// Makes a gateway that is to join a chain which goes on already: its key, its copy of the chain with
// block 0, its configuration. Nobody grants it anything thereby. A second run keeps what is there.

import { mkdir, readFile } from 'node:fs/promises';
import { toHex, utf8 } from '../base/bytes.ts';
import { messageOf, TielineError } from '../base/errors.ts';
import type { Suite } from '../base/suite.ts';
import { createFileDurably } from '../host/files.ts';
import { loadOrCreateSigner } from '../host/key-file.ts';
import { openGenesis } from '../sidechain/chain/genesis.ts';
import { createChain } from '../sidechain/store/chain-file.ts';
import { parseAddress } from './address.ts';
import { configText } from './config-text.ts';
import { gatewayContracts } from './contracts.ts';
import { dataFiles, gatewayFiles } from './data-files.ts';
import { assertName, callable } from './make-key.ts';

export type JoinOptions = {
  readonly dir: string;
  readonly genesisFile: string;
  readonly name: string;
  readonly listen: string;
  /** `NAME=HOST:PORT` of members, by name or key id. */
  readonly members: readonly string[];
  readonly mqttUrl: string;
  readonly anchorIntervalMs: number;
  readonly httpPort: number;
};

export type Joining = {
  readonly configPath: string;
  readonly keyId: string;
  readonly publicKey: string;
  readonly chainId: string;
  /** What an engineer runs beside a member. */
  readonly grant: string;
};

/** @throws TielineError `name`, `listen`, `member`, `genesis`, `file`, `key-file` */
export async function prepareToJoin(suite: Suite, options: JoinOptions): Promise<Joining> {
  const { dir, name } = options;
  assertName(name);
  const listen = callable(options.listen);
  const peers = options.members.map(peerOf);
  const bytes = await readGenesis(options.genesisFile);
  const opened = openGenesis(suite, bytes);
  if (!opened.ok) throw new TielineError('genesis', `no chain begins so: ${opened.detail}`);
  const files = gatewayFiles(dir);
  await mkdir(files.data, { recursive: true, mode: 0o700 });
  const { keyId, publicKey } = await loadOrCreateSigner(dataFiles(files.data).key);
  const { mqttUrl, anchorIntervalMs, httpPort } = options;
  const network = { listen, peers };
  const text = configText({ name, mqttUrl, anchorIntervalMs, httpPort, network });
  await unlessThere(() => createFileDurably(files.config, utf8(text), { mode: 0o644 }));
  await unlessThere(() => createFileDurably(files.genesis, bytes, { mode: 0o644 }));
  await unlessThere(() =>
    createChain({
      dataDir: files.data,
      genesisBytes: bytes,
      gateway: keyId,
      suite,
      contracts: gatewayContracts(opened.value.genesis),
    }),
  );
  const hex = toHex(publicKey);
  return {
    configPath: files.config,
    keyId: toHex(keyId),
    publicKey: hex,
    chainId: toHex(opened.value.chainId),
    grant:
      `tieline members grant --config gateway.yaml --key ENGINEER.key --public-key ${hex} ` +
      `--name '${name}' --address ${listen}`,
  };
}

function peerOf(text: string): { readonly name: string; readonly address: string } {
  const [, name = '', address = ''] = /^(.+)=(.+)$/.exec(text) ?? [];
  if (parseAddress(address) !== undefined) return { name, address };
  throw new TielineError('member', `\`${text}\` is not NAME=HOST:PORT`, {
    hint: 'the name or key id of a member, and where it is reached',
  });
}

async function readGenesis(path: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (cause) {
    throw new TielineError('genesis', `cannot read the genesis ${path}: ${messageOf(cause)}`, {
      hint: 'genesis.cbor stands in the directory of every member',
      cause,
    });
  }
}

async function unlessThere(make: () => Promise<void>): Promise<void> {
  try {
    await make();
  } catch (error) {
    const code = error instanceof TielineError ? error.code : undefined;
    if (code !== 'file-exists' && code !== 'database-exists') throw error;
  }
}

// SPDX-License-Identifier: Apache-2.0
// Makes a gateway: its key, chain.db with block 0, and a configuration to fill in. The genesis is
// made here, with this gateway as its first member, or comes from the gateway that made it.
// Interrupted, it can be run again: what is there is kept, and a key is never replaced.

import { mkdir, readFile } from 'node:fs/promises';
import { equal, toHex, utf8 } from '../base/bytes.ts';
import { TielineError } from '../base/errors.ts';
import { keyIdOf } from '../base/ids.ts';
import type { Signer, Suite } from '../base/suite.ts';
import { createFileDurably } from '../host/files.ts';
import { loadOrCreateSigner, readKeyFile } from '../host/key-file.ts';
import { enrolGenesis, type GenesisMember, type OpenGenesis } from '../sidechain/chain/genesis.ts';
import { createChain } from '../sidechain/store/chain-file.ts';
import { configText, type FirstNetwork } from './config-text.ts';
import { gatewayContracts } from './contracts.ts';
import { dataFiles, gatewayFiles } from './data-files.ts';
import { callable } from './make-key.ts';
import { type MemberFile, readMemberFile } from './member-file.ts';
import { type NewChain, newGenesis } from './new-genesis.ts';

export type InitOptions = {
  readonly dir: string;
  readonly chain: NewChain | { readonly kind: 'given'; readonly genesisFile: string };
  /** Of the chain's members: whom a new one has besides this gateway, and where all are reached. */
  readonly memberFiles: readonly string[];
  /** Where the others reach this gateway; else as its own member file says. */
  readonly listen: string | undefined;
  readonly mqttUrl: string;
  readonly anchorIntervalMs: number;
  readonly httpPort: number;
};

export type Initialised = {
  readonly configPath: string;
  readonly genesisPath: string;
  readonly keyId: string;
  readonly chainId: string;
  readonly members: readonly { readonly name: string; readonly keyId: string }[];
};

/**
 * @throws TielineError `name`, `main-log`, `genesis`, `not-a-member`, `member-file`, `listen`,
 * `file`, `file-missing`, `database-exists`
 */
export async function initGateway(
  suite: Suite,
  options: InitOptions,
  parts: { readonly nowMs: number; readonly random: (length: number) => Uint8Array },
): Promise<Initialised> {
  const { dir, chain } = options;
  const files = gatewayFiles(dir);
  const signer = await ownSigner(files.data, chain.kind);
  const known = await Promise.all(options.memberFiles.map(readMemberFile));
  const own = await ownMemberFile(files.member, signer);
  const kept = await readIfThere(files.genesis);
  const bytes =
    chain.kind === 'given'
      ? await givenGenesis(chain.genesisFile, kept)
      : (kept ?? (await newGenesis(chain, { signer, known, own, ...parts })));
  const opened = enrolGenesis(suite, bytes);
  if (!opened.ok) throw new TielineError('genesis', `no chain begins so: ${opened.detail}`);
  const { members } = opened.value.genesis;
  const { name } = ownMember(opened.value, signer);
  const network = networkOf(members, { signer, known, listen: options.listen ?? own?.address });

  if (kept === undefined) await createFileDurably(files.genesis, bytes, { mode: 0o644 });
  await createChain({
    dataDir: files.data,
    genesisBytes: bytes,
    gateway: signer.keyId,
    suite,
    contracts: gatewayContracts(opened.value.genesis),
  });
  const { mqttUrl, anchorIntervalMs, httpPort } = options;
  const text = configText({ name, mqttUrl, anchorIntervalMs, httpPort, network });
  if ((await readIfThere(files.config)) === undefined) {
    await createFileDurably(files.config, utf8(text), { mode: 0o644 });
  }
  return {
    configPath: files.config,
    genesisPath: files.genesis,
    keyId: toHex(signer.keyId),
    chainId: toHex(opened.value.chainId),
    members: members.map((member) => ({
      name: member.name,
      keyId: toHex(keyIdOf(suite, member.publicKey)),
    })),
  };
}

/** Only who begins a chain may do so with a new key: any other key had to be there for its genesis. */
async function ownSigner(data: string, kind: InitOptions['chain']['kind']): Promise<Signer> {
  const { key } = dataFiles(data);
  if (kind === 'new') {
    await mkdir(data, { recursive: true, mode: 0o700 });
    return loadOrCreateSigner(key);
  }
  try {
    return await readKeyFile(key);
  } catch (error) {
    if (!(error instanceof TielineError) || error.code !== 'file-missing') throw error;
    throw new TielineError('file-missing', `this gateway has no key yet: ${key} is not there`, {
      hint: 'run `tieline key` first: the genesis has to name its key as a member',
      cause: error,
    });
  }
}

/** What `tieline key` has said of this gateway, if it was run. */
async function ownMemberFile(path: string, signer: Signer): Promise<MemberFile | undefined> {
  if ((await readIfThere(path)) === undefined) return undefined;
  const own = await readMemberFile(path);
  if (equal(own.publicKey, signer.publicKey)) return own;
  throw new TielineError('member-file', `${path} is of another key than this gateway's`, {
    hint: 'run `tieline key` again: it writes the file anew',
  });
}

async function givenGenesis(path: string, kept: Uint8Array | undefined): Promise<Uint8Array> {
  const given = await readIfThere(path);
  if (given === undefined) throw new TielineError('genesis', `cannot read the genesis ${path}`);
  if (kept === undefined || equal(kept, given)) return given;
  throw new TielineError(
    'genesis',
    `this directory has the genesis of another chain than ${path}`,
    {
      hint: 'one directory holds one gateway of one chain',
    },
  );
}

function ownMember({ genesis }: OpenGenesis, { publicKey, keyId }: Signer): GenesisMember {
  const own = genesis.members.find((member) => equal(member.publicKey, publicKey));
  if (own !== undefined) return own;
  const names = genesis.members.map(({ name }) => name).join(', ');
  const text = `gateway ${toHex(keyId)} is no member of this chain; its members are ${names}`;
  throw new TielineError('not-a-member', text, {
    hint: 'the genesis is made from the member.json that `tieline key` wrote in this directory',
  });
}

/** @throws TielineError where an address is not known: without it two members never meet. */
function networkOf(
  members: readonly GenesisMember[],
  given: {
    readonly signer: Signer;
    readonly known: readonly MemberFile[];
    readonly listen: string | undefined;
  },
): FirstNetwork | undefined {
  const others = members.filter(({ publicKey }) => !equal(publicKey, given.signer.publicKey));
  if (others.length === 0) return undefined;
  if (given.listen === undefined) {
    throw new TielineError('listen', 'where do the other members reach this gateway?', {
      hint: 'say it with --listen HOST:PORT',
    });
  }
  const peers = others.map(({ name, publicKey }) => {
    const file = given.known.find((one) => equal(one.publicKey, publicKey));
    if (file?.address !== undefined) return { name, address: file.address };
    const text = `no address is known of the member ${name}`;
    throw new TielineError('member-file', text, {
      hint: 'give its file with --members; `tieline key --listen` writes the address into it',
    });
  });
  return { listen: callable(given.listen), peers };
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new TielineError('file', `cannot read ${path}`, { cause: error });
  }
}

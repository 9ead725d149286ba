// SPDX-License-Identifier: Apache-2.0
// Makes a gateway: its key, the genesis of its chain, chain.db with block 0, and a configuration to
// fill in. Interrupted, it can be run again: what is there is kept, and a key is never replaced.

import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toHex, utf8 } from '../base/bytes.ts';
import { TielineError } from '../base/errors.ts';
import { isName } from '../base/label.ts';
import type { Suite } from '../base/suite.ts';
import { createFileDurably } from '../host/files.ts';
import { loadOrCreateSigner } from '../host/key-file.ts';
import { enrolGenesis, signGenesis } from '../sidechain/chain/genesis.ts';
import type { MainLog } from '../sidechain/chain/main-log.ts';
import { parseMainLogFile } from '../sidechain/chain/main-log-file.ts';
import { createChain } from '../sidechain/store/chain-file.ts';
import { gatewayContracts } from './contracts.ts';
import { dataFiles } from './data-files.ts';

export type InitOptions = {
  readonly dir: string;
  readonly name: string;
  /** File that the operator of the main log gave out. */
  readonly mainLogFile: string;
  readonly mqttUrl: string;
  readonly windowMs: number;
  readonly graceMs: number;
  readonly anchorIntervalMs: number;
  readonly httpPort: number;
};

export type Initialised = {
  readonly configPath: string;
  readonly genesisPath: string;
  readonly keyId: string;
  readonly chainId: string;
};

/** @throws TielineError `name`, `main-log`, `genesis`, `file`, `database-exists` */
export async function initGateway(
  suite: Suite,
  options: InitOptions,
  parts: { readonly nowMs: number; readonly random: (length: number) => Uint8Array },
): Promise<Initialised> {
  if (!isName(options.name)) {
    throw new TielineError(
      'name',
      'a gateway is called something printable of 1 to 64 characters',
      {
        hint: 'give it another with --name',
      },
    );
  }
  const mainLog = await readMainLog(options.mainLogFile);
  const data = join(options.dir, 'data');
  await mkdir(data, { recursive: true, mode: 0o700 });
  const files = dataFiles(data);
  const signer = await loadOrCreateSigner(files.key);
  const genesisPath = join(options.dir, 'genesis.cbor');
  const made = signGenesis(
    {
      version: 1,
      members: [{ publicKey: signer.publicKey, role: 'voter', name: options.name }],
      policy: { class: 'blame', faulty: 0 },
      persons: [],
      mainLog,
      summary: { windowMs: options.windowMs, graceMs: options.graceMs },
      timeMs: parts.nowMs,
      nonce: parts.random(32),
    },
    signer,
  );
  // Before it is written: what is there is kept.
  const checked = enrolGenesis(suite, made);
  if (!checked.ok) throw new TielineError('genesis', `no chain begins so: ${checked.detail}`);
  const genesisBytes = await keepOrCreate(genesisPath, made);
  const opened = enrolGenesis(suite, genesisBytes);
  if (!opened.ok) throw new TielineError('genesis', `${genesisPath}: ${opened.detail}`);
  await createChain({
    dataDir: data,
    genesisBytes,
    gateway: signer.keyId,
    suite,
    contracts: gatewayContracts(opened.value.genesis),
  });
  const configPath = join(options.dir, 'gateway.yaml');
  await keepOrCreate(configPath, utf8(configText(options)));
  return {
    configPath,
    genesisPath,
    keyId: toHex(signer.keyId),
    chainId: toHex(opened.value.chainId),
  };
}

async function readMainLog(path: string): Promise<MainLog> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new TielineError('main-log', `cannot read the main log's file ${path}`, {
      hint: 'its operator gives it out: `tieline dispatch init` writes main-log.json',
      cause,
    });
  }
  const parsed = parseMainLogFile(text);
  if (parsed.ok) return parsed.value;
  throw new TielineError('main-log', `${path} does not describe a main log: ${parsed.detail}`, {
    hint: 'ask its operator for main-log.json again',
  });
}

async function keepOrCreate(path: string, bytes: Uint8Array): Promise<Uint8Array> {
  try {
    await createFileDurably(path, bytes, { mode: 0o644 });
    return bytes;
  } catch (error) {
    if (!(error instanceof TielineError) || error.code !== 'file-exists') throw error;
    return new Uint8Array(await readFile(path));
  }
}

function configText(options: InitOptions): string {
  return `# A Tieline gateway. Paths are relative to this file.
name: ${options.name}
data: data

mqtt:
  url: ${options.mqttUrl}

anchor:
  intervalMs: ${options.anchorIntervalMs}

# For \`tieline status\`; served on 127.0.0.1 alone.
http:
  port: ${options.httpPort}

# A line is one serial bus or one TCP endpoint. Give one of:
#   serial: /dev/serial/by-id/…   (baudRate: 9600, parity: none, dataBits: 8, stopBits: 1)
#   tcp: 192.0.2.10:502
#   rtuTcp: 192.0.2.11:4196
lines: []

# \`tieline meters\` lists the ids.
#   - name: main-meter
#     meter: eastron-sdm630
#     line: cabinet
#     unit: 1
#     periodMs: 1000
meters: []
`;
}

// SPDX-License-Identifier: Apache-2.0
// The engine's genesis file: who validates, with which keys, and what the ledger begins with. All
// organisations have the same file; what it says of the ledger goes into the first hash that they
// must agree on.

import { fromHex, toBase64, toHex } from '../../../base/bytes.ts';
import { TielineError } from '../../../base/errors.ts';
import { limits } from '../../../base/limits.ts';
import type { Suite } from '../../../base/suite.ts';
import type { MainLog } from '../../../sidechain/chain/main-log.ts';
import { firstStateHash } from './app-hash.ts';

/** An organisation as a validator. */
export type Validator = {
  /** Of the engine's key: how the engine names it. 20 bytes. */
  readonly address: Uint8Array;
  /** Index of its key in the main genesis. */
  readonly key: number;
};

/** What the application reads of the genesis. */
export type ConsortiumGenesis = {
  readonly validators: readonly Validator[];
  readonly genesisTimeMs: number;
  /** What all nodes begin with. */
  readonly stateHash: Uint8Array;
};

const addressBytes = 20;

/** How the engine derives an address from an Ed25519 key. */
export function validatorAddress(suite: Suite, publicKey: Uint8Array): Uint8Array {
  return suite.sha256(publicKey).slice(0, addressBytes);
}

export type Founder = { readonly name: string; readonly consensusKey: Uint8Array };

/** `founders` in the order of the keys of the main log; each has one vote. */
export function engineGenesisText(
  suite: Suite,
  mainLog: MainLog,
  founders: readonly Founder[],
  timeMs: number,
): string {
  const validators = founders.map(({ name, consensusKey }) => ({
    address: toHex(validatorAddress(suite, consensusKey)).toUpperCase(),
    pub_key: { type: 'tendermint/PubKeyEd25519', value: toBase64(consensusKey) },
    power: '1',
    name,
  }));
  const genesis = {
    genesis_time: new Date(timeMs).toISOString(),
    chain_id: `tieline-${toHex(mainLog.id).slice(0, 16)}`,
    initial_height: '1',
    consensus_params: {
      block: { max_bytes: String(limits.consensusBlockBytesMax), max_gas: '-1' },
      evidence: {
        max_age_num_blocks: '100000',
        max_age_duration: '172800000000000',
        max_bytes: '1048576',
      },
      validator: { pub_key_types: ['ed25519'] },
      version: { app: '1' },
      abci: { vote_extensions_enable_height: '1' },
    },
    validators,
    app_hash: '',
    app_state: appState(
      mainLog,
      validators.map(({ address }) => address),
    ),
  };
  return `${JSON.stringify(genesis, null, 2)}\n`;
}

/** @throws TielineError `engine-genesis` where it is not that of this main log. */
export function readEngineGenesis(suite: Suite, text: string, mainLog: MainLog): ConsortiumGenesis {
  const parsed = parseGenesis(text);
  const addresses = parsed.validators.map(({ address }) => address);
  const state = appState(mainLog, addresses);
  if (JSON.stringify(parsed.appState) !== JSON.stringify(state)) {
    throw wrong('it is of another main log, or does not name a validator for each of its keys');
  }
  const validators = addresses.map((hex, key) => {
    const address = fromHex(hex.toLowerCase());
    if (address?.length !== addressBytes) throw wrong(`validator ${key} has no address`);
    return { address, key };
  });
  const agreed = new TextEncoder().encode(JSON.stringify(state));
  const { genesisTimeMs } = parsed;
  return { validators, genesisTimeMs, stateHash: firstStateHash(suite, agreed) };
}

/** Whether what the engine starts the application with is what the file says. */
export function sameAppState(
  text: string,
  mainLog: MainLog,
  { validators }: ConsortiumGenesis,
): boolean {
  const addresses = validators.map(({ address }) => toHex(address).toUpperCase());
  try {
    return JSON.stringify(JSON.parse(text)) === JSON.stringify(appState(mainLog, addresses));
  } catch {
    return false;
  }
}

function appState(mainLog: MainLog, addresses: readonly string[]) {
  return {
    main_log: toHex(mainLog.id),
    validators: mainLog.keys.map(({ publicKey }, i) => ({
      address: addresses[i] ?? '',
      log_key: toHex(publicKey),
    })),
  };
}

type ParsedGenesis = {
  readonly genesisTimeMs: number;
  readonly validators: readonly { readonly address: string }[];
  readonly appState: unknown;
};

function parseGenesis(text: string): ParsedGenesis {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw wrong('it is no JSON', cause);
  }
  const { genesis_time, validators, app_state } = (parsed ?? {}) as Record<string, unknown>;
  const genesisTimeMs = typeof genesis_time === 'string' ? Date.parse(genesis_time) : Number.NaN;
  const isList =
    Array.isArray(validators) && validators.every((one) => typeof one?.address === 'string');
  if (!Number.isSafeInteger(genesisTimeMs) || !isList) throw wrong('it lacks time or validators');
  return { genesisTimeMs, validators, appState: app_state };
}

function wrong(what: string, cause?: unknown): TielineError {
  return new TielineError('engine-genesis', `the engine's genesis.json is not ours: ${what}`, {
    hint: 'take the file that was made together with this main log',
    cause,
  });
}

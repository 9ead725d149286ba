// SPDX-License-Identifier: Apache-2.0
// Makes a centre: the keys of its main log and of its votes, a person who may enrol chains, the
// genesis, an empty ledger, the configuration, and the public file that sidechains pin. The ledger
// comes last: until it is there the rest may be made again, and never after. Keys and a
// configuration that exist are kept.

import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { assert } from '../base/assert.ts';
import { utf8 } from '../base/bytes.ts';
import { TielineError } from '../base/errors.ts';
import { isName } from '../base/label.ts';
import { nodeSuite } from '../base/node-suite.ts';
import { wallClockMs } from '../host/clock.ts';
import { createFileDurably, writeFileDurably } from '../host/files.ts';
import { loadOrCreateSigner } from '../host/key-file.ts';
import { openMainGenesis, signMainGenesis } from '../sidechain/chain/main-genesis.ts';
import { logOriginField, type MainLog } from '../sidechain/chain/main-log.ts';
import { formatMainLogFile } from '../sidechain/chain/main-log-file.ts';
import { mainRoles } from '../sidechain/chain/main-registry.ts';
import { dispatchFiles } from './files.ts';
import { createLedger } from './store/create-ledger.ts';

export type InitOptions = {
  /** Made where it is missing. */
  readonly dir: string;
  /**
   * Name of the main log, for ever: like a host and a path, without spaces, `grid.example/main`.
   */
  readonly origin: string;
  /** Who keeps the log. */
  readonly organisation: string;
  /** Who enrols chains. */
  readonly person: string;
  readonly mqttUrl: string;
  readonly httpPort: number;
  /** Of the market, a divisor of a day; undefined: 15 minutes. */
  readonly tradeWindowMs?: number | undefined;
};

export type Initialised = {
  readonly mainLog: MainLog;
  readonly files: ReturnType<typeof dispatchFiles>;
};

/** @throws TielineError `centre-exists`, `origin`, `name`, `file`, `key-file` */
export async function initDispatch(options: InitOptions): Promise<Initialised> {
  const { dir, origin } = options;
  requireNames(origin, [options.organisation, options.person]);
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const files = dispatchFiles(dir);
  if (existsSync(files.ledger)) {
    throw new TielineError('centre-exists', `${dir} holds a centre already`, {
      hint: 'choose another directory; a second genesis under one key would be another log',
    });
  }
  const logKey = await loadOrCreateSigner(files.logKey);
  const personKey = await loadOrCreateSigner(files.personKey);
  const governanceKey = await loadOrCreateSigner(files.governanceKey);
  const roles = ['dispatch', 'local'] as const;
  const { organisation } = options;
  const genesis = signMainGenesis(
    {
      version: 1,
      origin,
      keys: [{ publicKey: logKey.publicKey, name: organisation }],
      threshold: 1,
      persons: [{ publicKey: personKey.publicKey, name: options.person, roles, organisation }],
      organisations: [
        { name: organisation, roles: [...mainRoles], governanceKey: governanceKey.publicKey },
      ],
      timeMs: wallClockMs(),
      nonce: new Uint8Array(randomBytes(32)),
      tradeWindowMs: options.tradeWindowMs,
    },
    logKey,
  );
  const opened = openMainGenesis(nodeSuite, genesis);
  assert(opened.ok, 'a genesis of our own is well formed');
  const { mainLog } = opened.value;
  await writeFileDurably(files.mainLog, utf8(formatMainLogFile(mainLog)), { mode: 0o644 });
  if (!existsSync(files.config)) {
    await createFileDurably(files.config, utf8(configText(options)), { mode: 0o644 });
  }
  await createLedger(files.ledger, genesis);
  return { mainLog, files };
}

/** @throws TielineError `origin`, `name` */
export function requireNames(origin: string, names: readonly string[]): void {
  const named = logOriginField.read(origin, '--origin');
  if (!named.ok) {
    throw new TielineError('origin', named.detail, {
      hint: 'use a name of yours, such as grid.example/main',
    });
  }
  if (!names.every(isName)) {
    throw new TielineError('name', 'names are printable and have 1 to 64 characters', {
      hint: 'give others to the organisation and the person who may enrol chains',
    });
  }
}

function configText({ origin, mqttUrl, httpPort }: InitOptions): string {
  return `# The centre that keeps the main log ${origin}.
# Paths are relative to this file. Start it with: tieline dispatch --config dispatch.yaml

data: .                # ledger.sqlite, history.sqlite, main-log.key

mqtt:
  url: ${JSON.stringify(mqttUrl)}

http:
  host: 127.0.0.1      # others need tls and tokens (tieline dispatch token)
  port: ${httpPort}
`;
}

// SPDX-License-Identifier: Apache-2.0
// Enrols a sidechain from where a person works: signs its genesis with that person's key and hands
// both to the centre. The centre checks the signature, not the way it came.

import { readFile } from 'node:fs/promises';
import { toBase64, toHex } from '../base/bytes.ts';
import { messageOf, TielineError } from '../base/errors.ts';
import { isName } from '../base/label.ts';
import { nodeSuite } from '../base/node-suite.ts';
import type { Signer } from '../base/suite.ts';
import { wallClockMs } from '../host/clock.ts';
import { signEnrolment } from '../sidechain/chain/enrolment.ts';
import { type OpenGenesis, openGenesis } from '../sidechain/chain/genesis.ts';
import { askApi, detailOf, textIn } from './api-client.ts';

export type Enrolled = {
  /** 64 hex digits. */
  readonly chainId: string;
  readonly name: string;
  /** False where it was enrolled before. */
  readonly isNew: boolean;
};

/**
 * @param options.apiUrl of the centre, `http://127.0.0.1:8080`.
 * @param options.name what the network calls the chain; by default the name of its first member.
 * @throws TielineError `genesis`, `name`, `api-unreachable` (transient), `not-enrolled` with the reason,
 * `centre-undecided` (transient).
 */
export async function enrolChain(options: {
  readonly apiUrl: string;
  readonly genesisPath: string;
  readonly signer: Signer;
  readonly name?: string | undefined;
  /** A token of the API, of the role dispatch-centre. */
  readonly token?: string | undefined;
}): Promise<Enrolled> {
  const { signer } = options;
  const { genesis, chainId, bytes } = await readGenesis(options.genesisPath);
  const name = options.name ?? genesis.members[0]?.name ?? toHex(chainId).slice(0, 8);
  if (!isName(name)) {
    throw new TielineError('name', 'a chain is called something printable of 1 to 64 characters', {
      hint: 'give it another with --name',
    });
  }
  const enrolment = signEnrolment(
    { chainId, name, timeMs: wallClockMs() },
    genesis.mainLog.id,
    signer,
  );
  const answer = await askApi(options, '/api/v1/chains', {
    post: { genesis: toBase64(bytes), enrolment: toBase64(enrolment) },
  });
  if (answer.status !== 200 && answer.status !== 201) {
    const detail = detailOf(answer);
    if (answer.status === 429 || answer.status === 503) {
      throw new TielineError('centre-undecided', `the centre cannot enrol it now: ${detail}`, {
        retry: 'transient',
        hint: 'try again; `/healthz` of the centre says how it stands',
      });
    }
    throw new TielineError('not-enrolled', `the centre did not enrol the chain: ${detail}`);
  }
  const isNew = answer.status === 201;
  return { chainId: toHex(chainId), name: textIn(answer.body, 'name') ?? name, isNew };
}

/** @throws TielineError `genesis` */
export async function readGenesis(path: string): Promise<OpenGenesis> {
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(await readFile(path));
  } catch (cause) {
    throw new TielineError('genesis', `cannot read ${path}: ${messageOf(cause)}`, {
      hint: '`tieline init` writes genesis.cbor beside the configuration of the gateway',
      cause,
    });
  }
  const opened = openGenesis(nodeSuite, bytes);
  if (opened.ok) return opened.value;
  throw new TielineError('genesis', `${path} is not the genesis of a sidechain: ${opened.detail}`);
}

// SPDX-License-Identifier: Apache-2.0
// What an officer of an organisation does from where he works: looks at the registry, proposes a change,
// votes for one. What is signed is read here, from the bytes themselves; the centre's word for it counts
// nothing.

import { readFile } from 'node:fs/promises';
import { fromBase64, fromHex, fromUtf8, toBase64, toHex } from '../base/bytes.ts';
import { messageOf, TielineError } from '../base/errors.ts';
import { nodeSuite as suite } from '../base/node-suite.ts';
import type { Signer } from '../base/suite.ts';
import { wallClockMs } from '../host/clock.ts';
import {
  type OpenProposal,
  openGovernance,
  signProposal,
  signVote,
} from '../sidechain/chain/governance.ts';
import { newestKeys } from '../sidechain/chain/key-periods.ts';
import type { MainLog } from '../sidechain/chain/main-log.ts';
import { parseKeyPeriods } from '../sidechain/chain/main-log-file.ts';
import type { MainRegistry } from '../sidechain/chain/main-registry.ts';
import type { RegistryChange } from '../sidechain/chain/main-registry-change.ts';
import type { KeyPeriods } from '../sidechain/chain/retired-key.ts';
import { parseChange, type registryView } from './api/registry-view.ts';
import { type ApiPlace, askApi, detailOf, valueIn } from './api-client.ts';

export type ShownRegistry = ReturnType<typeof registryView>;

/** A proposal that waits, read from its bytes. */
export type OpenedProposal = {
  readonly open: OpenProposal;
  readonly organisation: string;
  readonly signedBy: readonly string[];
  readonly needed: number;
};

export type Governed =
  | {
      readonly status: 'pending';
      readonly id: string;
      readonly signedBy: readonly string[];
      readonly needed: number;
    }
  | { readonly status: 'taken'; readonly version: number; readonly logIndex: number };

/** With the keys that count now. @throws TielineError `main-log` */
export async function readMainLog(path: string): Promise<MainLog> {
  return newestKeys(await readKeyPeriods(path));
}

/** With all keys that ever did. @throws TielineError `main-log` */
export async function readKeyPeriods(path: string): Promise<KeyPeriods> {
  const text = await readFile(path).catch((cause: unknown) => {
    throw new TielineError('main-log', `cannot read ${path}: ${messageOf(cause)}`, {
      hint: '`tieline dispatch init` writes main-log.json; ask who keeps the log for it',
      cause,
    });
  });
  const read = parseKeyPeriods(fromUtf8(new Uint8Array(text)) ?? '');
  if (read.ok) return read.value;
  throw new TielineError('main-log', `${path} describes no main log: ${read.detail}`);
}

/** @throws TielineError as `askApi` does, `api-refused` */
export async function fetchRegistry(place: ApiPlace): Promise<ShownRegistry> {
  return (await get(place, '/api/v1/registry')) as ShownRegistry;
}

/** What people see of it, for the names that a proposal's keys have. */
export function registryIn({ organisations, persons, threshold }: ShownRegistry): MainRegistry {
  const bytes = (hex: string) => fromHex(hex) ?? new Uint8Array();
  return {
    organisations: organisations.map((one) => ({
      ...one,
      governanceKey: one.governanceKey === null ? null : bytes(one.governanceKey),
    })),
    persons: persons.map((one) => ({ ...one, publicKey: bytes(one.publicKey) })),
    keys: [],
    threshold,
  };
}

/** Those that wait, whose bytes hold. @throws TielineError as `askApi` does, `api-refused` */
export async function fetchProposals(place: ApiPlace): Promise<readonly OpenedProposal[]> {
  const items = valueIn(await get(place, '/api/v1/proposals'), 'items');
  return (Array.isArray(items) ? items : []).flatMap((item) => {
    const bytes = fromBase64(String(valueIn(item, 'proposal')));
    const opened = bytes && openGovernance(suite, bytes);
    if (!opened?.ok || opened.value.kind !== 'proposal') return [];
    const organisation = String(valueIn(item, 'organisation'));
    const signedBy = valueIn(item, 'signedBy');
    const needed = Number(valueIn(item, 'needed'));
    return [{ open: opened.value, organisation, needed, signedBy: asTexts(signedBy) }];
  });
}

/** @throws TielineError as `askApi` does, `not-taken` with the reason */
export async function propose(
  place: ApiPlace,
  proposal: {
    readonly changes: readonly RegistryChange[];
    readonly reason: string;
    readonly mainLog: MainLog;
    readonly signer: Signer;
  },
): Promise<Governed> {
  const { changes, reason, mainLog, signer } = proposal;
  const { version, mainLog: shown } = await fetchRegistry(place);
  requireSameLog(mainLog, shown.id);
  const content = { version: version + 1, changes, reason, timeMs: wallClockMs() };
  return submit(place, signProposal(content, mainLog.id, signer));
}

/** @throws TielineError as `askApi` does, `unknown-proposal`, `not-taken` with the reason */
export async function vote(
  place: ApiPlace,
  given: { readonly proposal: OpenProposal; readonly mainLog: MainLog; readonly signer: Signer },
): Promise<Governed> {
  const { proposal, mainLog, signer } = given;
  return submit(place, signVote(proposal.id, mainLog.id, signer));
}

/** By its id or what it begins with. @throws TielineError `unknown-proposal` */
export function proposalNamed(proposals: readonly OpenedProposal[], id: string): OpenedProposal {
  const found = proposals.filter(({ open }) => toHex(open.id).startsWith(id.toLowerCase()));
  const [proposal] = found;
  if (proposal !== undefined && found.length === 1) return proposal;
  const what = found.length === 0 ? 'no proposal' : `${found.length} proposals`;
  throw new TielineError('unknown-proposal', `${what} beginning with ${id}`, {
    hint: '`tieline dispatch govern list` shows what waits for votes',
  });
}

/** A list of changes as the API shows them, in a file. @throws TielineError `changes` */
export async function readChanges(path: string): Promise<readonly RegistryChange[]> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw new TielineError('changes', `cannot read ${path}: ${messageOf(cause)}`, { cause });
  }
  if (!Array.isArray(parsed)) throw new TielineError('changes', `${path} holds no list`);
  return parsed.map((item: unknown, i) => {
    const change = parseChange(item);
    if (change.ok) return change.value;
    throw new TielineError('changes', `change ${i + 1} in ${path}: ${change.detail}`);
  });
}

async function submit(place: ApiPlace, statement: Uint8Array): Promise<Governed> {
  const post = { statement: toBase64(statement) };
  const answer = await askApi(place, '/api/v1/governance', { post });
  if (answer.status !== 200 && answer.status !== 202) {
    throw new TielineError('not-taken', `the main log did not take it: ${detailOf(answer)}`);
  }
  const { body } = answer;
  if (answer.status === 200) {
    return {
      status: 'taken',
      version: Number(valueIn(body, 'version')),
      logIndex: Number(valueIn(body, 'logIndex')),
    };
  }
  const proposal = valueIn(body, 'proposal');
  return {
    status: 'pending',
    id: String(valueIn(proposal, 'id')),
    signedBy: asTexts(valueIn(proposal, 'signedBy')),
    needed: Number(valueIn(proposal, 'needed')),
  };
}

async function get(place: ApiPlace, path: string): Promise<unknown> {
  const answer = await askApi(place, path);
  if (answer.status === 200) return answer.body;
  throw new TielineError('api-refused', `the centre did not answer: ${detailOf(answer)}`);
}

function requireSameLog({ id, origin }: MainLog, shown: string): void {
  if (toHex(id) === shown) return;
  throw new TielineError('main-log', `this centre keeps another log than ${origin}`, {
    hint: 'name the API of that log, or its own main-log.json',
  });
}

function asTexts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

// SPDX-License-Identifier: Apache-2.0
// The genesis of a new chain: this gateway first, then the members whose files were given, in their
// order.

import { readFile } from 'node:fs/promises';
import { equal, fromHex } from '../base/bytes.ts';
import { TielineError } from '../base/errors.ts';
import { checkPublicKey } from '../base/key-check.ts';
import { isName } from '../base/label.ts';
import type { Signer } from '../base/suite.ts';
import { type Genesis, signGenesis } from '../sidechain/chain/genesis.ts';
import type { MainLog } from '../sidechain/chain/main-log.ts';
import { parseMainLogFile } from '../sidechain/chain/main-log-file.ts';
import { enterRight, membersRight } from '../sidechain/chain/member.ts';
import { isPolicyPossible, type Policy, signersNeeded } from '../sidechain/chain/policy.ts';
import { assertName } from './make-key.ts';
import type { MemberFile } from './member-file.ts';

export type NewChain = {
  readonly kind: 'new';
  /** Of this gateway; else as its own member file says. */
  readonly name: string | undefined;
  /** File that the operator of the main log gave out. */
  readonly mainLogFile: string;
  readonly policy: Policy;
  /** Who may change the members: `NAME=PUBLICKEY`, the key in hex; of nobody they are fixed. */
  readonly engineers: readonly string[];
  /** Who may enter data by hand, and no more; written as the engineers are. */
  readonly operators: readonly string[];
  readonly windowMs: number;
  readonly graceMs: number;
};

/** @throws TielineError `name`, `main-log`, `member-file`, `policy` */
export async function newGenesis(
  chain: NewChain,
  given: {
    readonly signer: Signer;
    readonly known: readonly MemberFile[];
    readonly own: MemberFile | undefined;
    readonly nowMs: number;
    readonly random: (length: number) => Uint8Array;
  },
): Promise<Uint8Array> {
  const { signer, known, own, nowMs, random } = given;
  const name = chain.name ?? own?.name ?? 'gateway-1';
  assertName(name);
  const { publicKey } = signer;
  const others = known.filter((member) => !equal(member.publicKey, publicKey));
  const members = [{ name, publicKey }, ...others].map((member) => ({
    publicKey: member.publicKey,
    role: 'voter' as const,
    name: member.name,
  }));
  assertDistinct(members.map((member) => member.name));
  assertPossible(chain.policy, members.length);
  return signGenesis(
    {
      version: 1,
      members,
      policy: chain.policy,
      persons: [
        ...chain.engineers.map((text) => personOf(text, 'engineer')),
        ...chain.operators.map((text) => personOf(text, 'operator')),
      ],
      mainLog: await readMainLog(chain.mainLogFile),
      summary: { windowMs: chain.windowMs, graceMs: chain.graceMs },
      timeMs: nowMs,
      nonce: random(32),
    },
    signer,
  );
}

const rightOf = { engineer: membersRight, operator: enterRight } as const;

/** @throws TielineError `engineer`, `operator` */
function personOf(text: string, role: keyof typeof rightOf): Genesis['persons'][number] {
  const [, name = '', hex = ''] = /^(.+)=([0-9a-fA-F]{64})$/.exec(text) ?? [];
  const publicKey = fromHex(hex.toLowerCase()) ?? new Uint8Array();
  const checked = checkPublicKey(publicKey);
  if (isName(name) && checked.ok) return { publicKey, name, rights: [rightOf[role]] };
  const why = checked.ok ? 'the name is none' : checked.detail;
  throw new TielineError(role, `\`${text}\` names no ${role}: ${why}`, {
    hint: 'NAME=PUBLICKEY, as `tieline key --person NAME --out FILE` prints it',
  });
}

/** The chain knows members by their keys; people, and the configuration, by their names. */
function assertDistinct(names: readonly string[]): void {
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice === undefined) return;
  throw new TielineError('member-file', `two members are called ${twice}`, {
    hint: 'give one of them another name: `tieline key --name`',
  });
}

function assertPossible(policy: Policy, voterCount: number): void {
  if (isPolicyPossible(policy, voterCount)) return;
  const needed = signersNeeded(policy, voterCount);
  const text = `to prevent a fork by ${policy.faulty} it takes ${needed} co-signatures`;
  throw new TielineError('policy', `${text}, and there are ${voterCount} members`, {
    hint: 'give a smaller --faulty, or more --members',
  });
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

// SPDX-License-Identifier: Apache-2.0
// Copies of a whole node of a consortium: its ledger, and its engine with what that has voted for.
// The two belong together, and are copied while the node does not run: the others go on meanwhile.
// Brought back, the node has no vote until it has what the others decided (`returning.ts`).

import { existsSync } from 'node:fs';
import { lstat, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { equal } from '../base/bytes.ts';
import { messageOf, TielineError } from '../base/errors.ts';
import { nodeSuite } from '../base/node-suite.ts';
import { createFileDurably, syncDirectory } from '../host/files.ts';
import { readKeyFile } from '../host/key-file.ts';
import { copyDatabase } from '../host/sqlite-copy.ts';
import type { DispatchConfig } from './config.ts';
import { dispatchFiles } from './files.ts';
import { engineSockets } from './ordering/consortium/engine-home.ts';
import { giveKeyBack, holdBackKey, isReturning } from './ordering/consortium/returning.ts';
import { auditLedger, type LedgerAudit } from './store/audit-ledger.ts';

export type NodeConfig = Pick<DispatchConfig, 'data'> & {
  readonly consortium: NonNullable<DispatchConfig['consortium']>;
};

const engineDirectory = 'engine';

/**
 * Into a directory that is made. It holds keys: whoever has it can speak for the organisation.
 * @throws TielineError `node-runs`, `copy-exists`, `ledger-damaged`, `file`
 */
export async function backUpNode(
  { data, consortium }: NodeConfig,
  to: string,
): Promise<LedgerAudit> {
  const { home } = consortium;
  await requireStopped(home);
  if (isReturning(home)) {
    throw new TielineError(
      'node-returning',
      'this node came back from a copy, and has no vote yet',
      {
        hint: 'start it, and copy it when its log has said `node-returned`',
      },
    );
  }
  if (existsSync(to)) {
    throw new TielineError('copy-exists', `${to} is there already`, {
      hint: 'choose another name; nothing is ever overwritten',
    });
  }
  const unfinished = `${to}-new`;
  await attempt(to, async () => {
    await rm(unfinished, { recursive: true, force: true });
    await mkdir(unfinished, { recursive: true, mode: 0o700 });
  });
  const copied = dispatchFiles(unfinished);
  const own = dispatchFiles(data);
  copyDatabase({ from: own.ledger, to: copied.ledger });
  const audit = await auditLedger(nodeSuite, copied.ledger);
  await attempt(to, async () => {
    await copyFile(own.logKey, copied.logKey);
    await copyTree(home, join(unfinished, engineDirectory));
    // Nobody has started it meanwhile: what it then voted for would be missing.
    await requireStopped(home);
    await rename(unfinished, to);
    await syncDirectory(dirname(to));
  });
  return audit;
}

/**
 * Where no ledger and no engine is left. The node votes again when it has heard the others.
 * @throws TielineError `database-exists`, `copy`, `wrong-key`, `ledger-damaged`, `file`
 */
export async function restoreNode(
  { data, consortium }: NodeConfig,
  from: string,
): Promise<LedgerAudit> {
  const { home } = consortium;
  const files = dispatchFiles(data);
  const copied = dispatchFiles(from);
  for (const path of [files.ledger, home]) {
    if (!existsSync(path)) continue;
    throw new TielineError('database-exists', `${path} exists already`, {
      hint: 'move it away first; it may hold what the copy does not',
    });
  }
  if (!existsSync(join(from, engineDirectory, 'data'))) {
    throw new TielineError('copy', `${from} is no copy of a node`, {
      hint: '`tieline dispatch backup` of a node in a consortium makes a directory',
    });
  }
  const audit = await auditLedger(nodeSuite, copied.ledger);
  if (!existsSync(files.logKey)) {
    await attempt(data, () => copyFile(copied.logKey, files.logKey));
  }
  const [own, kept] = [await readKeyFile(files.logKey), await readKeyFile(copied.logKey)];
  if (!equal(own.publicKey, kept.publicKey)) {
    throw new TielineError('wrong-key', `${files.logKey} is another organisation's`, {
      hint: 'restore into the directory that has the main-log.key of this organisation, or none',
    });
  }
  const unfinished = `${home}-new`;
  await attempt(home, async () => {
    await rm(unfinished, { recursive: true, force: true });
    await copyTree(join(from, engineDirectory), unfinished);
  });
  // Before it is where the engine would be started: it must not vote by the state of the copy.
  await holdBackKey(unfinished);
  copyDatabase({ from: copied.ledger, to: files.ledger });
  await attempt(home, async () => {
    await rename(unfinished, home);
    await syncDirectory(dirname(home));
  });
  return audit;
}

/** The operator's word that this node has not run since the copy was made. */
export async function trustNodeCopy({ consortium: { home } }: NodeConfig): Promise<void> {
  await requireStopped(home);
  if (isReturning(home)) await giveKeyBack(home, undefined);
}

async function requireStopped(home: string): Promise<void> {
  if (!(await answers(engineSockets(home).app))) return;
  throw new TielineError(
    'node-runs',
    'this node runs, and what it votes for changes all the time',
    {
      hint: 'end it, copy it, start it again: the other organisations go on meanwhile',
    },
  );
}

function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

/** Files and directories; sockets are of the moment. */
async function copyTree(from: string, to: string): Promise<void> {
  await mkdir(to, { mode: 0o700 });
  for (const name of await readdir(from)) {
    const [source, target] = [join(from, name), join(to, name)];
    const found = await lstat(source);
    if (found.isDirectory()) await copyTree(source, target);
    else if (found.isFile()) await copyFile(source, target, found.mode & 0o777);
  }
  await syncDirectory(to);
}

async function copyFile(from: string, to: string, mode = 0o600): Promise<void> {
  await createFileDurably(to, new Uint8Array(await readFile(from)), { mode });
}

async function attempt(path: string, step: () => Promise<void>): Promise<void> {
  try {
    await step();
  } catch (cause) {
    if (cause instanceof TielineError) throw cause;
    throw new TielineError('file', `cannot write ${path}: ${messageOf(cause)}`, { cause });
  }
}

// SPDX-License-Identifier: Apache-2.0
// Words of the market that wait to be sent: one file each in a directory, on the disk before anybody is
// told, gone when the receipt is there. The same bytes are sent again, and count once. What was refused
// for good is kept beside, with the reason.

import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { equal, fromBase64, toBase64, toHex, utf8 } from '../../base/bytes.ts';
import { messageOf, TielineError } from '../../base/errors.ts';
import { nodeSuite as suite } from '../../base/node-suite.ts';
import { tradeLimits } from '../../base/trade-limits.ts';
import { createFileDurably, writeFileDurably } from '../../host/files.ts';
import { firstPeriod } from '../../sidechain/chain/key-periods.ts';
import type { MainLog } from '../../sidechain/chain/main-log.ts';
import { type ApiPlace, askApi, detailOf, textIn } from '../api-client.ts';
import { checkRecordReceipt } from '../put-record.ts';

/** What became of one of them; `id`: SHA-256 of the record, in hex. */
export type Sent =
  | { readonly id: string; readonly status: 'taken'; readonly logIndex: number }
  | { readonly id: string; readonly status: 'refused'; readonly reason: string }
  | { readonly id: string; readonly status: 'waits'; readonly reason: string };

const ending = '.record';

/** On the disk when it resolves. @throws TielineError `queue-full`, `file` */
export async function enqueue(
  directory: string,
  record: Uint8Array,
  nowMs: number,
): Promise<string> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const waiting = await waitingIn(directory);
  if (waiting.length >= tradeLimits.queueMax) {
    throw new TielineError('queue-full', `${waiting.length} statements wait in ${directory}`, {
      hint: '`tieline market send` sends them, and says what keeps them',
    });
  }
  const id = toHex(suite.sha256(record));
  // In the order in which they were signed, as far as the clock tells.
  const name = `${String(nowMs).padStart(15, '0')}-${id}`;
  if (!waiting.some((one) => one.endsWith(`-${id}`))) {
    await createFileDurably(join(directory, name + ending), record, { mode: 0o600 });
  }
  return id;
}

/** Tries all of them, in their order; where the centre cannot be reached the rest waits, too. */
export async function sendWaiting(
  directory: string,
  place: ApiPlace,
  mainLog: MainLog,
): Promise<readonly Sent[]> {
  const sent: Sent[] = [];
  let silence: string | undefined;
  for (const name of await waitingIn(directory)) {
    const id = name.split('-')[1] ?? '';
    if (silence !== undefined) {
      sent.push({ id, status: 'waits', reason: silence });
      continue;
    }
    const path = join(directory, name + ending);
    const record = await stillWaiting(path);
    // Another program has sent it meanwhile.
    if (record === undefined) continue;
    const outcome = await sendOne(record, place, mainLog);
    switch (outcome.kind) {
      case 'taken':
        await writeFileDurably(join(directory, `${name}.receipt`), outcome.receipt);
        await rm(path, { force: true });
        sent.push({ id, status: 'taken', logIndex: outcome.logIndex });
        break;
      case 'refused':
        await writeFileDurably(join(directory, `${name}.refused`), utf8(`${outcome.reason}\n`));
        await rm(path, { force: true });
        sent.push({ id, status: 'refused', reason: outcome.reason });
        break;
      case 'waits':
        sent.push({ id, status: 'waits', reason: outcome.reason });
        if (outcome.isSilent) silence = outcome.reason;
    }
  }
  return sent;
}

type Outcome =
  | { readonly kind: 'taken'; readonly logIndex: number; readonly receipt: Uint8Array }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'waits'; readonly reason: string; readonly isSilent: boolean };

async function sendOne(record: Uint8Array, place: ApiPlace, mainLog: MainLog): Promise<Outcome> {
  const post = { record: toBase64(record) };
  let answer: Awaited<ReturnType<typeof askApi>>;
  try {
    answer = await askApi(place, '/api/v1/market/records', { post });
  } catch (error) {
    if (!(error instanceof TielineError) || error.retry !== 'transient') throw error;
    return { kind: 'waits', reason: messageOf(error), isSilent: true };
  }
  const { status, body } = answer;
  if (status === 200 || status === 201) {
    const receipt = fromBase64(textIn(body, 'receipt') ?? '') ?? new Uint8Array();
    const { statement, index: logIndex } = checkRecordReceipt(receipt, firstPeriod(mainLog));
    if (equal(statement, record)) return { kind: 'taken', logIndex, receipt };
    throw new TielineError('receipt', 'the centre gave a receipt for something else');
  }
  const code = textIn(body, 'code');
  const reason = code === undefined ? detailOf(answer) : `${code}: ${detailOf(answer)}`;
  // A window may be full, a log busy: the next time it is taken. A wrong token is mended, too.
  const isForGood = status === 422 && code !== 'full';
  return isForGood
    ? { kind: 'refused', reason }
    : { kind: 'waits', reason, isSilent: code !== 'full' };
}

async function stillWaiting(path: string): Promise<Uint8Array | undefined> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Names without their ending, the oldest first. */
async function waitingIn(directory: string): Promise<readonly string[]> {
  const names = await readdir(directory).catch(() => []);
  return names
    .filter((name) => name.endsWith(ending))
    .map((name) => name.slice(0, -ending.length))
    .sort();
}

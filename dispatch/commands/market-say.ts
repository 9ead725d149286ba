// SPDX-License-Identifier: Apache-2.0
// What every command has in common that says something in the market: a key that signs, a directory where
// the statement is kept before it is sent, and what is told of it.

import { fromHex } from '../../base/bytes.ts';
import type { Signer } from '../../base/suite.ts';
import { wallClockMs } from '../../host/clock.ts';
import { type Option, required, textOf, usageError, type Values } from '../../host/command.ts';
import { readKeyFile } from '../../host/key-file.ts';
import type { MainLog } from '../../sidechain/chain/main-log.ts';
import { signRecord, type TradeKind } from '../../sidechain/chain/main-record.ts';
import type { ApiPlace } from '../api-client.ts';
import { readMainLog } from '../govern.ts';
import { enqueue, type Sent, sendWaiting } from '../market/queue.ts';
import { apiOptions, apiPlaceOf } from './api-options.ts';

export const sayOptions: Readonly<Record<string, Option>> = {
  'main-log': { value: 'FILE', description: 'main-log.json of the log that it is for' },
  key: { value: 'FILE', description: 'key of a person with the right to it' },
  queue: { value: 'DIR', description: 'where it waits to be taken; by default market-queue' },
  ...apiOptions,
  json: { description: 'say what became of it as JSON' },
};

export const sayNotes = `What is signed is on the disk before it is sent. Where the centre is silent
it waits there, and \`tieline market send\` sends it again: the same bytes count once.

Exit codes:
  0  it is taken, or waits in the directory
  1  it is refused; the reason stands beside it`;

export type Saying = {
  readonly mainLog: MainLog;
  readonly signer: Signer;
  readonly place: ApiPlace;
  readonly nowMs: number;
};

export async function sayingOf(name: string, values: Values): Promise<Saying> {
  return {
    mainLog: await readMainLog(required(name, values, 'main-log')),
    signer: await readKeyFile(required(name, values, 'key')),
    place: await apiPlaceOf(values),
    nowMs: wallClockMs(),
  };
}

/** Signs it, keeps it, and sends all that waits. */
export async function say(
  { mainLog, signer, place, nowMs }: Saying,
  said: { readonly kind: TradeKind; readonly content: Uint8Array },
  { values, print }: { readonly values: Values; readonly print: (line: string) => void },
): Promise<number> {
  const record = signRecord(said, mainLog.id, signer);
  const queue = queueOf(values);
  const id = await enqueue(queue, record, nowMs);
  const sent = await sendWaiting(queue, place, mainLog);
  // Another program may have sent it meanwhile.
  const elsewhere: Sent = { id, status: 'waits', reason: 'sent by another program' };
  const own = sent.find((one) => one.id === id) ?? elsewhere;
  print(values.json === true ? JSON.stringify(own) : textOfSent(own));
  return own.status === 'refused' ? 1 : 0;
}

export function queueOf(values: Values): string {
  return textOf(values, 'queue') ?? 'market-queue';
}

export function textOfSent(sent: Sent): string {
  const what = sent.status === 'taken' ? `leaf ${sent.logIndex}` : sent.reason;
  return `${sent.status.padEnd(8)} ${sent.id}  ${what}`;
}

/** 32 bytes of a hash or an id; null where it is not given. */
export function hashOf(name: string, values: Values, option: string): Uint8Array | null {
  const text = textOf(values, option);
  if (text === undefined) return null;
  const bytes = fromHex(text);
  if (bytes?.length === 32) return bytes;
  throw usageError(`--${option} is 64 hex digits`, name);
}

export function requiredHash(name: string, values: Values, option: string): Uint8Array {
  required(name, values, option);
  return hashOf(name, values, option) ?? new Uint8Array();
}

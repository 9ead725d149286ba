// SPDX-License-Identifier: Apache-2.0
// Asking a DL/T 645-2007 meter on a line that it may share with others: one item of data, in as many
// frames as it takes, or its address.

import { concat } from '../../base/bytes.ts';
import type { ByteAnswer, ByteLine, Talk } from '../bus/byte-line.ts';
import { type AskOptions, anybody, type Faulty, faulty, peerOf } from '../line.ts';
import {
  addressRequest,
  type DltAnswer,
  type DltRequest,
  encodeRequest,
  identifierLength,
  judgeAnswer,
  readOnRequest,
  readRequest,
} from './exchange.ts';
import { anyAddress, isAddress, sentLength } from './frame.ts';

export type DataAnswer =
  | { readonly ok: true; readonly data: Uint8Array; readonly afterFault: boolean }
  | Faulty;

// An adapter's echo, and noise when the line turns round.
const strayBytesMax = 32;
const addressLength = 6;
// A profile of a month; nothing that is read here needs more than one.
const framesMax = 64;

/** Never rejects. `length`: of the data, as it should be. */
export function readData(
  line: ByteLine,
  place: { readonly address: string; readonly identifier: string; readonly length: number },
  options: AskOptions = {},
): Promise<DataAnswer> {
  return line.converse((talk) => gather(talk, place), options);
}

async function gather(
  talk: Talk,
  place: { readonly address: string; readonly identifier: string; readonly length: number },
): Promise<DataAnswer> {
  const { address, identifier, length } = place;
  let request = readRequest(address, identifier);
  let data: Uint8Array = new Uint8Array();
  let afterFault = false;
  for (let sequence = 1; sequence <= framesMax; sequence++) {
    const answer = await askOne(talk, request, identifierLength + length);
    if (!answer.ok) return answer;
    if (answer.value.kind === 'refused') return refused(address, answer.value.errorWord);
    afterFault ||= answer.afterFault;
    // Frames that go on end with their number.
    const last = sequence === 1 ? undefined : answer.value.data.at(-1);
    if (sequence > 1 && last !== sequence - 1) return outOfOrder(address);
    data = concat(data, sequence === 1 ? answer.value.data : answer.value.data.subarray(0, -1));
    if (!answer.value.more) return { ok: true, data, afterFault };
    request = readOnRequest(address, identifier, sequence);
  }
  return outOfOrder(address);
}

/** The address of the only meter on the line. */
export async function discoverAddress(
  line: ByteLine,
): Promise<{ readonly ok: true; readonly address: string } | Faulty> {
  const answer = await line.converse((talk) => askOne(talk, addressRequest(), addressLength));
  if (!answer.ok) {
    const { fault } = answer;
    if (fault.kind !== 'crc' && fault.kind !== 'malformed') return answer;
    return faulty({ kind: fault.kind, detail: fault.detail, hint: severalMeters });
  }
  if (answer.value.kind === 'refused') return refused(anyAddress, answer.value.errorWord);
  const { address } = answer.value;
  if (isAddress(address)) return { ok: true, address };
  return faulty({ kind: 'malformed', detail: `${address} is no address`, hint: severalMeters });
}

export function askOne(
  talk: Talk,
  request: DltRequest,
  answerDataLength: number,
): Promise<ByteAnswer<DltAnswer>> {
  const send = encodeRequest(request);
  return talk.exchange({
    peer: nameOf(request.address),
    send,
    judge: (received) => judgeAnswer(request, received),
    bytesMax: sentLength(answerDataLength) + send.length + strayBytesMax,
  });
}

export function refused(address: string, errorWord: number): Faulty {
  const words = errorWords.filter((_, bit) => (errorWord & (1 << bit)) !== 0);
  const detail = `${nameOf(address)} refuses: ${words.join(', ') || 'without a reason'}`;
  return faulty({ kind: 'exception', exceptionCode: errorWord, detail });
}

function outOfOrder(address: string): Faulty {
  const detail = `${nameOf(address)} sends its data out of order, or without end`;
  return faulty({ kind: 'malformed', detail });
}

function nameOf(address: string): string {
  return address === anyAddress ? anybody : peerOf(0, address);
}

/** By bit. */
const errorWords = [
  'another error',
  'no such data',
  'wrong password or no permission',
  'the speed cannot be changed',
  'too many yearly time zones',
  'too many daily time slots',
  'too many tariffs',
];

const severalMeters =
  'where several meters share the line they answer at once: give the address that stands on the meter';

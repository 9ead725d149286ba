// SPDX-License-Identifier: Apache-2.0
// Answers of the centre to a chain, each signed by a key of the main log and bound to the chain, so that the
// broker between them cannot make one up.

import { toHex } from '../../base/bytes.ts';
import type { CborValue } from '../../base/cbor.ts';
import { sign1, verifySign1 } from '../../base/cose.ts';
import { accept, type Result, refuse } from '../../base/errors.ts';
import {
  bytes,
  bytesUpTo,
  choice,
  decodeWith,
  encodeWith,
  type Field,
  type FormResult,
  listOf,
  malformed,
  text,
  tuple,
  uint,
} from '../../base/fields.ts';
import { keyIdOf } from '../../base/ids.ts';
import { limits } from '../../base/limits.ts';
import type { Signer, Suite } from '../../base/suite.ts';
import { chainAad, mediaType } from './entry.ts';
import type { MainLog } from './main-log.ts';
import { openStatement } from './statement.ts';

export type Answer =
  /** The anchor was taken: a receipt message. */
  | { readonly kind: 'receipt'; readonly message: Uint8Array }
  /** A larger checkpoint was taken before: the newest receipt message. */
  | { readonly kind: 'stale'; readonly message: Uint8Array }
  /** The consistency proof started elsewhere: send again from this size. */
  | { readonly kind: 'base'; readonly size: number }
  | {
      readonly kind: 'refused';
      readonly what: 'anchor' | 'summary' | 'event' | 'membership' | 'answer';
      readonly code: string;
      readonly detail: string;
      /** SHA-256 of the message that was refused. */
      readonly messageHash: Uint8Array;
    }
  /** The report, change of members, or answer to a request, with this hash is durable at the centre. */
  | { readonly kind: 'noted'; readonly messageHash: Uint8Array }
  /** These outputs of this block are durable at the centre. */
  | { readonly kind: 'stored'; readonly height: number; readonly indexes: readonly number[] };

const messageField = tuple(choice('receipt', 'stale'), bytesUpTo(limits.messageBytesMax));
const baseField = tuple(choice('base'), uint());
const refusedField = tuple(
  choice('refused'),
  choice('anchor', 'summary', 'event', 'membership', 'answer'),
  text(64),
  text(512),
  bytes(32),
);
const notedField = tuple(choice('noted'), bytes(32));
const storedField = tuple(choice('stored'), uint(), listOf(uint(), limits.messageOutputsMax));

const answerField: Field<Answer> = {
  read: readAnswer,
  write: (answer) => {
    switch (answer.kind) {
      case 'receipt':
      case 'stale':
        return messageField.write([answer.kind, answer.message]);
      case 'base':
        return baseField.write(['base', answer.size]);
      case 'refused': {
        const { what, code, detail, messageHash } = answer;
        return refusedField.write(['refused', what, code, detail, messageHash]);
      }
      case 'noted':
        return notedField.write(['noted', answer.messageHash]);
      case 'stored':
        return storedField.write(['stored', answer.height, answer.indexes]);
    }
  },
};

function readAnswer(value: CborValue, path: string): FormResult<Answer> {
  switch (Array.isArray(value) ? value[0] : undefined) {
    case 'receipt':
    case 'stale': {
      const read = messageField.read(value, path);
      return read.ok ? accept({ kind: read.value[0], message: read.value[1] }) : read;
    }
    case 'base': {
      const read = baseField.read(value, path);
      return read.ok ? accept({ kind: 'base', size: read.value[1] }) : read;
    }
    case 'refused': {
      const read = refusedField.read(value, path);
      if (!read.ok) return read;
      const [kind, what, code, detail, messageHash] = read.value;
      return accept({ kind, what, code, detail, messageHash });
    }
    case 'noted': {
      const read = notedField.read(value, path);
      return read.ok ? accept({ kind: 'noted', messageHash: read.value[1] }) : read;
    }
    case 'stored': {
      const read = storedField.read(value, path);
      return read.ok
        ? accept({ kind: 'stored', height: read.value[1], indexes: read.value[2] })
        : read;
    }
    default:
      return malformed(path, 'an answer of a known kind');
  }
}

export function signAnswer(answer: Answer, chainId: Uint8Array, signer: Signer): Uint8Array {
  return sign1(
    {
      type: mediaType('answer'),
      kid: signer.keyId,
      payload: encodeWith(answerField, answer),
      externalAad: chainAad(chainId),
    },
    signer,
  );
}

/** Bytes are attacker-controlled: the broker is not trusted with integrity. */
export function openAnswer(
  suite: Suite,
  input: Uint8Array,
  known: { readonly chainId: Uint8Array; readonly mainLog: MainLog },
): Result<Answer, 'answer'> {
  const opened = openStatement(input, { kind: 'answer', bytesMax: limits.messageBytesMax });
  if (!opened.ok) return refuse('answer', opened.detail);
  const { keyId, payload, sign1: signed } = opened.value;
  const key = known.mainLog.keys.find(
    ({ publicKey }) => toHex(keyIdOf(suite, publicKey)) === toHex(keyId),
  );
  if (key === undefined) return refuse('answer', 'signed by a key the chain does not know');
  const by = { publicKey: key.publicKey, externalAad: chainAad(known.chainId) };
  if (!verifySign1(suite, signed, by)) return refuse('answer', 'its signature does not verify');
  const answer = decodeWith(answerField, payload, {
    name: 'answer',
    bytesMax: limits.messageBytesMax,
  });
  return answer.ok ? accept(answer.value) : refuse('answer', answer.detail);
}

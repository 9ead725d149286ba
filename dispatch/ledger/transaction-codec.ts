// SPDX-License-Identifier: Apache-2.0
// Transactions in bytes, for orderings that send them from one organisation to another. Only what a
// gateway or a person has signed is in them; the rest of a `Transaction` is read from that again.

import { accept, type Result, refuse } from '../../base/errors.ts';
import {
  bytes,
  bytesUpTo,
  choice,
  decodeWith,
  encodeWith,
  type Field,
  type FormResult,
  malformed,
  tuple,
} from '../../base/fields.ts';
import { limits } from '../../base/limits.ts';
import { openAnchor } from '../../sidechain/chain/anchor.ts';
import { openMembershipMessage } from '../../sidechain/chain/membership-message.ts';
import { openReport } from '../../sidechain/chain/report.ts';
import type { Transaction } from './transaction.ts';

type Written =
  | readonly ['enrol', Uint8Array, Uint8Array]
  | readonly ['anchor', Uint8Array]
  | readonly ['govern' | 'record', Uint8Array]
  | readonly ['report' | 'membership', Uint8Array, Uint8Array];

const entry = bytesUpTo(limits.entryBytesMax);
const message = bytesUpTo(limits.messageBytesMax);
const enrolField = tuple(choice('enrol'), entry, entry);
const anchorField = tuple(choice('anchor'), message);
const statementField = tuple(choice('govern', 'record'), entry);
const ofChainField = tuple(choice('report', 'membership'), bytes(32), message);

const writtenField: Field<Written> = {
  read: (value, path): FormResult<Written> => {
    switch (Array.isArray(value) ? value[0] : undefined) {
      case 'enrol':
        return enrolField.read(value, path);
      case 'anchor':
        return anchorField.read(value, path);
      case 'govern':
      case 'record':
        return statementField.read(value, path);
      case 'report':
      case 'membership':
        return ofChainField.read(value, path);
      default:
        return malformed(path, 'a transaction of a known kind');
    }
  },
  write: (written) => {
    switch (written[0]) {
      case 'enrol':
        return enrolField.write(written);
      case 'anchor':
        return anchorField.write(written);
      case 'govern':
      case 'record':
        return statementField.write(written);
      default:
        return ofChainField.write(written);
    }
  },
};

/** A message in its longest frame. */
export const transactionBytesMax = limits.messageBytesMax + 64;

export function encodeTransaction(transaction: Transaction): Uint8Array {
  return encodeWith(writtenField, writtenOf(transaction));
}

function writtenOf(transaction: Transaction): Written {
  switch (transaction.kind) {
    case 'enrol':
      return ['enrol', transaction.genesis, transaction.enrolment];
    case 'anchor':
      return ['anchor', transaction.anchor.bytes];
    case 'report':
      return ['report', transaction.chainId, transaction.report.bytes];
    case 'membership':
      return ['membership', transaction.chainId, transaction.message.bytes];
    case 'govern':
      return ['govern', transaction.statement];
    case 'record':
      return ['record', transaction.record];
  }
}

/** Bytes are attacker-controlled; nothing in what is returned is verified yet. */
export function decodeTransaction(input: Uint8Array): Result<Transaction, 'malformed'> {
  const read = decodeWith(writtenField, input, {
    name: 'transaction',
    bytesMax: transactionBytesMax,
  });
  if (!read.ok) return refuse('malformed', read.detail);
  const written = read.value;
  switch (written[0]) {
    case 'enrol':
      return accept({ kind: 'enrol', genesis: written[1], enrolment: written[2] });
    case 'govern':
      return accept({ kind: 'govern', statement: written[1] });
    case 'record':
      return accept({ kind: 'record', record: written[1] });
    case 'anchor': {
      const opened = openAnchor(written[1]);
      if (!opened.ok) return refuse('malformed', opened.detail);
      return accept({ kind: 'anchor', anchor: opened.value });
    }
    case 'report': {
      const opened = openReport(written[2]);
      if (!opened.ok) return refuse('malformed', opened.detail);
      return accept({ kind: 'report', chainId: written[1], report: opened.value });
    }
    case 'membership': {
      const opened = openMembershipMessage(written[2]);
      if (!opened.ok) return refuse('malformed', opened.detail);
      return accept({ kind: 'membership', chainId: written[1], message: opened.value });
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
// What the centre says to an anchor, by its rules in a few lines; and its lies.

import { assert } from '../../../../base/assert.ts';
import { equal } from '../../../../base/bytes.ts';
import { verifyConsistency } from '../../../../base/merkle.ts';
import { nodeSuite as suite } from '../../../../base/node-suite.ts';
import { openAnchor } from '../../../../sidechain/chain/anchor.ts';
import type { Answer } from '../../../../sidechain/chain/answer.ts';
import {
  encodeReceiptMessage,
  type ReceiptMessage,
} from '../../../../sidechain/chain/receipt-message.ts';
import { mainGenesisBytes, mainLogSigner } from '../../chain/fixture.ts';
import { MainLogTwin, type ReceiptOptions } from '../../chain/main-log-twin.ts';

type Taken = {
  readonly size: number;
  readonly root: Uint8Array;
  readonly anchor: Uint8Array;
  readonly index: number;
};

export class CentreTwin {
  readonly log = new MainLogTwin([mainLogSigner], mainGenesisBytes);
  taken: Taken | undefined;

  /** Its answer to an anchor. */
  answer(anchor: Uint8Array): Answer {
    const opened = openAnchor(anchor);
    assert(opened.ok, 'an anchor is well formed');
    const { checkpoint, anchor: parts } = opened.value;
    const { size, root } = checkpoint;
    const last = this.taken;
    if (last !== undefined && size <= last.size) {
      const kind = size === last.size && equal(root, last.root) ? 'receipt' : 'stale';
      return { kind, message: this.message(parts.receiptSize) };
    }
    if (parts.from !== (last?.size ?? 0)) return { kind: 'base', size: last?.size ?? 0 };
    const isGrown =
      last === undefined ||
      verifyConsistency(suite, {
        from: last.size,
        fromRoot: last.root,
        to: size,
        toRoot: root,
        path: parts.consistency,
      });
    if (!isGrown) return refusal(anchor, 'consistency');
    this.take(anchor);
    return { kind: 'receipt', message: this.message(parts.receiptSize) };
  }

  /** Puts an anchor into the log without a question. */
  take(anchor: Uint8Array): void {
    const opened = openAnchor(anchor);
    assert(opened.ok, 'an anchor is well formed');
    const { size, root } = opened.value.checkpoint;
    this.taken = { size, root, anchor, index: this.log.append(anchor) };
  }

  /** The newest receipt, for one who knows the log at the size `from`. */
  message(from: number, options: ReceiptOptions = {}): Uint8Array {
    assert(this.taken !== undefined, 'there is an anchor to answer for');
    const { anchor, index } = this.taken;
    const made: ReceiptMessage = this.log.message({ anchor, index }, { from, ...options });
    return encodeReceiptMessage(made);
  }
}

export function refusal(anchor: Uint8Array, code: string): Answer {
  return {
    kind: 'refused',
    what: 'anchor',
    code,
    detail: 'as the test wants',
    messageHash: suite.sha256(anchor),
  };
}

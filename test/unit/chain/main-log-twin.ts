// SPDX-License-Identifier: Apache-2.0
// A main log in a few lines, for tests: all leaves in memory, each answer made anew. It signs whatever it is
// asked to, so that a test can have it lie.

import { receiptOf, signRoot } from '../../../base/cose-receipt.ts';
import { consistencyProof, inclusionProof, leafHash, rootOf } from '../../../base/merkle.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import type { Signer } from '../../../base/suite.ts';
import { openMainGenesis, signMainGenesis } from '../../../sidechain/chain/main-genesis.ts';
import type { MainLog } from '../../../sidechain/chain/main-log.ts';
import { mainLeafHash, type ReceiptMessage } from '../../../sidechain/chain/receipt-message.ts';
import { dispatcher, startMs, testSigner } from './fixture.ts';

export type ReceiptOptions = {
  /** Size of the log that the receipts sign; all leaves by default. */
  readonly size?: number;
  /** Size that the consistency proof starts from, 0 for a first receipt. */
  readonly from?: number;
  readonly signers?: readonly Signer[];
  readonly origin?: string;
};

export class MainLogTwin {
  readonly signers: readonly Signer[];
  readonly mainLog: MainLog;
  readonly leaves: Uint8Array[];

  constructor(signers: readonly Signer[], genesis: Uint8Array) {
    const opened = openMainGenesis(suite, genesis);
    if (!opened.ok) throw new Error(opened.detail);
    this.signers = signers;
    this.mainLog = opened.value.mainLog;
    this.leaves = [leafHash(suite, genesis)];
  }

  /** A new log of organisations with fixed keys. */
  static of(options: { keys?: number; threshold?: number } = {}): MainLogTwin {
    const { keys = 1, threshold = keys } = options;
    const signers = Array.from({ length: keys }, (_, i) => testSigner(60 + i));
    const genesis = signMainGenesis(
      {
        version: 1,
        origin: 'main.example/consortium',
        keys: signers.map(({ publicKey }, i) => ({ publicKey, name: `organisation ${i}` })),
        threshold,
        persons: [
          {
            publicKey: dispatcher.publicKey,
            name: 'dana',
            roles: ['dispatch'],
            organisation: 'organisation 0',
          },
        ],
        organisations: signers.map((_, i) => ({
          name: `organisation ${i}`,
          roles: ['dispatch'] as const,
          governanceKey: testSigner(90 + i).publicKey,
        })),
        timeMs: startMs,
        nonce: new Uint8Array(32).fill(keys),
      },
      signers[0] ?? dispatcher,
    );
    return new MainLogTwin(signers, genesis);
  }

  /** Returns the index of the new leaf. */
  append(anchor: Uint8Array): number {
    return this.leaves.push(mainLeafHash(suite, anchor)) - 1;
  }

  root(size: number): Uint8Array {
    return rootOf(suite, this.leaves.slice(0, size));
  }

  /** One COSE Receipt by each signer. */
  receipts(index: number, options: ReceiptOptions = {}): readonly Uint8Array[] {
    const { size = this.leaves.length, signers = this.signers } = options;
    const { origin = this.mainLog.origin } = options;
    const leaves = this.leaves.slice(0, size);
    const path = inclusionProof(suite, leaves, index);
    const log = { origin, size, root: this.root(size) };
    return signers.map((signer) => receiptOf(log, { index, path }, signRoot(log, signer)));
  }

  /** The answer to an anchor that stands at `index`. */
  message(
    logged: { readonly anchor: Uint8Array; readonly index: number },
    options: ReceiptOptions = {},
  ): ReceiptMessage {
    const { size = this.leaves.length, from = 0 } = options;
    return {
      anchor: logged.anchor,
      receipts: this.receipts(logged.index, options),
      from,
      consistency:
        from === 0 ? [] : consistencyProof(suite, this.leaves.slice(0, size), Math.min(from, size)),
    };
  }
}

// SPDX-License-Identifier: Apache-2.0
// Decoders of the central program: what other organisations and the engine send it.

import { nodeSuite as suite } from '../../base/node-suite.ts';
import { openIntroduction, signIntroduction } from '../../dispatch/introduction.ts';
import { encodeTransaction } from '../../dispatch/ledger/transaction-codec.ts';
import { FrameReader, frameOf } from '../../dispatch/ordering/consortium/abci-frame.ts';
import {
  decodeBlockTransaction,
  encodeVouch,
} from '../../dispatch/ordering/consortium/block-transaction.ts';
import {
  checkExtension,
  encodeExtension,
  vouchFor,
} from '../../dispatch/ordering/consortium/vote-extension.ts';
import { openAnchor } from '../../sidechain/chain/anchor.ts';
import { testSigner } from '../unit/chain/fixture.ts';
import { Group } from '../unit/chain/group.ts';
import type { Decoder } from './decoder.ts';

const group = new Group();
const anchor = openAnchor(group.anchor());
const genesis = group.genesisBytes;
const transactions = [
  encodeTransaction({ kind: 'enrol', genesis, enrolment: genesis }),
  ...(anchor.ok ? [encodeTransaction({ kind: 'anchor', anchor: anchor.value })] : []),
  encodeVouch(300),
];
const signer = testSigner(1);
const log = { origin: 'x.example/y', size: 7, root: new Uint8Array(32), timeSeconds: 1 };
const { publicKey } = signer;

const introduction = signIntroduction(
  {
    ...({ version: 1, origin: 'x.example/y', organisation: 'a', person: 'b', timeMs: 1 } as const),
    ...{ logKey: publicKey, governanceKey: publicKey, personKey: publicKey },
    ...{ consensusKey: publicKey, nodeKey: publicKey, listen: '127.0.0.1:26656' },
  },
  signer,
);

export const dispatchDecoders: readonly Decoder[] = [
  {
    name: 'introduction',
    samples: [introduction],
    read: (bytes) => openIntroduction(suite, bytes),
  },
  { name: 'transaction', samples: transactions, read: decodeBlockTransaction },
  {
    name: 'vote-extension',
    samples: [encodeExtension(vouchFor(suite, log, signer))],
    read: (bytes) => checkExtension(suite, bytes, { log, publicKey }),
  },
  {
    name: 'abci-frames',
    samples: transactions.map(frameOf),
    read: (bytes) => new FrameReader().push(bytes),
  },
];

// SPDX-License-Identifier: Apache-2.0
// The decoders of requests for raw readings, and of what is sealed for who asks.

import { encode } from '../../base/cbor.ts';
import { nodeSuite as suite } from '../../base/node-suite.ts';
import { readSealed, seal } from '../../base/sealed.ts';
import { nodeSealing as sealing } from '../../host/sealing.ts';
import { openRequest, signRequest } from '../../sidechain/chain/request.ts';
import {
  openRequestAnswer,
  sealFound,
  signRequestAnswer,
  unsealFound,
} from '../../sidechain/chain/request-answer.ts';
import {
  decodeRequestMessage,
  encodeRequestMessage,
} from '../../sidechain/chain/request-message.ts';
import { chainId, dispatcher, gateway, mainGenesis, startMs } from '../unit/chain/fixture.ts';
import type { Decoder } from './decoder.ts';

const pair = sealing.newPair();
const request = signRequest(
  {
    chainId,
    timeMs: startMs,
    untilMs: startMs + 60_000,
    sealTo: pair.publicKey,
    asks: [{ device: 'meter', timeMs: startMs }],
  },
  mainGenesis.mainLog.id,
  dispatcher,
);
const place = { requestId: suite.sha256(request), ask: 0 };
const found = { kind: 'none', reason: 'nothing' } as const;
const sealed = sealFound(sealing, found, { ...place, sealTo: pair.publicKey }) ?? new Uint8Array();

/** Opens whatever the bytes are, sealed as who asked expects it. */
function readFound(bytes: Uint8Array): unknown {
  const aad = new Uint8Array([...place.requestId, 0, 0, 0, 0]);
  const text = seal(sealing, { text: bytes, to: pair.publicKey, aad }) ?? new Uint8Array();
  return unsealFound(sealing, { ...place, sealed: text }, pair);
}

export const requestDecoders: readonly Decoder[] = [
  { name: 'sealed', samples: [sealed], read: readSealed },
  {
    name: 'found-reading',
    samples: [
      encode(
        new Map([
          [0, 'none'],
          [1, 'nothing'],
        ]),
      ),
    ],
    read: readFound,
  },
  { name: 'request', samples: [request], read: (bytes) => openRequest(suite, bytes) },
  {
    name: 'request-message',
    samples: [encodeRequestMessage({ request, receipts: [new Uint8Array(9)] })],
    read: decodeRequestMessage,
  },
  {
    name: 'request-answer',
    samples: [signRequestAnswer({ ...place, sealed }, chainId, gateway)],
    read: openRequestAnswer,
  },
];

// SPDX-License-Identifier: Apache-2.0
// The decoders of how the keys of a main log change hands.

import { utf8 } from '../../base/bytes.ts';
import { nodeSuite as suite } from '../../base/node-suite.ts';
import { followKeys } from '../../dispatch/mirror/keys-copy.ts';
import { checkHandOver, decodeHandOver, encodeHandOver } from '../../sidechain/chain/hand-over.ts';
import { judgeTrust } from '../../sidechain/chain/judge-trust.ts';
import {
  checkReceiptsBySize,
  firstPeriod,
  followHandOvers,
} from '../../sidechain/chain/key-periods.ts';
import { openLogKeyOffer, signLogKeyOffer } from '../../sidechain/chain/log-key-offer.ts';
import { formatKeyPeriods, parseKeyPeriods } from '../../sidechain/chain/main-log-file.ts';
import { decodeTrust, encodeTrust } from '../../sidechain/chain/trust.ts';
import { formatTrustedKeys, parseTrustedKeys } from '../../sidechain/chain/trusted-keys.ts';
import { chainId, gateway, startMs, testSigner } from '../unit/chain/fixture.ts';
import { handOverTo } from '../unit/chain/hand-over-maker.ts';
import { MainLogTwin } from '../unit/chain/main-log-twin.ts';
import { lenientText } from './base-decoders.ts';
import type { Decoder } from './decoder.ts';

const log = MainLogTwin.of();
const { mainLog } = log;
const next = testSigner(160);
const { handOver, trust } = handOverTo(log, [next]);
const offer = signLogKeyOffer({ name: 'a', generation: 1, timeMs: startMs }, mainLog.id, next);
const followed = followHandOvers(suite, mainLog, [handOver]);
const periods = followed.ok ? followed.value.periods : firstPeriod(mainLog);
const known = { mainLog, mainHead: undefined, handOvers: [] };

export const keyDecoders: readonly Decoder[] = [
  { name: 'log-key', samples: [offer], read: (bytes) => openLogKeyOffer(suite, bytes, mainLog.id) },
  {
    name: 'hand-over',
    samples: [encodeHandOver(handOver)],
    read: (bytes) => {
      const decoded = decodeHandOver(bytes);
      return decoded.ok ? checkHandOver(suite, decoded.value, mainLog) : decoded;
    },
  },
  {
    name: 'hand-over-act',
    samples: [handOver.act],
    read: (act) => checkHandOver(suite, { ...handOver, act }, mainLog),
  },
  { name: 'trust-message', samples: [encodeTrust(trust(0))], read: decodeTrust },
  {
    name: 'trust',
    samples: [encodeTrust(trust(0)), encodeTrust(trust(1))],
    read: (bytes) => judgeTrust(suite, bytes, known),
  },
  {
    name: 'receipts-by-size',
    samples: handOver.receipts,
    read: (bytes) => checkReceiptsBySize(suite, handOver.act, { receipts: [bytes], periods }),
  },
  {
    name: 'mirror-hand-over',
    samples: [encodeHandOver(handOver)],
    read: (bytes) => followKeys(suite, mainLog, [bytes]),
  },
  {
    name: 'trusted-keys-with-sizes',
    samples: [utf8(formatTrustedKeys(suite, { periods, chainId, members: [gateway] }))],
    read: (bytes) => parseTrustedKeys(suite, lenientText(bytes)),
  },
  {
    name: 'main-log-file-with-keys-before',
    samples: [utf8(formatKeyPeriods(periods))],
    read: (bytes) => parseKeyPeriods(lenientText(bytes)),
  },
];

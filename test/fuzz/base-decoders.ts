// SPDX-License-Identifier: Apache-2.0
// The decoders of encodings, signed statements and notes.

import { fromUtf8, utf8 } from '../../base/bytes.ts';
import { decode, encode } from '../../base/cbor.ts';
import { formatCheckpoint, parseCheckpoint } from '../../base/checkpoint.ts';
import { decodeSign1, parseSign1 } from '../../base/cose.ts';
import { decodeReceipt } from '../../base/cose-receipt.ts';
import { toSchemaId } from '../../base/ids.ts';
import { nodeSuite as suite } from '../../base/node-suite.ts';
import { parseNote, parseVerifierText } from '../../base/note.ts';
import { decodePack, decodePackSlowly, encodePack } from '../../base/pack.ts';
import { decodeSchema } from '../../base/schema.ts';
import { decodeSummary, encodeSummary, type Summary } from '../../contracts/summary.ts';
import { anchorOf } from '../unit/chain/bundle-maker.ts';
import { genesisBytes, packAt, schemaPayload, startMs, TestChain } from '../unit/chain/fixture.ts';
import { Group } from '../unit/chain/group.ts';
import type { Decoder } from './decoder.ts';

/** Text that reads the same whatever the bytes are. */
export function lenientText(bytes: Uint8Array): string {
  return fromUtf8(bytes) ?? String.fromCharCode(...bytes.subarray(0, 32 * 1024));
}

const group = new Group();
group.apply([group.schema()]);
const anchor = group.anchor();
const index = group.mainLog.append(anchor);
const { receipts } = group.mainLog.message({ anchor, index });
const checkpoint = formatCheckpoint({ origin: 'x.example/y', size: 7, root: new Uint8Array(32) });
const note = `${checkpoint}\n— example.com/foo ${'A'.repeat(92)}\n`;
const verifier = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k';
const recorded = encodePack({
  schemaId: toSchemaId(new Uint8Array(32)),
  timeMs: startMs,
  clock: { state: 'synchronised', errorMs: 1 },
  mantissas: [1, null],
  qualities: [0, 16],
  record: { name: 'sunspec 64901 40521', bytes: new Uint8Array(508).fill(0xfd) },
});
const packs = [packAt(startMs, 1), packAt(startMs, 2, null), recorded];
const summary = {
  ...{ kind: 'summary', device: 'a', obis: '1-0:1.8.0*255', unit: 'Wh', exponent: 0 },
  ...{ windowStartMs: 0, windowMs: 900_000, revision: 0, count: 3, expectedCount: 5 },
  ...{ missing: [[1, 2]], first: 1, last: 9, min: 1, max: 9, mean: 50, meanExponent: -1, delta: 8 },
  ...{ quality: 'estimated', reason: 'gap', screened: [0, 1, 0, 2], events: [['reset', 7]] },
  definition: 'x',
} as unknown as Summary;
const chainAnchor = anchorOf(new TestChain());

export const baseDecoders: readonly Decoder[] = [
  {
    name: 'cbor',
    samples: [encode([1, 'x', new Uint8Array(9), new Map([[1, null]])]), ...packs, schemaPayload],
    read: (bytes) => decode(bytes),
  },
  { name: 'cose-sign1', samples: [genesisBytes, anchor, chainAnchor], read: parseSign1 },
  {
    name: 'cose-statement',
    samples: [genesisBytes, anchor],
    read: (bytes) => decodeSign1(bytes, { protectedLabels: [394], unprotectedLabels: [395] }),
  },
  { name: 'receipt', samples: receipts, read: decodeReceipt },
  {
    name: 'pack',
    samples: packs,
    read: (bytes) => [decodePack(bytes), decodePackSlowly(bytes)],
  },
  { name: 'schema', samples: [schemaPayload], read: decodeSchema },
  { name: 'summary', samples: [encodeSummary(summary)], read: decodeSummary },
  {
    name: 'note',
    samples: [utf8(note)],
    read: (bytes) => {
      const text = lenientText(bytes);
      return [parseNote(text, { strict: true }), parseNote(text, { strict: false })];
    },
  },
  {
    name: 'checkpoint',
    samples: [utf8(checkpoint)],
    read: (bytes) => parseCheckpoint(lenientText(bytes)),
  },
  {
    name: 'verifier-key',
    samples: [utf8(verifier)],
    read: (bytes) => parseVerifierText(suite, lenientText(bytes)),
  },
];

// SPDX-License-Identifier: Apache-2.0
import { utf8 } from '../../base/bytes.ts';
import { nodeSuite } from '../../base/node-suite.ts';
import { monotonicMs } from '../../host/clock.ts';
import { type Command, required, textOf } from '../../host/command.ts';
import { writeFileDurably } from '../../host/files.ts';
import { makeProof } from '../make-proof.ts';

export const proof: Command = {
  name: 'proof',
  summary: 'Writes the proof bundle of a reading, from its pack to the receipt of the main chain.',
  usage: 'proof --data DIR [--reading ID] [--segment FILE] --out FILE',
  options: {
    data: { value: 'DIR', description: "the gateway's data directory; it may be running" },
    reading: {
      value: 'ID',
      description: '`<gateway key id>-<batch sequence>-<pack>`, or latest (by default)',
    },
    segment: { value: 'FILE', description: 'an archive segment that was carried away' },
    out: { value: 'FILE', description: 'the bundle; the keys go to FILE.keys beside it' },
    json: { description: 'say what was written as JSON' },
  },
  run: async ({ values, print }) => {
    const out = required('proof', values, 'out');
    const made = await makeProof(nodeSuite, {
      dataDir: required('proof', values, 'data'),
      reading: textOf(values, 'reading') ?? 'latest',
      segment: textOf(values, 'segment'),
      nowMs: monotonicMs(),
    });
    await writeFileDurably(out, made.bundle, { mode: 0o644 });
    await writeFileDurably(`${out}.keys`, utf8(made.keys), { mode: 0o644 });
    const { readingId } = made;
    print(
      values.json === true
        ? JSON.stringify({ reading: readingId, bytes: made.bundle.length, bundle: out })
        : `reading ${readingId}: ${made.bundle.length} bytes in ${out}, keys in ${out}.keys`,
    );
    return 0;
  },
};

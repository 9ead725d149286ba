// SPDX-License-Identifier: Apache-2.0
import { type Command, required } from '../../host/command.ts';
import { compactDatabase } from '../../host/sqlite-compact.ts';
import { chainPath } from '../../sidechain/store/chain-file.ts';

export const chainCompact: Command = {
  name: 'chain compact',
  summary: 'Gives the disk back what chain.db holds and does not need any more.',
  usage: 'chain compact --data DIR [--json]',
  options: {
    data: { value: 'DIR', description: "the gateway's data directory; it must be stopped" },
    json: { description: 'bytes before and after, as JSON' },
  },
  notes:
    'What blocks leave behind in chain.db is used again, but the file never gets smaller by itself: after\n' +
    'weeks without a link it may be far larger than what is in it. This writes it anew, for which as much\n' +
    'room is needed as is in use. Interrupted, it leaves the old file or the new one, each of them whole.',
  run: async ({ values, print }) => {
    const path = chainPath(required('chain compact', values, 'data'));
    const { bytesBefore, bytesAfter } = compactDatabase(path);
    const asText = `chain.db  ${megabytes(bytesBefore)}, before\n          ${megabytes(bytesAfter)}, now`;
    print(values.json === true ? JSON.stringify({ bytesBefore, bytesAfter }) : asText);
    return 0;
  },
};

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

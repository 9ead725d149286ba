// SPDX-License-Identifier: Apache-2.0
// State machine safety (Raft §5.4.3): nobody applies another entry at the same index, and nobody
// applies one twice or leaves one out.

import { crc32 } from 'node:zlib';
import type { Tell } from '../happening.ts';
import { Violation } from '../violation.ts';

const name = 'state-machine-safety';

export function stateMachineSafety(): Tell {
  const applied = new Map<number, string>();
  return (happening) => {
    if (happening.kind !== 'applied') return;
    const { member, entry, before } = happening;
    const { index, term, kind, data } = entry;
    if (index !== before.index + 1) {
      const text = `${member} applies index ${index} to a state as of index ${before.index}`;
      throw new Violation(name, text);
    }
    const what = `${kind} ${crc32(data)} of term ${term}`;
    const other = applied.get(index) ?? what;
    if (other !== what) {
      throw new Violation(name, `index ${index}: ${member} applies ${what}, another ${other}`);
    }
    applied.set(index, what);
  };
}

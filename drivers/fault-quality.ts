// SPDX-License-Identifier: Apache-2.0
// What a fault on the line means for the values that were asked for.

import { type QualityCode, quality } from '../base/quality.ts';
import type { LineFault } from './line.ts';

/** Why there is no value. */
export function qualityOf({ kind }: LineFault): QualityCode {
  switch (kind) {
    case 'time-out':
      return quality.timeOut;
    case 'closed':
      return quality.lineClosed;
    case 'busy':
      return quality.notRead;
    case 'exception':
      return quality.deviceException;
    case 'crc':
    case 'malformed':
      return quality.malformedAnswer;
  }
}

/** Whether asking for more in the same reading would only cost the others on the line time. */
export function endsReading({ kind }: LineFault): boolean {
  return kind === 'time-out' || kind === 'closed' || kind === 'busy';
}

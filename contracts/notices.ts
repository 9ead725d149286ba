// SPDX-License-Identifier: Apache-2.0
// What the summary contract has to say besides summaries. These outputs stay on the sidechain,
// provable like all others, so that nothing is passed over in silence.

import { encode, map } from '../base/cbor.ts';

/** Packs of a device that went into no summary: too late for the windows kept, or dated ahead of
 * the block's time. {1: "unplaced", 2: device, 3: Unix ms up to which it counts, 4: too late, 5:
 * too early} */
export function encodeUnplaced(notice: {
  readonly device: string;
  readonly untilMs: number;
  readonly late: number;
  readonly early: number;
}): Uint8Array {
  const { device, untilMs, late, early } = notice;
  return encode(
    map([
      [1, 'unplaced'],
      [2, device],
      [3, untilMs],
      [4, late],
      [5, early],
    ]),
  );
}

/** Windows without readings that are not reported one by one, because the chain's time leapt over
 * more of them than it makes up for. {1: "skipped", 2: from Unix ms, 3: to Unix ms} */
export function encodeSkipped(notice: {
  readonly fromMs: number;
  readonly toMs: number;
}): Uint8Array {
  return encode(
    map([
      [1, 'skipped'],
      [2, notice.fromMs],
      [3, notice.toMs],
    ]),
  );
}

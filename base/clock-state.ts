// SPDX-License-Identifier: Apache-2.0
// What a gateway knows about its own clock at the moment it stamps something. It is signed with
// every pack, batch and block, so that a time can be judged later; it is not a claim about the
// time zone or the meter.

import { accept } from './errors.ts';
import { type Content, code, type Field, mapped, nullable, tuple, uint } from './fields.ts';

/** `synchronised`: disciplined by a time source now. `free-running`: was set once, runs on its
 * own since. `unset`: never set since power came; the time is only good for order. */
export type ClockState = 'synchronised' | 'free-running' | 'unset';

export type Clock = {
  readonly state: ClockState;
  /** The largest error the time source vouches for; null where nobody can say. */
  readonly errorMs: number | null;
};

const wireField = tuple(code('synchronised', 'free-running', 'unset'), nullable(uint()));

/** On the wire: [0 | 1 | 2, error in ms | null], the states in the order of `ClockState`. */
export const clockField: Field<Clock> = mapped<Content<typeof wireField>, Clock>(wireField, {
  read: ([state, errorMs]) => accept({ state, errorMs }),
  write: ({ state, errorMs }) => [state, errorMs],
});

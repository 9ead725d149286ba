// SPDX-License-Identifier: Apache-2.0
// SG Ready: two contacts that a heat pump listens to. They have no timer of their own, so whoever
// switches them has to switch them back. Pure: told the time, it says what may be switched.

/** Contacts as `10`: first, second. `block`: off, for at most two hours. `normal`. `encouraged`: run
 * with more power than needed. `ordered`: switch on. */
export const sgReadyStates = {
  '10': 'block',
  '00': 'normal',
  '01': 'encouraged',
  '11': 'ordered',
} as const;

export type SgReadyContacts = keyof typeof sgReadyStates;

/** A compressor that is switched more often wears out. */
export const switchingMsMin = 60_000;
/** A house must not grow cold. */
export const blockMsMax = 2 * 3_600_000;

export type SgReady = {
  /** undefined once a write was not seen to be obeyed: nobody knows. */
  readonly contacts: SgReadyContacts | undefined;
  /** When they were switched; undefined where nobody knows. */
  readonly sinceMs: number | undefined;
};

/** How long it is until another state may be switched to; 0: now. */
export function waitMs({ sinceMs }: SgReady, nowMs: number): number {
  return sinceMs === undefined ? 0 : Math.max(0, sinceMs + switchingMsMin - nowMs);
}

/** Values of the two coils. */
export function coilsOf(contacts: SgReadyContacts): readonly [number, number] {
  return [Number(contacts[0]), Number(contacts[1])];
}

export function isSgReadyContacts(text: string): text is SgReadyContacts {
  return Object.hasOwn(sgReadyStates, text);
}

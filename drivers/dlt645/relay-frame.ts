// SPDX-License-Identifier: Apache-2.0
// How a DL/T 645-2007 meter's relay is told about in frames: the orders, and the status word that says
// where it stands. Section 7 and annex A: operating status word 3, bit 4 is the relay, 1 open. Pure.

import { assert } from '../../base/assert.ts';
import { concat } from '../../base/bytes.ts';
import { control, type DltRequest } from './exchange.ts';

export const relayOrder = Object.freeze({ trip: 0x1a, close: 0x1c } as const);

/** Operating status word 3: two bytes, low byte first. */
export const statusWordIdentifier = '04000503';
export const statusWordLength = 2;

export const relayOpenBit = 0x10;

/** Who may switch, as the operator gives it out: high byte first, as it is written down. */
export type RelayAuthority = {
  /** Level and password: 4 bytes. */
  readonly password: Uint8Array;
  /** 4 bytes. */
  readonly operator: Uint8Array;
};

export type RelaySwitching = {
  /** Never the address of whoever is there. */
  readonly address: string;
  readonly order: keyof typeof relayOrder;
  readonly authority: RelayAuthority;
  /** After which the meter does not obey any more, by its own clock: year of the century, month, day,
   * hour, minute, second. */
  readonly until: readonly [number, number, number, number, number, number];
};

const authorityPartLength = 4;

/** The level goes first, all else low byte first; digits are BCD. */
export function relayRequest(switching: RelaySwitching): DltRequest {
  const { address, order, authority, until } = switching;
  const { password, operator } = authority;
  assert(password.length === authorityPartLength, 'level and password are 4 bytes');
  assert(operator.length === authorityPartLength, 'an operator code is 4 bytes');
  const data = concat(
    password.slice(0, 1),
    password.slice(1).toReversed(),
    operator.toReversed(),
    Uint8Array.of(relayOrder[order], 0, ...until.map(bcd).toReversed()),
  );
  return { address, control: control.switchRelay, data, repeated: 0 };
}

function bcd(value: number): number {
  assert(value >= 0 && value <= 99, `two digits, not ${value}`);
  return 16 * Math.floor(value / 10) + (value % 10);
}

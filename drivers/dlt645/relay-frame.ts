// SPDX-License-Identifier: Apache-2.0
// How a DL/T 645-2007 meter's relay is told about in frames: the orders, and the status word that says
// where it stands. Annex A: operating status word 3, bit 4 is the relay, 1 open.

export const relayOrder = Object.freeze({ trip: 0x1a, close: 0x1c } as const);

/** Operating status word 3: two bytes, low byte first. */
export const statusWordIdentifier = '04000503';

export const relayOpenBit = 0x10;

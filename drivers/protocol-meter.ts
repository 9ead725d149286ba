// SPDX-License-Identifier: Apache-2.0
// A kind of meter that its protocol describes, where no map of registers does: any meter that keeps
// to the standard is one.

import type { ByteLine } from './bus/byte-line.ts';
import type { ExchangeSize, Found } from './device.ts';
import { type Faulty, faulty } from './line.ts';
import type { SerialSettings } from './meter-definition.ts';
import type { Keep } from './narrowed.ts';

/** Serial protocols besides Modbus. */
export type SerialProtocol = 'dlt645' | 'p1' | 'iec62056-21' | 'sml';

export type ProtocolMeter = {
  /** As in the catalogue; named in every schema, so it never changes. */
  readonly id: string;
  readonly protocol: SerialProtocol;
  /** Who makes such meters, and what they are; for people. */
  readonly vendor: string;
  readonly model: string;
  /** As the standard says. */
  readonly serial: SerialSettings;
  /** OBIS codes of what it measures; undefined where only the meter can tell. */
  readonly obis: readonly string[] | undefined;
  /** What a reading takes on the wire; undefined where only the meter can tell. */
  readonly exchanges: (keep: Keep) => readonly ExchangeSize[] | undefined;
  /** Never rejects. May ask the meter what it is. */
  readonly find: (place: BytePlace, keep: Keep) => Promise<Found>;
  /** What a reader should know, in our words. */
  readonly notes: readonly string[];
};

/** Nobody asks such a meter, or anybody else on its line. */
export function speaksByItself({ exchanges }: ProtocolMeter): boolean {
  return exchanges(() => true)?.length === 0;
}

export type BytePlace = {
  readonly line: ByteLine;
  /** The meter's address, as it stands on the meter, where it has one. */
  readonly address: string | undefined;
  /** Where it encrypts: the keys in the order of its key file. */
  readonly key: readonly Uint8Array[] | undefined;
};

/** Settings of a line whose devices speak this protocol, where nothing else is said. */
export const serialDefaults: Readonly<Record<SerialProtocol | 'modbus', SerialSettings>> = {
  modbus: { baudRate: 9_600, parity: 'none', dataBits: 8, stopBits: 1 },
  dlt645: { baudRate: 2_400, parity: 'even', dataBits: 8, stopBits: 1 },
  p1: { baudRate: 115_200, parity: 'none', dataBits: 8, stopBits: 1 },
  'iec62056-21': { baudRate: 300, parity: 'even', dataBits: 7, stopBits: 1 },
  sml: { baudRate: 9_600, parity: 'none', dataBits: 8, stopBits: 1 },
};

export function addressFault(address: string, form: string): Faulty {
  return faulty({
    kind: 'malformed',
    detail: `${address} is no address`,
    hint: `an address is ${form}, as it stands on the meter`,
  });
}

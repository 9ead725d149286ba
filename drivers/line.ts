// SPDX-License-Identifier: Apache-2.0
// A line: one serial bus or one TCP endpoint, with all the devices behind it, and one owner. It
// asks one thing at a time. Invariant: what it returns as registers was sent by that unit in answer
// to that request; in doubt it returns a fault.

import type { ReadFunction } from './meter-definition.ts';

/** Who goes first when several wait: writes before alarms before the schedule before scans. */
export type Priority = 'control' | 'alarm' | 'scheduled' | 'scan';

export type AskOptions = {
  /** By default `scheduled`. */
  readonly priority?: Priority;
  /** Waits as long as the line allows, not only as long as this device usually takes. */
  readonly patient?: boolean;
};

export type RegisterRequest = {
  /** Modbus unit id: 1 to 247 on a serial bus, 0 to 255 over TCP. */
  readonly unit: number;
  readonly functionCode: ReadFunction;
  readonly address: number;
  /** 1 to 125 */
  readonly count: number;
};

/** Why there is no answer. `detail` says what happened, `hint` what to do about it. `time-out`:
 * none in time. `crc`: one with a wrong checksum. `malformed`: one that does not fit the request.
 * `closed`: no connection. `busy`: too many wait already. `exception`: the device refused. */
export type LineFault = {
  readonly detail: string;
  readonly hint?: string;
  /** The device is there, and nothing but a key is missing. */
  readonly needsKey?: true;
} & (
  | { readonly kind: 'time-out' | 'crc' | 'malformed' | 'closed' | 'busy' }
  | {
      readonly kind: 'exception';
      /** Modbus exception code, e.g. 2 illegal data address; of DL/T 645 the error word. */
      readonly exceptionCode: number;
    }
);

export type Answer =
  | {
      readonly ok: true;
      /** Exactly `count` of them, each 0 to 65535. */
      readonly registers: readonly number[];
      /** The first answer after a fault on the line: sound, but to be marked. */
      readonly afterFault: boolean;
    }
  | Faulty;

export type Faulty = { readonly ok: false; readonly fault: LineFault };

export type Line = {
  /** For people and schemas, e.g. `modbus-rtu /dev/ttyUSB0 9600 8N1`. */
  readonly name: string;
  /** Never rejects: whatever goes wrong is a fault. */
  readonly request: (request: RegisterRequest, options?: AskOptions) => Promise<Answer>;
  /** Pending requests end as `closed`. */
  readonly close: () => Promise<void>;
};

/** What is written: coils as 0 or 1, registers as 0 to 65535. With 5 and 6 exactly one. */
export type WriteRequest = {
  /** Never 0: nobody would answer a broadcast. */
  readonly unit: number;
  /** 5 one coil, 6 one register, 15 coils, 16 registers. */
  readonly functionCode: 5 | 6 | 15 | 16;
  readonly address: number;
  readonly values: readonly number[];
};

export type CoilRequest = {
  readonly unit: number;
  readonly address: number;
  readonly count: number;
};

/** A line that also writes. An answer to a write says that the device took it, not that it acts on it:
 * read back. */
export type ControlLine = Line & {
  /** Goes before all readings. The answer holds no registers. Never rejects. */
  readonly write: (request: WriteRequest) => Promise<Answer>;
  /** Coils as 0 or 1, with function 1. Never rejects. */
  readonly readCoils: (request: CoilRequest) => Promise<Answer>;
};

/** By what faults and latencies of a device are kept and named: its address where it has one, else its
 * unit. */
export function peerOf(unit: number, address?: string): string {
  return address === undefined ? `unit ${unit}` : `address ${address}`;
}

/** The peer where no address was given. */
export const anybody = 'whoever is there';

export function faulty(fault: LineFault): Faulty {
  return { ok: false, fault };
}

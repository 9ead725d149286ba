// SPDX-License-Identifier: Apache-2.0
// The simulated devices of protocols other than Modbus, each with a load that lives.

import { TielineError } from '../../base/errors.ts';
import { type DataItem, singlePhaseBlocks, threePhaseBlocks } from '../dlt645/data-items.ts';
import { sealedKeysOf } from '../p1/sealed-stream.ts';
import type { ProtocolMeter } from '../protocol-meter.ts';
import type { ByteSlave } from './byte-server.ts';
import { dlt645Slave, type SimulatedRelay } from './dlt645-slave.ts';
import { iec62056Slave } from './iec62056-slave.ts';
import { loadValue } from './image.ts';
import { advanceLoad, type Load, startLoad } from './load.ts';
import { sealTelegram } from './p1-seal.ts';
import { p1Slave } from './p1-slave.ts';
import { smlSlave } from './sml-slave.ts';

export type ProtocolSlaveSettings = {
  readonly meter: ProtocolMeter;
  /** As it stands on the meter. */
  readonly address: string;
  readonly seed: number;
  readonly nowMs: () => number;
  /** Of one that encrypts. */
  readonly key: readonly Uint8Array[] | undefined;
  /** Of IEC 62056-21. */
  readonly mode: 'A' | 'C';
};

/** What stands on a simulated meter where nothing else is said. */
export const simulatedAddresses: Readonly<Record<ProtocolMeter['protocol'], string>> = {
  dlt645: '000000000161',
  p1: '',
  'iec62056-21': '28342193',
  sml: '',
};

/** One meter, however often it is connected to. @throws TielineError `usage` for a key of another form */
export function protocolSlaves(settings: ProtocolSlaveSettings): () => ByteSlave {
  switch (settings.meter.protocol) {
    case 'dlt645':
      return dlt645Slaves(settings);
    case 'p1': {
      const { nowMs } = settings;
      const load = livingLoad({ ...settings, phaseCount: 3 });
      const seal = sealOf(settings);
      return () => p1Slave({ load, nowMs, seal });
    }
    case 'sml': {
      const { nowMs } = settings;
      const load = livingLoad({ ...settings, phaseCount: 3 });
      return () => smlSlave({ load, nowMs });
    }
    case 'iec62056-21': {
      const load = livingLoad({ ...settings, phaseCount: 3 });
      const { address, mode } = settings;
      return () => iec62056Slave({ address, mode, load });
    }
  }
}

/** Counts from the time of now, that a meter which was started again is believed. */
function sealOf({ key, nowMs }: ProtocolSlaveSettings): (telegram: Uint8Array) => Uint8Array {
  if (key === undefined) return (telegram) => telegram;
  const keys = sealedKeysOf(key);
  if (keys === undefined) {
    throw new TielineError('usage', 'a P1 port is encrypted with one or two keys of 32 hex digits');
  }
  let counter = Math.floor(nowMs() / 1_000);
  return (telegram) => sealTelegram(telegram, keys, counter++);
}

/** Level 02 and password 123456, low byte first. */
const simulatedPassword = Uint8Array.of(0x02, 0x56, 0x34, 0x12);

function dlt645Slaves({ meter, address, seed, nowMs }: ProtocolSlaveSettings): () => ByteSlave {
  const blocks = meter.id === 'dlt645-single-phase' ? singlePhaseBlocks : threePhaseBlocks;
  const phaseCount = blocks === singlePhaseBlocks ? 1 : 3;
  const relay: SimulatedRelay = { password: simulatedPassword, open: false };
  const load = livingLoad({ seed, phaseCount, nowMs });
  const mantissaOf = ({ measurand, signed }: DataItem) => {
    // Behind an open relay nothing flows.
    if (relay.open && measurand.unit !== 'V' && signed) return 0;
    return Math.round(loadValue(measurand.obis, load()) / 10 ** measurand.exponent);
  };
  return () => dlt645Slave({ address, blocks, mantissaOf, relay });
}

function livingLoad(settings: {
  readonly seed: number;
  readonly phaseCount: 1 | 3;
  readonly nowMs: () => number;
}): () => Load {
  const { nowMs } = settings;
  let load = startLoad({ ...settings, timeMs: nowMs() });
  return () => {
    load = advanceLoad(load, nowMs());
    return load;
  };
}

// SPDX-License-Identifier: Apache-2.0
// The examination, from the inside out: what is nearest first, because what lies further out rests
// on it. Each finding is told as soon as it is made.

import type { Clock } from '../../host/clock.ts';
import { diskMaxDoubt } from '../archive-rules.ts';
import type { GatewayConfig } from '../config.ts';
import type { GatewayStatus } from '../status.ts';
import { checkBroker } from './check-broker.ts';
import { checkClock } from './check-clock.ts';
import { checkData } from './check-data.ts';
import { checkDisk } from './check-disk.ts';
import { checkMeters } from './check-meters.ts';
import { checkNetwork } from './check-network.ts';
import { checkPower } from './check-power.ts';
import { checkRunning } from './check-running.ts';
import { checkSerial } from './check-serial.ts';
import type { Finding } from './finding.ts';

export type Examination = {
  readonly config: GatewayConfig;
  readonly clock: Clock;
  /** Of the gateway that runs with this configuration; undefined while none does. */
  readonly running: GatewayStatus | undefined;
  /** How long the disk is tried at least. */
  readonly diskTestMs: number;
  readonly ending: AbortSignal;
};

export async function* examine(given: Examination): AsyncGenerator<Finding, undefined> {
  const { config, clock, running, diskTestMs, ending } = given;
  const doubt = diskMaxDoubt(config);
  if (doubt !== undefined) yield { area: 'configuration', state: 'attention', ...doubt };
  yield* await checkData(config.data);
  yield await checkDisk({ dataDir: config.data, testMs: diskTestMs, ending });
  yield checkClock(clock);
  yield* await checkPower();
  yield* await checkSerial(config.lines);
  if (running !== undefined) {
    yield* checkRunning(running);
    return undefined;
  }
  yield* await checkNetwork(config);
  for (const url of [config.mqtt.url].flat()) yield await checkBroker(config, url);
  yield* await checkMeters(config, ending);
  return undefined;
}

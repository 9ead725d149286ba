// SPDX-License-Identifier: Apache-2.0
// The gateway's link to the broker, and its presence there: a retained `online`, that becomes
// `offline` when it says goodbye, or by its will when it is gone without one.

import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { utf8 } from '../base/bytes.ts';
import { limits } from '../base/limits.ts';
import type { Log } from '../host/log.ts';
import { connectMqtt, type Mqtt } from '../host/mqtt.ts';
import type { GatewayConfig } from './config.ts';

export type BrokerLink = { readonly mqtt: Mqtt; readonly close: () => Promise<void> };

const delivery = { qos: 1, retain: true } as const;

/** @throws TielineError `config` for an address, certificate or key that cannot be used. */
export async function openBrokerLink(
  config: GatewayConfig['mqtt'],
  options: { readonly clientId: string; readonly statusTopic: string; readonly log: Log },
): Promise<BrokerLink> {
  const { ca, cert, key, ...connect } = config;
  const { clientId, statusTopic, log } = options;
  const tls = Object.fromEntries(
    await Promise.all(
      Object.entries({ ca, cert, key }).flatMap(([name, path]) =>
        path === undefined ? [] : [readFile(path, 'utf8').then((pem) => [name, pem])],
      ),
    ),
  );
  const will = { topic: statusTopic, payload: utf8('offline'), ...delivery };
  const mqtt = connectMqtt({ ...connect, clientId, will, tls, log });
  const say = (state: 'online' | 'offline'): Promise<void> =>
    // What cannot be said now is said by the next connection, or by the will.
    mqtt.publish(statusTopic, utf8(state), delivery).catch(() => {});
  mqtt.onConnected(() => void say('online'));
  return {
    mqtt,
    close: async () => {
      if (mqtt.connected) {
        const tooLong = sleep(limits.disconnectTimeoutMs, undefined, { ref: false });
        await Promise.race([say('offline'), tooLong]);
      }
      await mqtt.close();
    },
  };
}

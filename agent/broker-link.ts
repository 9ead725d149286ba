// SPDX-License-Identifier: Apache-2.0
// The gateway's link to the broker, and its presence there: a retained `online`, that becomes
// `offline` when it says goodbye, or by its will when it is gone without one.

import { setTimeout as sleep } from 'node:timers/promises';
import { utf8 } from '../base/bytes.ts';
import { limits } from '../base/limits.ts';
import type { Log } from '../host/log.ts';
import { connectMqtt, type Mqtt } from '../host/mqtt.ts';
import { readTlsFiles } from '../host/tls-files.ts';
import { chainOrigin } from '../sidechain/chain/names.ts';
import type { GatewayConfig } from './config.ts';

export type BrokerLink = { readonly mqtt: Mqtt; readonly close: () => Promise<void> };

/** Where a gateway says whether it is there; `gateway` is its key id in hex. */
export function statusTopic(chainId: Uint8Array, gateway: string): string {
  return `${chainOrigin(chainId)}/status/${gateway}`;
}

const delivery = { qos: 1, retain: true } as const;

/** @throws TielineError `config` for an address, certificate or key that cannot be used. */
export async function openBrokerLink(
  config: GatewayConfig['mqtt'],
  options: { readonly gateway: string; readonly chainId: Uint8Array; readonly log: Log },
): Promise<BrokerLink> {
  const { gateway, chainId, log } = options;
  const topic = statusTopic(chainId, gateway);
  const tls = await readTlsFiles(config);
  const will = { topic, payload: utf8('offline'), ...delivery };
  const mqtt = connectMqtt({ ...config, clientId: `tieline-${gateway}`, will, tls, log });
  const say = (state: 'online' | 'offline'): Promise<void> =>
    // What cannot be said now is said by the next connection, or by the will.
    mqtt.publish(topic, utf8(state), delivery).catch(() => {});
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

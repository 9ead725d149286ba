// SPDX-License-Identifier: Apache-2.0
// Whether the broker lets this gateway in. It calls under a client id of its own, so that a gateway
// that runs keeps its connection; a broker that ties client ids to certificates may refuse that one.

import { messageOf, TielineError } from '../../base/errors.ts';
import type { Log, LogFields } from '../../host/log.ts';
import { openBrokerLink } from '../broker-link.ts';
import type { GatewayConfig } from '../config.ts';
import type { Finding } from './finding.ts';

const connectTimeoutMs = 5_000;

export async function checkBroker(
  config: GatewayConfig['mqtt'],
  clientId: string,
): Promise<Finding> {
  const heard: string[] = [];
  try {
    const link = await openBrokerLink(config, {
      clientId,
      statusTopic: `tieline/v1/doctor/${clientId}`,
      log: listeningLog(heard),
    });
    const { promise, resolve } = Promise.withResolvers<boolean>();
    link.mqtt.onConnected(() => resolve(true));
    const timer = setTimeout(() => resolve(false), connectTimeoutMs);
    const isConnected = await promise;
    clearTimeout(timer);
    const protocol = link.mqtt.protocol ?? '';
    await link.close();
    if (isConnected) {
      const what = `${config.url} lets this gateway in, MQTT ${protocol}`;
      return { area: 'broker', state: 'good', what };
    }
    const said = heard.at(-1) ?? `no answer within ${connectTimeoutMs} ms`;
    const advice = 'check `mqtt` in the configuration, and that the broker runs and is let through';
    return { area: 'broker', state: 'bad', what: `${config.url}: ${said}`, advice };
  } catch (error) {
    const hint = error instanceof TielineError ? error.hint : undefined;
    const advice = hint ?? 'check `mqtt` in the configuration';
    return { area: 'broker', state: 'bad', what: messageOf(error), advice };
  }
}

/** Keeps what went wrong, in words; the rest is of no interest here. */
function listeningLog(heard: string[]): Log {
  const note = (event: string, fields: LogFields = {}): void => {
    const { error, reason } = fields;
    heard.push(typeof reason === 'string' ? reason : error ? messageOf(error) : event);
  };
  const log: Log = {
    debug: () => {},
    info: () => {},
    warn: note,
    error: note,
    child: () => log,
  };
  return log;
}

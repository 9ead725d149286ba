// SPDX-License-Identifier: Apache-2.0
// Whether the broker lets this gateway in, and lets it write where it has to. It calls under a client id
// of its own, so that a gateway that runs keeps its connection where the broker leaves that to clients.

import { toHex, utf8 } from '../../base/bytes.ts';
import { messageOf, TielineError } from '../../base/errors.ts';
import type { Log, LogFields } from '../../host/log.ts';
import { connectMqtt, type Mqtt } from '../../host/mqtt.ts';
import { readTlsFiles } from '../../host/tls-files.ts';
import { openChainDatabase, readChain } from '../../sidechain/store/chain-file.ts';
import { statusTopic } from '../broker-link.ts';
import type { GatewayConfig } from '../config.ts';
import type { Finding } from './finding.ts';

const connectTimeoutMs = 5_000;

const usualAdvice =
  'check `mqtt` in the configuration, and that the broker runs and is let through';

type Heard = { readonly what: string; readonly hint: string | undefined };

export async function checkBroker(config: GatewayConfig, url: string): Promise<Finding> {
  const { username, password } = config.mqtt;
  const heard: Heard[] = [];
  try {
    const mqtt = connectMqtt({
      url,
      clientId: `tieline-doctor-${config.name}`,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      tls: await readTlsFiles(config.mqtt),
      log: listeningLog(heard),
    });
    const protocol = await protocolOf(mqtt);
    const denied = protocol === undefined ? undefined : await deniedTo(mqtt, config.data);
    await mqtt.close();
    if (denied !== undefined) return bad(denied.message, denied.hint);
    if (protocol === undefined) {
      const last = heard.at(-1);
      return bad(`${url}: ${last?.what ?? `no answer within ${connectTimeoutMs} ms`}`, last?.hint);
    }
    const what = `${url} lets this gateway in, MQTT ${protocol}`;
    return { area: 'broker', state: 'good', what };
  } catch (error) {
    return bad(messageOf(error), error instanceof TielineError ? error.hint : undefined);
  }
}

function bad(what: string, advice: string = usualAdvice): Finding {
  return { area: 'broker', state: 'bad', what, advice };
}

/** undefined where there is no connection in time. */
async function protocolOf(mqtt: Mqtt): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<void>();
  mqtt.onConnected(resolve);
  const timer = setTimeout(resolve, connectTimeoutMs);
  await promise;
  clearTimeout(timer);
  return mqtt.protocol;
}

/** Says, to who listens now alone, what is so: the gateway does not run. */
async function deniedTo(mqtt: Mqtt, dataDir: string): Promise<TielineError | undefined> {
  const topic = await ownTopic(dataDir);
  if (topic === undefined) return undefined;
  try {
    await mqtt.publish(topic, utf8('offline'), { qos: 1, retain: false });
    return undefined;
  } catch (error) {
    if (error instanceof TielineError) return error;
    throw error;
  }
}

/** undefined where there is no chain yet, which is another finding. */
async function ownTopic(dataDir: string): Promise<string | undefined> {
  try {
    const database = await openChainDatabase(dataDir, 'read-only');
    try {
      const { chainId, gateway } = await readChain(database);
      return statusTopic(chainId, toHex(gateway));
    } finally {
      await database.close();
    }
  } catch {
    return undefined;
  }
}

/** Keeps what went wrong, in words; the rest is of no interest here. */
function listeningLog(heard: Heard[]): Log {
  const note = (event: string, fields: LogFields = {}): void => {
    const { error, reason, hint } = fields;
    const what = typeof reason === 'string' ? reason : error ? messageOf(error) : event;
    heard.push({ what, hint: typeof hint === 'string' ? hint : undefined });
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

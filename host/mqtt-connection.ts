// SPDX-License-Identifier: Apache-2.0
// One MQTT connection from CONNECT to its end, in one protocol version. It never connects again:
// what was under way when it ended has failed, and whoever wants it done does it again on the next
// connection (mqtt.ts).

import { createRequire } from 'node:module';
import { Socket } from 'node:net';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { TielineError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { mqttFailure } from './mqtt-failure.ts';

spareNumbers();

export type Delivery = { readonly qos: 0 | 1 | 2; readonly retain: boolean };

export type Will = Delivery & { readonly topic: string; readonly payload: Uint8Array };

export type ConnectOptions = {
  /** `mqtt://host:1883` or `mqtts://host:8883`. */
  readonly url: string;
  readonly clientId: string;
  readonly will?: Will;
  /** PEM. The broker's name and certificate are always checked. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
  readonly username?: string;
  readonly password?: string;
};

/** Protocol level: 5 is MQTT 5.0, 4 is MQTT 3.1.1. */
export type ProtocolVersion = 5 | 4;

export type ConnectionEvents = {
  readonly connected: () => void;
  /** Resolves when the message has been handled: until then only so many more are taken. */
  readonly message: (topic: string, payload: Uint8Array) => Promise<void>;
  /** Once, connected or not. `error` is undefined where the other side just closed. */
  readonly ended: (error: Error | undefined) => void;
};

type Waiting = { readonly start: () => void; readonly reject: (error: Error) => void };

export class MqttConnection {
  readonly #client: MqttClient;
  readonly #inflight = new Set<(error: Error) => void>();
  readonly #waiting: Waiting[] = [];
  #inflightMax: number = limits.publishInflightMax;
  #connected = false;
  #canShare = false;
  #error: Error | undefined;

  constructor(options: ConnectOptions, version: ProtocolVersion, events: ConnectionEvents) {
    this.#client = mqtt.connect(options.url, clientOptions(options, version));
    this.#client.on('connect', (packet) => {
      // Small packets that wait for one another's acknowledgement: 40 ms each, otherwise.
      const { stream } = this.#client;
      if (stream instanceof Socket) stream.setNoDelay(true);
      const theirs = packet.properties?.receiveMaximum ?? limits.publishInflightMax;
      this.#inflightMax = Math.min(theirs, limits.publishInflightMax);
      // What version 5 does not deny is there (§3.2.2.3.13), and before it there was none.
      this.#canShare = version === 5 && packet.properties?.sharedSubscriptionAvailable !== false;
      this.#connected = true;
      events.connected();
    });
    this.#client.on('error', (error) => {
      this.#error ??= error;
    });
    this.#client.once('close', () => {
      this.#connected = false;
      this.#client.end(true);
      this.#rejectAll();
      events.ended(this.#error);
    });
    takeMessages(this.#client, events.message);
  }

  get connected(): boolean {
    return this.#connected;
  }

  /** Whether the broker has shared subscriptions. */
  get canShare(): boolean {
    return this.#canShare;
  }

  /** Resolves on the broker's acknowledgement (QoS 0: when it was written). */
  publish(topic: string, payload: Uint8Array, delivery: Delivery): Promise<void> {
    if (!this.#connected) return Promise.reject(offline());
    return new Promise((resolve, reject) => {
      const start = (): void => {
        this.#send(topic, payload, delivery).then(resolve, reject);
      };
      if (this.#inflight.size < this.#inflightMax) start();
      else if (this.#waiting.length < limits.publishWaitingMax)
        this.#waiting.push({ start, reject });
      else reject(new TielineError('mqtt-busy', 'too much to publish', { retry: 'transient' }));
    });
  }

  /** One SUBSCRIBE for all; brings the errors of those that were refused. */
  subscribe(filters: readonly string[]): Promise<readonly TielineError[]> {
    if (filters.length === 0) return Promise.resolve([]);
    return new Promise((resolve) => {
      this.#client.subscribe([...filters], { qos: 1 }, (error, _granted, packet) => {
        const codes: readonly unknown[] = packet?.granted ?? [];
        const refused = filters.flatMap((filter, i) => {
          const code = codes[i];
          if (typeof code !== 'number' || (code & 0x80) === 0) return [];
          return [
            mqttFailure(`subscribe to ${filter}`, Object.assign(new Error('refused'), { code })),
          ];
        });
        const lost = error !== null && refused.length === 0;
        resolve(lost ? [mqttFailure(`subscribe to ${filters.join(', ')}`, error)] : refused);
      });
    });
  }

  /** Says goodbye, so that the will is not sent; `ended` follows. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#client.stream.destroy();
        resolve();
      }, limits.disconnectTimeoutMs);
      this.#client.end(!this.#connected, {}, () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /** What is not acknowledged in time will not be: then the connection is given up as a whole. */
  async #send(topic: string, payload: Uint8Array, delivery: Delivery): Promise<void> {
    const timer = setTimeout(() => {
      this.#error ??= new Error(`no acknowledgement within ${limits.publishTimeoutMs} ms`);
      this.#client.end(true);
    }, limits.publishTimeoutMs);
    let giveUp: ((error: Error) => void) | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        giveUp = reject;
        this.#inflight.add(reject);
        this.#client.publish(topic, asBuffer(payload), delivery, (error) => {
          if (error) reject(mqttFailure(`publish to ${topic}`, error));
          else resolve();
        });
      });
    } finally {
      clearTimeout(timer);
      if (giveUp !== undefined) this.#inflight.delete(giveUp);
      if (this.#connected) this.#waiting.shift()?.start();
    }
  }

  #rejectAll(): void {
    for (const reject of this.#inflight) reject(offline());
    for (const { reject } of this.#waiting.splice(0)) reject(offline());
  }
}

export function offline(): TielineError {
  return new TielineError('mqtt-offline', 'not connected to the broker', { retry: 'transient' });
}

/** Beyond `limits.messagesInHandMax` unfinished messages nothing more is read from the broker. */
function takeMessages(client: MqttClient, handle: ConnectionEvents['message']): void {
  let inHand = 0;
  const held: (() => void)[] = [];
  client.on('message', (topic, payload) => {
    inHand += 1;
    void handle(topic, new Uint8Array(payload)).finally(() => {
      inHand -= 1;
      held.shift()?.();
    });
  });
  client.handleMessage = (_packet, callback) => {
    if (inHand < limits.messagesInHandMax) callback();
    else held.push(callback);
  };
}

function clientOptions(options: ConnectOptions, version: ProtocolVersion): IClientOptions {
  const { clientId, will, tls, username, password } = options;
  return {
    clientId,
    protocolVersion: version,
    clean: true,
    reconnectPeriod: 0,
    resubscribe: false,
    connectTimeout: limits.connectTimeoutMs,
    keepalive: limits.keepaliveSeconds,
    ...(version === 5 ? { properties: { maximumPacketSize: 2 * limits.messageBytesMax } } : {}),
    ...(will === undefined ? {} : { will: { ...will, payload: asBuffer(will.payload) } }),
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...tls,
  };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * With its first packet the library makes a buffer for each number that takes two bytes, and keeps
 * them for ever: 15 MB, to save nothing that a gateway would notice.
 */
function spareNumbers(): void {
  const load = createRequire(import.meta.resolve('mqtt'));
  const { writeToStream } = load('mqtt-packet') as { writeToStream: { cacheNumbers: boolean } };
  writeToStream.cacheNumbers = false;
}
